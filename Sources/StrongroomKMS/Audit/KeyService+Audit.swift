internal import StrongroomAudit
internal import StrongroomKeys

extension KeyService {
    /// The audit trail of the service.
    public struct AuditStatus: Sendable, Hashable {
        /// The public key that checks the trail, in the form `NAME+HASH+KEY` (c2sp.org/signed-note).
        public var publicKey: String
        /// How many records are durable.
        public var recordCount: UInt64
        /// How many of them the newest checkpoint signs.
        public var signedRecordCount: UInt64
        /// The newest checkpoint, a signed note (c2sp.org/tlog-checkpoint).
        public var checkpoint: String
        /// Why nothing can be recorded at present, so that nothing is released; nil where all is well.
        public var failure: String?
    }

    /// How the audit trail is; nil where it is off.
    public func auditStatus(as requester: KeyRequester = .root) async throws(KeyServiceError) -> AuditStatus? {
        try await authorizeListing(requester)
        guard let status = trail.status else { return nil }
        return AuditStatus(
            publicKey: status.key.text, recordCount: status.size,
            signedRecordCount: status.newest?.checkpoint.size ?? 0, checkpoint: status.newest?.note ?? "",
            failure: status.failure)
    }

    /// Signs the trail as it is, and returns the checkpoint: a signed note to be kept where whoever can write here
    /// cannot. Nil where the trail is off.
    public func auditCheckpoint(as requester: KeyRequester = .root) async throws(KeyServiceError) -> String? {
        try await authorizeListing(requester)
        return try await trail.checkpoint()
    }

    /// The trail is the account's, and so is how the service is, as the list of its keys is: a refusal is recorded as
    /// one of that.
    func authorizeListing(_ requester: KeyRequester) async throws(KeyServiceError) {
        let call = KeyCall(.listKeys, requester)
        try await checked(call) { () throws(KeyServiceError) in
            try authorizeAccount(call, try current().registry)
        }
    }
}
