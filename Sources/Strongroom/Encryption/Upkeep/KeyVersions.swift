internal import StrongroomKeys
internal import Synchronization

/// Which version of a key is current, asked once for a run.
final class KeyVersions: Sendable {
    private let known = Mutex<[String: String]>([:])

    func current(
        of keyID: String, _ backend: OpenedBackend, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> String {
        // Two backends may name keys alike.
        let name = "\(backend.id)\0\(keyID)"
        if let version = known.withLock({ $0[name] }) { return version }
        let version = try await backend.backend.describe(DescribeRequest(keyID: keyID, context: context))
            .currentVersion
        known.withLock { $0[name] = version }
        return version
    }
}
