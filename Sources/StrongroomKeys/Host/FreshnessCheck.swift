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
        var fingerprints: [[UInt8]] = []
        var oldest = 0
    }

    private let state = Mutex(State())

    /// Fails where no locked memory can be had; the error comes with the first use.
    private static let authenticator = Result { () throws(SecretMemoryError) in
        try MessageAuthenticator(key: try SecretBytes.random(count: 32))
    }

    /// Remembers `key`, and says whether it was remembered already.
    func isRepeated(_ key: borrowing SecretBytes) throws(KeyBackendError) -> Bool {
        let authenticator: MessageAuthenticator
        do throws(SecretMemoryError) {
            authenticator = try Self.authenticator.get()
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        let fingerprint = try key.withBytes { (bytes) throws(KeyBackendError) in
            do throws(SecretMemoryError) {
                return try authenticator.code(for: bytes)
            } catch {
                throw KeyBackendError(secretMemory: error)
            }
        }
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
}
