internal import StrongroomPolicy

/// Whoever may change a key's policy writes its document, and whoever asks writes much of the request: any bytes are
/// decided on or refused. Letter case of keys and actions changes nothing, and what two documents say together is
/// what each says alone: one that denies is never outvoted.
public func fuzzPolicyDocument(_ input: RawSpan) {
    var input = FuzzInput(input)
    let wrapsStatements = input.byte().isMultiple(of: 2)
    let parts = RequestParts(&input)
    let rest = input.rest()
    guard wrapsStatements else {
        guard let document = try? PolicyDocument(parsing: rest) else { return }
        _ = decision(of: document, parts)
        return
    }
    let halves = rest.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = document([halves[0]]) else { return }
    let alone = decision(of: first, parts)
    guard let denied = document([halves[0], ArraySlice(denyEverything)]) else {
        finding("a statement more makes a policy malformed")
    }
    guard case .explicitlyDenied = decision(of: denied, parts) else { finding("an explicit deny is overruled") }

    // Where both are readable alone, they are together, unless they share a Sid, or have too many variables.
    guard halves.count == 2, let second = document([halves[1]]), let both = document([halves[0], halves[1]]) else {
        return
    }
    guard rank(decision(of: both, parts)) == max(rank(alone), rank(decision(of: second, parts))) else {
        finding("two statements say together what neither says alone")
    }
}

private let denyEverything = Array(#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#.utf8)

private func document(_ statements: [ArraySlice<UInt8>]) -> PolicyDocument? {
    let text =
        Array(#"{"Version":"2012-10-17","Statement":["#.utf8) + Array(statements.joined(separator: [UInt8(ascii: ",")]))
        + Array("]}".utf8)
    return try? PolicyDocument(parsing: text, limitBytes: .max)
}

/// The decision, after it has been asked for in other letters.
private func decision(of document: PolicyDocument, _ parts: RequestParts) -> PolicyDecision {
    let decision = document.decision(for: parts.request(isUppercase: false))
    guard document.decision(for: parts.request(isUppercase: true)) == decision else {
        finding("the letter case of an action or a condition key changes a decision")
    }
    return decision
}

private func rank(_ decision: PolicyDecision) -> Int {
    switch decision {
    case .implicitlyDenied: 0
    case .allowed: 1
    case .explicitlyDenied: 2
    }
}

/// A request of few and short parts, so that a fuzzer finds what they have to do with a document.
private struct RequestParts {
    private let isAnonymous: Bool
    private let action: String
    private let resource: String
    private var context: [String: [String]] = [:]

    init(_ input: inout FuzzInput) {
        let choices = input.byte()
        isAnonymous = choices.isMultiple(of: 8)
        action = ["kms:Decrypt", "kms:CreateGrant", "s3:GetObject", "x:y"][Int(choices >> 3) % 4]
        resource = "arn:aws:s3:::" + Self.text(&input)
        for key in ["k", "aws:SourceIp", "aws:PrincipalTag/t"] {
            let count = Int(input.byte() % 4)
            // A key without values, and one that is not there.
            guard count < 3 else { continue }
            context[key] = (0..<count).map { _ in Self.text(&input) }
        }
    }

    private static func text(_ input: inout FuzzInput) -> String {
        String(decoding: input.bytes(atMost: Int(input.byte() % 24)), as: UTF8.self)
    }

    func request(isUppercase: Bool) -> PolicyRequest {
        func cased(_ text: String) -> String { isUppercase ? text.uppercased() : text }
        let account = "111122223333"
        return PolicyRequest(
            principal: isAnonymous
                ? .anonymous : PolicyPrincipal(arn: "arn:aws:iam::\(account):user/alice", account: account),
            action: cased(action), resource: resource,
            context: Dictionary(uniqueKeysWithValues: context.map { (cased($0.key), $0.value) }))
    }
}
