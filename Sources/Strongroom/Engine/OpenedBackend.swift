internal import Logging
internal import StrongroomKeys

/// A key backend's instance, closed with its last reference: also when opening the store fails halfway,
/// or when every handle is dropped without `close`.
final class OpenedBackend: Sendable {
    let id: String
    let backend: any KeyBackend
    /// Whether a key may be made before it is known whose it will be.
    let mayMakeKeysAhead: Bool
    /// Whether it lets policies of callers decide.
    let heedsPolicies: Bool
    private let logger: Logger

    init(id: String, backend: any KeyBackend, mayMakeKeysAhead: Bool, heedsPolicies: Bool = false, logger: Logger) {
        self.id = id
        self.heedsPolicies = heedsPolicies
        self.mayMakeKeysAhead = mayMakeKeysAhead
        self.backend = backend
        self.logger = logger
    }

    deinit {
        Task { [id, backend, logger] in
            do throws(KeyBackendError) {
                try await backend.close()
            } catch  where error.code == .closed {
                // The store was closed in order.
            } catch {
                logger.warning("Key backend not closed", metadata: ["backend": "\(id)", "error": "\(error)"])
            }
        }
    }
}
