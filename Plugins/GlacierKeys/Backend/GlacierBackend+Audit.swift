internal import StrongroomAudit
internal import StrongroomKeys

/// The control requests for the trail, which leave no record in it: `audit-status` is answered while nothing can be
/// recorded, too.
extension GlacierBackend {
    func auditStatus(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: [])
        _ = try keyring()
        guard let status = trail.status else { return .object(["audit": .string("off")]) }
        var answer: [String: JSONValue] = [
            "audit": .string("on"), "publicKey": .string(status.key.text), "recordCount": .number(String(status.size)),
            "signedRecordCount": .number(String(status.newest?.checkpoint.size ?? 0)),
            "checkpoint": .string(status.newest?.note ?? ""),
        ]
        if let failure = status.failure { answer["failure"] = .string(failure) }
        return .object(answer)
    }

    func auditCheckpoint(_ members: ControlMembers) async throws(KeyBackendError) -> JSONValue {
        try members.allow(only: [])
        guard let checkpoint = try await trail.checkpoint() else { return .object([:]) }
        return .object(["checkpoint": .string(checkpoint)])
    }
}
