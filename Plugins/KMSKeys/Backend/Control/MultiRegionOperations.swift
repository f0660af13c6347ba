internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func replicateKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let members = call.members
    let other = try call.service.opened(inRegion: try members.required("replicaRegion"))
    return try await call.service.replicateKey(
        try members.required("keyId"), to: other, description: try members.optional("description") ?? "",
        policy: try members.optional("policy"), bypassingLockoutCheck: try members.flag("bypassLockoutCheck"),
        tags: try members.tags() ?? [], as: call.requester
    ).json
}

@Sendable func updatePrimaryRegion(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    let other = try call.service.opened(inRegion: try call.members.required("primaryRegion"))
    try await call.service.updatePrimaryRegion(keyID, to: other, as: call.requester)
    return .object(["keyId": .string(keyID)])
}
