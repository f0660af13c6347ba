#if RemoteKMS
internal import StrongroomKeys

/// An answer without a secret.
struct ListAnswer {
    let members: [String: JSONValue]

    init(_ body: ServiceResponse.Body) throws(KeyBackendError) {
        guard case .plain(let bytes) = body else { preconditionFailure("an answer with a key is no list") }
        try self.init(bytes)
    }

    init(_ bytes: [UInt8]) throws(KeyBackendError) {
        do throws(KeyBackendError) {
            members = try JSONValue.object(parsing: bytes)
        } catch {
            throw KeyBackendError(.moduleFault, "got an answer that is none of a key service", underlying: error)
        }
    }

    func object(_ name: String) throws(KeyBackendError) -> [String: JSONValue] {
        guard case .object(let object)? = members[name] else { throw Self.missing(name) }
        return object
    }

    /// A list of objects; empty where it is missing.
    func objects(_ name: String) throws(KeyBackendError) -> [[String: JSONValue]] {
        guard let value = members[name] else { return [] }
        guard case .array(let items) = value else { throw Self.missing(name) }
        return try items.map { (item) throws(KeyBackendError) in
            guard case .object(let object) = item else { throw Self.missing(name) }
            return object
        }
    }

    /// Where the next page begins; nil on the last one.
    var nextMarker: String? {
        guard members["Truncated"] == .boolean(true), case .string(let marker)? = members["NextMarker"] else {
            return nil
        }
        return marker
    }

    static func missing(_ name: String) -> KeyBackendError {
        KeyBackendError(.moduleFault, "got an answer without '\(name)', or with one of another kind")
    }
}

extension [String: JSONValue] {
    /// Nil where it is missing or no text.
    func text(_ name: String) -> String? {
        guard case .string(let text)? = self[name] else { return nil }
        return text
    }

    func requiredText(_ name: String) throws(KeyBackendError) -> String {
        guard let text = text(name) else { throw ListAnswer.missing(name) }
        return text
    }

    /// A time, which the service tells in seconds with fractions, in whole milliseconds.
    func milliseconds(_ name: String) -> JSONValue? {
        guard case .number(let digits)? = self[name], let seconds = Double(digits), abs(seconds) < 1e12 else {
            return nil
        }
        return .number(String(Int64((seconds * 1000).rounded())))
    }
}
#endif
