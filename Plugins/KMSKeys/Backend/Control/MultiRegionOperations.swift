internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func replicateKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let members = call.members
    let policy = try members.optional("policy")
    let replica = try await call.service.replicateKey(
        try members.required("keyId"), to: .region(try members.required("replicaRegion")),
        description: try members.optional("description") ?? "", policy: policy,
        bypassingLockoutCheck: try members.flag("bypassLockoutCheck"),
        tags: try members.tags() ?? [], as: call.requester)
    guard case .object(var answer) = replica.json else { return replica.json }
    answer["policy"] = .string(policy ?? call.service.standardKeyPolicy)
    return .object(answer)
}

@Sendable func updatePrimaryRegion(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    try await call.service.updatePrimaryRegion(
        keyID, to: .region(try call.members.required("primaryRegion")), as: call.requester)
    return .object(["keyId": .string(keyID)])
}
