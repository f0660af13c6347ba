internal import StrongroomCrypto
internal import StrongroomKeys

/// One version of a key-encryption key: itself, to be sealed again under another root key, and prepared
/// for wrapping, which every put and get does.
final class WrappingKey: Sendable {
    let secret: SecretBytes
    let prepared: PreparedKey

    init(_ secret: consuming SecretBytes) throws(KeyBackendError) {
        do throws(SealError) {
            prepared = try PreparedKey(secret)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        self.secret = secret
    }
}
