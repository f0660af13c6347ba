internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func getKeyPolicy(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    let policy = try await call.service.keyPolicy(of: keyID, as: call.requester)
    return .object(["keyId": .string(keyID), "policy": .string(policy)])
}

@Sendable func listKeyPolicies(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    let names = try await call.service.keyPolicyNames(of: keyID, as: call.requester)
    return .object(["keyId": .string(keyID), "policyNames": .array(names.map { .string($0) })])
}

@Sendable func putKeyPolicy(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    try await call.service.putKeyPolicy(
        try call.members.required("policy"), of: keyID,
        bypassingLockoutCheck: try call.members.flag("bypassLockoutCheck"), as: call.requester)
    return .object(["keyId": .string(keyID)])
}
