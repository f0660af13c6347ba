internal import StrongroomCrypto
internal import StrongroomKeys

/// The members of a request, each read by its name and kind.
struct KeyServiceMembers: Sendable {
    private let members: [String: JSONValue]
    /// The digits of the plaintext; in locked memory.
    let secret: SecretDigits?

    init(_ members: [String: JSONValue], secret: SecretDigits?) { (self.members, self.secret) = (members, secret) }

    /// What the operation does not know is refused, so that no wish passes for granted.
    ///
    /// - Throws: `UnsupportedOperationException` for members of KMS that are not offered here, `ValidationException`
    ///   for others.
    func allow(only names: [String]) throws(KeyServiceRefusal) {
        if secret != nil, !names.contains(KeyServiceBody.secretName) {
            throw .validation("The operation has no member \(KeyServiceBody.secretName).")
        }
        for name in members.keys.sorted() where !names.contains(name) {
            guard !Self.notOffered.contains(name) else {
                throw .unsupported("The member \(name) asks for something that is not offered here; leave it out.")
            }
            throw .validation("The operation has no member '\(name.prefix(64))'.")
        }
    }

    private static let notOffered: Set<String> = [
        "CustomKeyStoreId", "XksKeyId", "Recipient", "DryRunModifiers", "GranteeServicePrincipal",
        "RetiringServicePrincipal", "KeyMaterialDescription", "ResourceOwners",
    ]

    func has(_ name: String) -> Bool { members[name] != nil }

    func string(_ name: String) throws(KeyServiceRefusal) -> String? {
        switch members[name] {
        case nil: return nil
        case .string(let text)?: return text
        default: throw Self.wrongKind(name, "a String")
        }
    }

    func required(_ name: String) throws(KeyServiceRefusal) -> String {
        guard let text = try string(name) else { throw Self.missing(name) }
        return text
    }

    /// A whole number that is not negative.
    func integer(_ name: String) throws(KeyServiceRefusal) -> UInt32? {
        guard let member = members[name] else { return nil }
        guard case .number(let digits) = member, let number = Int64(digits) else {
            throw Self.wrongKind(name, "an Integer")
        }
        guard let number = UInt32(exactly: number) else {
            throw Self.constraint(name, digits, "Member must have value greater than or equal to 1")
        }
        return number
    }

    func flag(_ name: String) throws(KeyServiceRefusal) -> Bool {
        switch members[name] {
        case nil: return false
        case .boolean(let value)?: return value
        default: throw Self.wrongKind(name, "a Boolean")
        }
    }

    func strings(_ name: String) throws(KeyServiceRefusal) -> [String]? {
        guard let member = members[name] else { return nil }
        guard case .array(let values) = member else { throw Self.wrongKind(name, "a List") }
        return try values.map { (value) throws(KeyServiceRefusal) in
            guard case .string(let text) = value else { throw Self.wrongKind(name, "a List of Strings") }
            return text
        }
    }

    /// An object whose values are texts, as it came.
    func map(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        guard let member = members[name] else { return nil }
        guard case .object(let values) = member,
            values.values.allSatisfy({ if case .string = $0 { true } else { false } })
        else { throw Self.wrongKind(name, "a Map of Strings") }
        return member
    }

    func object(_ name: String) throws(KeyServiceRefusal) -> KeyServiceMembers? {
        guard let member = members[name] else { return nil }
        guard case .object(let values) = member else { throw Self.wrongKind(name, "a Structure") }
        return KeyServiceMembers(values.filter { $0.value != .null }, secret: nil)
    }

    /// Base64 that must be there, as the backend takes it, checked.
    func blob(_ name: String, countMax: Int) throws(KeyServiceRefusal) -> JSONValue {
        .string(try blobText(name, countMax: countMax))
    }

    func blobText(_ name: String, countMax: Int) throws(KeyServiceRefusal) -> String {
        let text = try required(name)
        guard text.utf8.count <= SecretBase64.encodedCount(countMax) else {
            throw Self.constraint(name, nil, "Member must have length less than or equal to \(countMax)")
        }
        guard let bytes = PaddedBase64.decode(text) else { throw Self.wrongKind(name, "a Blob") }
        guard !bytes.isEmpty else {
            throw Self.constraint(name, nil, "Member must have length greater than or equal to 1")
        }
        return text
    }

    /// Seconds since 1970, perhaps with a fraction, in milliseconds.
    func time(_ name: String) throws(KeyServiceRefusal) -> Int64? {
        guard let member = members[name] else { return nil }
        guard case .number(let digits) = member, let seconds = Double(digits), abs(seconds) < 1e11 else {
            throw Self.wrongKind(name, "a Timestamp")
        }
        return Int64((seconds * 1_000).rounded())
    }

    /// `[{"TagKey":…,"TagValue":…}]` as an object.
    ///
    /// - Throws: `TagException` where a name comes twice.
    func tags(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        guard let member = members[name] else { return nil }
        guard case .array(let values) = member else { throw Self.wrongKind(name, "a List") }
        var tags: [String: JSONValue] = [:]
        for value in values {
            guard case .object(let tag) = value, case .string(let key)? = tag["TagKey"],
                case .string(let text)? = tag["TagValue"], tag.count == 2
            else { throw Self.wrongKind(name, "a List of Tags") }
            guard tags.updateValue(.string(text), forKey: key) == nil else {
                throw KeyServiceRefusal("TagException", "Duplicate tag keys")
            }
        }
        return .object(tags)
    }

    // MARK: - Refusals

    static func missing(_ name: String) -> KeyServiceRefusal {
        constraint(name, "null", "Member must not be null")
    }

    /// In KMS's grammar. A nil value is not told.
    static func constraint(_ name: String, _ value: String?, _ constraint: String) -> KeyServiceRefusal {
        let name = name.prefix(1).lowercased() + name.dropFirst()
        let value = value.map { "Value '\($0.prefix(64))'" } ?? "Value"
        return .validation(
            "1 validation error detected: \(value) at '\(name)' failed to satisfy constraint: \(constraint)")
    }

    private static func wrongKind(_ name: String, _ kind: String) -> KeyServiceRefusal {
        .serialization("The member \(name) can not be converted to \(kind).")
    }
}
