internal import StrongroomSystem
internal import SystemPackage

extension AuditError {
    /// A failure of the disk below a log in `folder`.
    init(_ error: StorageError, _ folder: FilePath) {
        switch error.code {
        case .locked:
            self.init(
                .locked,
                "Somebody else writes the audit log \(folder): the keyring is open elsewhere. Close it there, or wait.",
                underlying: error)
        default:
            self.init(.unavailable, "The audit log \(folder) cannot be used: \(error.message).", underlying: error)
        }
    }

    /// Runs `body`, whose failures are those of a log in `folder`.
    static func at<Value: ~Copyable>(
        _ folder: FilePath, _ body: () throws(StorageError) -> Value
    ) throws(AuditError) -> Value {
        do throws(StorageError) {
            return try body()
        } catch {
            throw AuditError(error, folder)
        }
    }
}
