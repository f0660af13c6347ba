/// Reads whom a statement is about.
enum PrincipalReader {
    private static let accountDigits = 12
    private static let canonicalUserDigits = 64
    private static let everybody: [UInt8] = [UInt8(ascii: "*")]

    static func names(_ value: LocatedJSON) throws(PolicyFault) -> [PrincipalSet.Name] {
        if case .string(let text) = value.content {
            guard text == everybody else {
                throw invalid(
                    value, "A principal is named with its kind, such as {\"AWS\": …}; only \"*\" stands alone.")
            }
            return [.everybody]
        }
        let kinds = try value.elements(of: "Principal", known: ["AWS", "Service", "Federated", "CanonicalUser"])
        if kinds.isEmpty {
            throw PolicyFault(.invalidPrincipal, at: value.offset, "The principal names nobody; name somebody.")
        }
        var names: [PrincipalSet.Name] = []
        for (kind, list) in kinds {
            for element in try list.oneOrMore("Principal") {
                names.append(try name(kind, try element.string("A principal"), element))
            }
        }
        return names
    }

    private static func name(
        _ kind: String, _ text: [UInt8], _ element: LocatedJSON
    ) throws(PolicyFault) -> PrincipalSet.Name {
        if kind == "AWS", text == everybody { return .everybody }
        guard !text.contains(UInt8(ascii: "*")), !text.contains(UInt8(ascii: "?")) else {
            throw invalid(
                element,
                "A principal has no wildcards: name each, or name everybody and add a condition on aws:PrincipalArn.")
        }
        switch kind {
        case "AWS":
            guard let name = accountOrARN(text) else {
                throw invalid(
                    element,
                    "This is no principal; write an account's 12 digits, or the ARN of an account, user, role or session."
                )
            }
            return name
        case "Service":
            guard isHostName(text) else {
                throw invalid(element, "This is no service; write a name such as \"s3.amazonaws.com\".")
            }
            return .service(text)
        case "Federated":
            guard !text.isEmpty else { throw invalid(element, "The provider's name is empty; name it.") }
            return .federated(text)
        default:
            let isHexadecimal = text.allSatisfy { $0.isASCIIDigit || (0x61...0x66).contains($0.asciiLowercase) }
            guard text.count == canonicalUserDigits, isHexadecimal else {
                throw invalid(
                    element, "This is no canonical user id; it has \(canonicalUserDigits) hexadecimal digits.")
            }
            return .canonicalUser(Folding.ascii.folded(text))
        }
    }

    private static func isAccount(_ text: some Collection<UInt8>) -> Bool {
        text.count == accountDigits && text.allSatisfy(\.isASCIIDigit)
    }

    private static func isHostName(_ text: [UInt8]) -> Bool {
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                !label.isEmpty && label.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
            }
    }

    /// What stands under "AWS" in a policy: an account, or the ARN of a user, a role or a session. An account's root is
    /// the account. Nil for anything else.
    static func accountOrARN(_ text: [UInt8]) -> PrincipalSet.Name? {
        if isAccount(text) { return .account(text) }
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].asciiText == "arn", !parts[1].isEmpty, parts[3].isEmpty, isAccount(parts[4])
        else { return nil }
        let resource = parts[5]
        let kinds: [String]
        switch parts[2].asciiText {
        case "iam":
            if resource.asciiText == "root" { return .account(Array(parts[4])) }
            kinds = ["user/", "role/"]
        case "sts": kinds = ["assumed-role/", "federated-user/"]
        default: return nil
        }
        // Groups are no principals: nobody signs a request as one.
        guard kinds.contains(where: { resource.starts(with: $0.utf8) && resource.count > $0.utf8.count }) else {
            return nil
        }
        return .arn(text)
    }

    private static func invalid(_ value: LocatedJSON, _ message: String) -> PolicyFault {
        PolicyFault(.invalidPrincipal, at: value.offset, message)
    }
}
