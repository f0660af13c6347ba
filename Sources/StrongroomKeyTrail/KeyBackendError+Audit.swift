internal import StrongroomAudit
package import StrongroomKeys

extension KeyBackendError {
    /// A failure of the trail, which fails the call that it is about.
    init(_ error: AuditError) {
        self.init(error.code == .closed ? .closed : .auditUnavailable, error.message, underlying: error)
    }

    /// Whether the trail is what failed.
    package var isOfAudit: Bool { underlying is AuditError }
}
