package import StrongroomCrypto
package import StrongroomKeys

/// One version of a key-encryption key: itself, to be sealed again under another root key, and prepared
/// for wrapping, which every put and get does.
package final class WrappingKey: Sendable {
    package let secret: SecretBytes
    package let prepared: PreparedKey

    package init(_ secret: consuming SecretBytes) throws(KeyBackendError) {
        do throws(SealError) {
            prepared = try PreparedKey(secret)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        self.secret = secret
    }
}
