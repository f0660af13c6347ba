internal import StrongroomKMS
internal import StrongroomKeys
internal import SystemPackage

@Sendable func status(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let status = try await call.service.status(as: call.requester)
    var counts = status.requestCounts
    let keyID = try call.members.optional("keyId")
    if let keyID { counts = try call.service.requestCounts(of: keyID) }
    var answer: [String: JSONValue] = [
        "backend": .string(KMSKeys.name), "version": .string(KMSKeys.version), "keyringId": .string(status.keyringID),
        "rootKey": .string(status.isOpenedByPassphrase ? "passphrase" : "file"), "account": .string(status.account),
        "region": .string(status.region), "defaultKeyId": .string(status.defaultKeyARN),
        "keyCount": .number(String(status.keyCount)), "aliasCount": .number(String(status.aliasCount)),
        "requests": .object(
            Dictionary(uniqueKeysWithValues: counts.map { ($0.key.description, .number(String($0.value))) })),
    ]
    if let keyID { answer["keyId"] = .string(keyID) }
    return .object(answer)
}

@Sendable func replaceRootKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    // Whose keys these are decides nothing about the keyring: that is the application's own.
    guard call.requester.caller == nil else {
        throw KeyServiceError(.accessDenied, "Only the application itself replaces the root key of its keyring.")
    }
    let path = try call.members.optional("rootKeyFile")
    do throws(KeyBackendError) {
        if let path {
            try await call.service.replaceRootKey(.file(FilePath(path)))
        } else {
            try await call.service.replaceRootKey(.recorded)
        }
    } catch {
        throw KeyServiceError(error)
    }
    return .object(["rootKey": .string("file")])
}
