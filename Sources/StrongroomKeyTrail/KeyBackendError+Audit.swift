internal import StrongroomAudit
package import StrongroomKeys
internal import SystemPackage

extension KeyBackendError {
    /// A failure of the trail, which fails the call that it is about.
    init(_ error: AuditError) {
        self.init(error.code == .closed ? .closed : .auditUnavailable, error.message, underlying: error)
    }

    /// For a trail that cannot be opened beside a keyring that has just been made. That stays: keys are never taken
    /// away without being asked for.
    func afterMaking(keyring path: FilePath) -> KeyBackendError {
        KeyBackendError(
            code,
            "The keyring \(path) has been made and stays, with its keys; its audit trail could not be opened: \(message) "
                + "Mend that, and open the keyring instead of making one.", underlying: underlying)
    }

    /// Whether the trail is what failed.
    package var isOfAudit: Bool { underlying is AuditError }
}
