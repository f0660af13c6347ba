internal import StrongroomKeys
internal import Synchronization

/// What a pass has learned of backends and keys: each is asked once, and one that does not answer is not asked again
/// for every row.
final class KeyVersions: Sendable {
    private struct State {
        var versions: [String: Result<String, KeyBackendError>] = [:]
        var failures: [EncryptionMode: StoreError] = [:]
    }

    private let state = Mutex(State())

    /// For the next pass: keys may have been rotated meanwhile.
    func forget() { state.withLock { $0 = State() } }

    func backend(
        of mode: EncryptionMode, open: () async throws(StoreError) -> OpenedBackend
    ) async throws(StoreError) -> OpenedBackend {
        if let failure = state.withLock({ $0.failures[mode] }) { throw failure }
        do throws(StoreError) {
            return try await open()
        } catch {
            state.withLock { $0.failures[mode] = error }
            throw error
        }
    }

    /// The version of a key that wraps at present.
    func current(
        of keyID: String, _ backend: OpenedBackend, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> String {
        // Two backends may name keys alike.
        let name = "\(backend.id)\0\(keyID)"
        if let known = state.withLock({ $0.versions[name] }) { return try known.get() }
        let found: Result<String, KeyBackendError>
        do throws(KeyBackendError) {
            found = .success(
                try await backend.backend.describe(DescribeRequest(keyID: keyID, context: context)).currentVersion)
        } catch {
            found = .failure(error)
        }
        state.withLock { $0.versions[name] = found }
        return try found.get()
    }
}
