internal import StrongroomKMS
internal import StrongroomKeys

/// The members of a control request, each of which is asked for by name and type.
struct ControlMembers: Sendable {
    private let members: [String: JSONValue]

    init(_ members: [String: JSONValue]) { self.members = members }

    func check(known: [String], operation: String) throws(KeyServiceError) {
        if let unknown = members.keys.sorted().first(where: { $0 != "operation" && !known.contains($0) }) {
            throw KeyServiceError(.validation, "The operation '\(operation)' has no member '\(unknown)'.")
        }
    }

    func string(_ name: String) throws(KeyServiceError) -> String {
        guard let text = try optionalString(name) else {
            throw KeyServiceError(.validation, "The control request has no member '\(name)'; give it.")
        }
        return text
    }

    func optionalString(_ name: String) throws(KeyServiceError) -> String? {
        switch members[name] {
        case .string(let text)?: return text
        case nil: return nil
        default: throw KeyServiceError(.validation, "The member '\(name)' is not a string.")
        }
    }

    func limit() throws(KeyServiceError) -> Int {
        switch members["limit"] {
        case nil: return KeyService.pageSizeDefault
        case .number(let digits)?:
            if let value = Int(digits) { return value }
            fallthrough
        default: throw KeyServiceError(.validation, "The member 'limit' is not a whole number.")
        }
    }
}
