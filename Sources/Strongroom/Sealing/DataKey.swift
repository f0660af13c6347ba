internal import StrongroomCrypto

/// An object's data key, ready for what it is used for: sealing the payload, and the MACs that bind the
/// object's facts. The hash blocks that all of them start from are hashed once.
final class DataKey: Sendable {
    private let secret: SecretBytes
    let prepared: PreparedKey

    init(_ secret: consuming SecretBytes) throws(SealError) {
        prepared = try PreparedKey(secret)
        self.secret = secret
    }

    /// HMAC-SHA256 under the key itself.
    func code(over fields: [UInt8]) throws(SealError) -> [UInt8] {
        do throws(SecretMemoryError) {
            return try MessageAuthenticator(key: secret).code(for: fields)
        } catch {
            throw SealError(secretMemory: error)
        }
    }

    /// HMAC-SHA256 under a key derived for `label`.
    func code(label: String, over fields: [UInt8]) throws(SealError) -> [UInt8] {
        try prepared.code(label: label, over: fields)
    }
}

extension PreparedKey {
    /// HMAC-SHA256 under a key derived for `label`.
    func code(label: String, over fields: [UInt8]) throws(SealError) -> [UInt8] {
        let key = try expand(info: Array(label.utf8), count: 32)
        do throws(SecretMemoryError) {
            return try MessageAuthenticator(key: key).code(for: fields)
        } catch {
            throw SealError(secretMemory: error)
        }
    }
}
