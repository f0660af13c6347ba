internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// An object's data key, ready for what it is used for: sealing the payload, and the MACs that bind the
/// object's facts. The hash blocks that all of them start from are hashed once.
final class DataKey: Sendable {
    private let secret: SecretBytes
    let prepared: PreparedKey
    /// The key of the outer of two layers; nil under one. It seals that layer and binds its own wrap; all else is bound
    /// by the inner key.
    let outerLayer: DataKey?

    init(_ secret: consuming SecretBytes, outerLayer: DataKey? = nil) throws(SealError) {
        prepared = try PreparedKey(secret)
        self.secret = secret
        self.outerLayer = outerLayer
    }

    /// A key that is kept sealed under another one: see ``enclosed(in:objectUID:random:)``.
    init(
        enclosed bytes: [UInt8], in outer: DataKey, objectUID: [UInt8]
    ) throws(SealError) {
        let secret = try SealedStream.openSecret(
            bytes, count: GeneratedDataKey.sizeBytes, .aes256GCM, under: outer.prepared,
            context: CanonicalFields.enclosedKeyContext(objectUID: objectUID))
        prepared = try PreparedKey(secret)
        self.secret = secret
        outerLayer = nil
    }

    /// Bytes of an enclosed key.
    static let enclosedSizeBytes = SealedStream.sealedSecretSizeBytes(count: GeneratedDataKey.sizeBytes)

    /// This key as a sealed stream under another one, for one object.
    func enclosed(
        in outer: DataKey, objectUID: [UInt8], random: SystemRandom
    ) throws(SealError) -> [UInt8] {
        try SealedStream.sealSecret(
            secret, .aes256GCM, under: outer.prepared,
            context: CanonicalFields.enclosedKeyContext(objectUID: objectUID), random: random)
    }

    /// HMAC-SHA256 under the key itself.
    func code(over fields: [UInt8]) throws(SealError) -> [UInt8] {
        try secret.withBytes { (key) throws(SealError) in MessageAuthenticator.code(for: fields, key: key) }
    }

    /// HMAC-SHA256 under a key derived for `label`.
    func code(label: String, over fields: [UInt8]) throws(SealError) -> [UInt8] {
        try prepared.code(label: label, over: fields)
    }
}

extension PreparedKey {
    /// HMAC-SHA256 under a key derived for `label`.
    func code(label: String, over fields: [UInt8]) throws(SealError) -> [UInt8] {
        try withExpanded(info: Array(label.utf8), count: 32) { (key) throws(SealError) in
            MessageAuthenticator.code(for: fields, key: key)
        }
    }
}
