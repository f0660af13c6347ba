internal import StrongroomCrypto
internal import Synchronization

/// Notices a backend that gives out the same data key again: a stuck random generator would make two
/// objects share their key.
///
/// It remembers fingerprints of the last few keys, made with a secret of this process, so that a
/// fingerprint tells nothing about its key.
final class FreshnessCheck: Sendable {
    /// As many as are plausibly in flight at once; a generator that repeats repeats at once.
    private static let rememberedCount = 64

    private struct State {
        var fingerprints: [UInt64] = []
        var oldest = 0
    }

    private let state = Mutex(State())

    /// Nil where no locked memory could be had; then the error comes with the first use.
    private static let authenticator: Result<Authenticator, SecretMemoryError> = Result {
        () throws(SecretMemoryError) in
        Authenticator(code: try HMAC<SHA256>(key: SecretBytes.random(count: 32)))
    }

    private final class Authenticator: Sendable {
        let code: HMAC<SHA256>
        init(code: consuming HMAC<SHA256>) { self.code = code }
    }

    /// Remembers `key`, and says whether it was remembered already.
    func isRepeated(_ key: borrowing SecretBytes) throws(KeyBackendError) -> Bool {
        let fingerprint = try fingerprint(key)
        return state.withLock { state in
            if state.fingerprints.contains(fingerprint) { return true }
            if state.fingerprints.count < Self.rememberedCount {
                state.fingerprints.append(fingerprint)
            } else {
                state.fingerprints[state.oldest] = fingerprint
                state.oldest = (state.oldest + 1) % Self.rememberedCount
            }
            return false
        }
    }

    private func fingerprint(_ key: borrowing SecretBytes) throws(KeyBackendError) -> UInt64 {
        do throws(SecretMemoryError) {
            let authenticator = try Self.authenticator.get()
            var code = [UInt8](repeating: 0, count: SHA256.digestSizeBytes)
            var span = code.mutableSpan
            // Safe: any bit pattern is a UInt8.
            var output = unsafe span.mutableBytes
            try key.withBytes { (bytes) throws(SecretMemoryError) in
                try authenticator.code.authenticate(bytes, into: &output)
            }
            // Safe: bytes have no padding to be read.
            return unsafe code.span.bytes.littleEndian(UInt64.self, at: 0)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }
}
