internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func auditStatus(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    guard let status = try await call.service.auditStatus(as: call.requester) else {
        return .object(["audit": .string("off")])
    }
    var answer: [String: JSONValue] = [
        "audit": .string("on"), "publicKey": .string(status.publicKey),
        "recordCount": .number(String(status.recordCount)),
        "signedRecordCount": .number(String(status.signedRecordCount)), "checkpoint": .string(status.checkpoint),
    ]
    if let failure = status.failure { answer["failure"] = .string(failure) }
    return .object(answer)
}

@Sendable func auditCheckpoint(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    guard let checkpoint = try await call.service.auditCheckpoint(as: call.requester) else { return .object([:]) }
    return .object(["checkpoint": .string(checkpoint)])
}
