internal import StrongroomCrypto
internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func getParametersForImport(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let wrapping = ImportWrapping(
        algorithm: try call.members.choice("wrappingAlgorithm") ?? .oaepSHA256,
        keySpec: try call.members.choice("wrappingKeySpec") ?? .rsa4096)
    let parameters = try await call.service.parametersForImport(
        into: try call.members.required("keyId"), wrapping, as: call.requester)
    return .object([
        "keyId": .string(parameters.keyARN), "importToken": .string(PaddedBase64.encode(parameters.importToken)),
        "publicKey": .string(PaddedBase64.encode(parameters.publicKey)),
        "validToMilliseconds": .number(String(parameters.validToMilliseconds)),
    ])
}

@Sendable func importKeyMaterial(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.importKeyMaterial(
        into: try call.members.required("keyId"),
        encrypted: try call.members.base64("encryptedKeyMaterial", countMax: 6144),
        importToken: try call.members.base64("importToken", countMax: 6144),
        type: try call.members.choice("importType"), materialID: try call.members.optional("keyMaterialId"),
        expiresMilliseconds: try call.members.milliseconds("validToMilliseconds"), as: call.requester
    ).json
}

@Sendable func deleteImportedKeyMaterial(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let (key, materialID, dependencies) = try await call.service.deletingImportedKeyMaterial(
        of: try call.members.required("keyId"), materialID: try call.members.optional("keyMaterialId"),
        as: call.requester)
    let answer = dependencies.map { key.json(with: $0) } ?? key.json
    guard let materialID, case .object(var members) = answer else { return answer }
    members["deletedVersion"] = .string(materialID)
    return .object(members)
}
