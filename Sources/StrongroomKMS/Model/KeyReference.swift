/// How a request names a key: by its id or ARN, or by an alias or the alias's ARN.
enum KeyReference: Equatable, Sendable {
    case id(KeyID)
    case alias(AliasName)

    /// An ARN of another account or region names a key that is not here, whatever else it says.
    init(_ text: String, owner: KeyOwner) throws(KeyServiceError) {
        guard text.hasPrefix("arn:") else {
            self = try Self.resource(text[...])
            return
        }
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[1] == "aws", fields[2] == "kms" else {
            throw KeyServiceError(
                .invalidArn, "'\(text.prefix(128))' is no ARN of a key; give arn:aws:kms:REGION:ACCOUNT:key/ID.")
        }
        guard fields[3] == owner.region, fields[4] == owner.account else {
            throw KeyServiceError(
                .notFound,
                fields[3] == owner.region
                    ? "Key '\(text.prefix(128))' does not exist. It is of another account; here are the keys of "
                        + "\(owner.account)."
                    : "Invalid arn \(fields[3].prefix(64)). Here are the keys of \(owner.region).")
        }
        if fields[5].hasPrefix("key/") {
            guard let id = KeyID(fields[5].dropFirst(4)) else { throw Self.notFound(text) }
            self = .id(id)
        } else if fields[5].hasPrefix(AliasName.prefix) {
            self = try Self.resource(fields[5])
        } else {
            throw KeyServiceError(
                .invalidArn, "'\(text.prefix(128))' names neither a key nor an alias; give …:key/ID or …:alias/NAME.")
        }
    }

    /// The id in an ARN of a multi-Region key of the same account in another region; nil for anything else. It may name
    /// what has sealed something, never what is to be used.
    static func related(_ text: String, owner: KeyOwner) -> KeyID? {
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[1] == "aws", fields[2] == "kms", fields[3] != owner.region,
            fields[4] == owner.account, fields[5].hasPrefix("key/"), let id = KeyID(fields[5].dropFirst(4)),
            id.isMultiRegion
        else { return nil }
        return id
    }

    private static func resource(_ text: Substring) throws(KeyServiceError) -> KeyReference {
        if text.hasPrefix(AliasName.prefix) { return .alias(try AliasName(String(text))) }
        guard let id = KeyID(text) else {
            throw KeyServiceError(
                .notFound, "Invalid keyId '\(text.prefix(128))'. Give a key's id or ARN, or an alias.")
        }
        return .id(id)
    }

    /// - Parameter text: the key's ARN, or what was taken for one.
    static func notFound(_ text: String) -> KeyServiceError {
        KeyServiceError(
            .notFound, "Key '\(text.prefix(128))' does not exist. List the keys, or restore a newer keyring.")
    }
}
