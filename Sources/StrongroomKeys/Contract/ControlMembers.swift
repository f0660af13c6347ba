internal import StrongroomCrypto

/// The members of a control request, each read by its name and kind. What an operation does not know is refused, so
/// that no wish passes for granted.
package struct ControlMembers: Sendable {
    /// What is asked for.
    package let operation: String
    private let members: [String: JSONValue]

    package init(parsing json: [UInt8]) throws(KeyBackendError) {
        members = try JSONValue.object(parsing: json)
        guard case .string(let operation)? = members["operation"] else {
            throw KeyBackendError(.invalidRequest, "The control request has no member 'operation' that is a string.")
        }
        self.operation = operation
    }

    /// Fails with `invalidRequest` where there are others than these and `operation`.
    package func allow(only names: [String]) throws(KeyBackendError) {
        if let unknown = members.keys.sorted().first(where: { $0 != "operation" && !names.contains($0) }) {
            throw KeyBackendError(.invalidRequest, "The operation '\(operation)' has no member '\(unknown)'.")
        }
    }

    /// Nil where there is no such member.
    package func string(_ name: String) throws(KeyBackendError) -> String? {
        switch members[name] {
        case .string(let text)?: return text
        case nil: return nil
        default: throw KeyBackendError(.invalidRequest, "The member '\(name)' is not a string.")
        }
    }

    /// A member that must be there.
    package func requiredString(_ name: String) throws(KeyBackendError) -> String {
        guard let text = try string(name) else {
            throw KeyBackendError(
                .invalidRequest, "The operation '\(operation)' needs a member '\(name)' that is a string.")
        }
        return text
    }

    /// A member that must be there: a whole number, zero or more. Where there is an `absent`, it may be missing.
    package func number(_ name: String, absent: UInt32? = nil) throws(KeyBackendError) -> UInt32 {
        if let absent, members[name] == nil { return absent }
        guard case .number(let digits)? = members[name], let number = UInt32(digits) else {
            throw KeyBackendError(
                .invalidRequest, "The operation '\(operation)' needs a member '\(name)' that is a whole number.")
        }
        return number
    }

    /// A list of strings; nil where there is no such member.
    package func strings(_ name: String) throws(KeyBackendError) -> [String]? {
        guard let member = members[name] else { return nil }
        guard case .array(let values) = member else {
            throw KeyBackendError(.invalidRequest, "The member '\(name)' is not a list of strings.")
        }
        return try values.map { (value) throws(KeyBackendError) in
            guard case .string(let text) = value else {
                throw KeyBackendError(.invalidRequest, "The member '\(name)' is not a list of strings.")
            }
            return text
        }
    }

    /// Names and their values, all of them strings; nil where there is no such member.
    package func pairs(_ name: String) throws(KeyBackendError) -> [String: String]? {
        guard let member = members[name] else { return nil }
        guard case .object(let values) = member else {
            throw KeyBackendError(.invalidRequest, "The member '\(name)' is not an object of strings.")
        }
        var pairs: [String: String] = [:]
        for (key, value) in values {
            guard case .string(let text) = value else {
                throw KeyBackendError(.invalidRequest, "The member '\(name)' is not an object of strings.")
            }
            pairs[key] = text
        }
        return pairs
    }

    /// False where there is no such member.
    package func boolean(_ name: String) throws(KeyBackendError) -> Bool {
        switch members[name] {
        case .boolean(let value)?: return value
        case nil: return false
        default: throw KeyBackendError(.invalidRequest, "The member '\(name)' is neither true nor false.")
        }
    }

    /// A member that must be there: bytes in base64 with padding, at least one and at most `countMax`.
    package func bytes(_ name: String, countMax: Int) throws(KeyBackendError) -> [UInt8] {
        guard case .string(let text)? = members[name] else {
            throw KeyBackendError(
                .invalidRequest, "The operation '\(operation)' needs a member '\(name)': bytes in base64.")
        }
        // Before decoding, so that a request of a mebibyte costs nothing.
        guard text.utf8.count <= (countMax + 2) / 3 * 4, let bytes = PaddedBase64.decode(text),
            (1...countMax).contains(bytes.count)
        else {
            throw KeyBackendError(
                .invalidRequest, "The member '\(name)' is not base64 (with padding) of 1 to \(countMax) bytes.")
        }
        return bytes
    }
}
