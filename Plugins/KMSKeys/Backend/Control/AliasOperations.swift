internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func createAlias(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.createAlias(
        try call.members.required("aliasName"), targetKeyID: try call.members.required("targetKeyId"),
        as: call.requester
    ).json
}

@Sendable func updateAlias(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.updateAlias(
        try call.members.required("aliasName"), targetKeyID: try call.members.required("targetKeyId"),
        as: call.requester
    ).json
}

@Sendable func deleteAlias(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let name = try call.members.required("aliasName")
    try await call.service.deleteAlias(name, as: call.requester)
    return .object(["aliasName": .string(name)])
}

@Sendable func listAliases(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.listAliases(
        keyID: try call.members.optional("keyId"), limit: try call.members.limit(),
        marker: try call.members.optional("marker"), as: call.requester
    ).json("aliases", marker: \.name, \.json)
}
