internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func rotateKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.rotateKey(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func listRotations(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.listRotations(
        try call.members.required("keyId"),
        including: try call.members.choice("includeKeyMaterial") ?? .allKeyMaterial, limit: try call.members.limit(),
        marker: try call.members.optional("marker"), as: call.requester
    ).json("rotations", marker: \.materialID, \.json)
}

@Sendable func enableKeyRotation(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.enableKeyRotation(
        try call.members.required("keyId"),
        periodDays: try call.members.count("rotationPeriodInDays", absent: KeyService.rotationPeriodDaysDefault),
        as: call.requester
    ).json
}

@Sendable func disableKeyRotation(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.disableKeyRotation(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func getKeyRotationStatus(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.keyRotationStatus(try call.members.required("keyId"), as: call.requester).json
}
