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

    /// A new key, drawn from the host.
    package static func random(_ host: any KeyBackendHost) throws(KeyBackendError) -> WrappingKey {
        try WrappingKey(try HostRandom(host: host).secret(count: 32))
    }
}

extension WrappingKey {
    /// A key as this key wraps it: a sealed stream of its bytes (72 bytes more).
    package func wrap(
        _ key: borrowing SecretBytes, boundTo context: [UInt8], _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                key, .aes256GCM, under: prepared, context: context, random: HostRandom(host: host))
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    /// The key of `count` bytes that `wrap` wrapped; `name` is what this key is called where it turns out not to have.
    package func unwrap(
        _ wrapped: [UInt8], count: Int = GeneratedDataKey.sizeBytes, boundTo context: [UInt8], name: String
    ) throws(KeyBackendError) -> SecretBytes {
        do throws(SealError) {
            return try SealedStream.openSecret(
                wrapped, count: count, .aes256GCM, under: prepared, context: context)
        } catch {
            throw Self.refusal(error, "The wrapped key is damaged, or was wrapped by another key than \(name).")
        }
    }

    /// What failed here may work later; what is not authentic never will.
    package static func refusal(_ error: SealError, _ message: String) -> KeyBackendError {
        error.code == .secretMemory || error.code == .cryptoFailure
            ? KeyBackendError(.unavailable, error.message, underlying: error)
            : KeyBackendError(.invalidCiphertext, message, underlying: error)
    }
}
