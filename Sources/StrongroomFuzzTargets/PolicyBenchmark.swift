internal import StrongroomPolicy

/// Policies as large as they may be, written to cost as much time as they can. For `Benchmarks/` only, which sees no
/// package's insides.
public enum _PolicyBenchmark {
    /// The kinds of document.
    public static let kinds = [
        "one pattern of asterisks", "patterns of asterisks", "patterns of question marks", "conditions", "statements",
        "variables",
    ]

    /// The document of a kind; the last is smaller than it may be, because there may not be so many variables.
    public static func document(_ kind: String) -> [UInt8] {
        let text =
            switch kind {
            case kinds[0]: statement(resources: ["arn:" + String(repeating: "*a", count: 16_150) + "b"])
            case kinds[1]: statement(resources: filling { _ in "arn:*a*b" })
            case kinds[2]: statement(resources: filling { "arn:*" + String(repeating: "?", count: 20 + $0 % 7) + "b" })
            case kinds[3]: statement(resources: ["*"], likes: filling { _ in "*a*b" })
            case kinds[4]:
                (0..<210).map { statement(resources: ["arn:*a*b"], likes: ["*a*a*b\($0)"]) }.joined(separator: ",")
            default:
                statement(
                    resources: Array(
                        repeating: "arn:aws:kms:*:*:key/*${v}?*${v}?*b", count: PolicyLimits.variableTextsMax))
            }
        return Array(#"{"Version":"2012-10-17","Statement":[\#(text)]}"#.utf8)
    }

    /// Reads the document and decides on a request with long texts; whether it is allowed, which it is not.
    public static func parseAndDecide(_ document: [UInt8]) -> Bool {
        let text = "arn:aws:kms:us-east-1:111122223333:key/" + String(repeating: "a", count: 2_000)
        let request = PolicyRequest(
            principal: PolicyPrincipal(arn: "arn:aws:iam::111122223333:user/alice", account: "111122223333"),
            action: "kms:Decrypt", resource: text, context: ["k": [text], "v": [String(repeating: "a", count: 900)]])
        guard let policy = try? PolicyDocument(parsing: document) else { finding("the document is none") }
        return policy.decision(for: request).isAllowed
    }

    private static func filling(_ pattern: (Int) -> String) -> [String] {
        var patterns: [String] = []
        var sizeBytes = 250
        while true {
            let next = pattern(patterns.count)
            sizeBytes += next.utf8.count + 3
            if sizeBytes > PolicyLimits.documentBytesMax { return patterns }
            patterns.append(next)
        }
    }

    private static func statement(resources: [String], likes: [String] = ["a*a*b"]) -> String {
        func array(_ texts: [String]) -> String { texts.map { "\"\($0)\"" }.joined(separator: ",") }
        return #"{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":[\#(array(resources))],"#
            + #""Condition":{"StringLike":{"k":[\#(array(likes))]}}}"#
    }
}
