internal import StrongroomKMS
internal import StrongroomKeys
internal import SystemPackage

/// Administration. Each request is a JSON object with a member `operation`; an operation or a member that is not
/// known is refused by its name. A *key* is what `describe-key` answers: `keyId` (the ARN), `id`, `state`, `manager`,
/// `description`, `createdMilliseconds`, `currentVersion`, `versionCount`.
///
/// | operation | members (`?`: may be missing) | answer |
/// |---|---|---|
/// | `create-key` | `description`?, `policy`?, `bypassLockoutCheck`? | the key |
/// | `describe-key`, `enable-key`, `disable-key`, `rotate-key` | `keyId` | the key |
/// | `list-keys` | `limit`?, `marker`? | `keys`, `nextMarker` |
/// | `list-rotations` | `keyId`, `limit`?, `marker`? | `rotations`, `nextMarker` |
/// | `create-alias`, `update-alias` | `aliasName`, `targetKeyId` | the alias |
/// | `delete-alias` | `aliasName` | `aliasName` |
/// | `list-aliases` | `keyId`?, `limit`?, `marker`? | `aliases`, `nextMarker` |
/// | `get-key-policy` | `keyId` | `keyId`, `policy` |
/// | `put-key-policy` | `keyId`, `policy`, `bypassLockoutCheck`? | `keyId` |
/// | `status` | `keyId`? | the service; `requests` by operation, of one key where one is named |
/// | `replace-root-key` | `rootKeyFile`? | `rootKey` |
///
/// An *alias* has `aliasName`, `aliasArn`, `targetKeyId`, `createdMilliseconds`, `updatedMilliseconds`; a *rotation*
/// `version`, `createdMilliseconds`, `isCurrent`. `nextMarker` is missing on the last page; `limit` is 1 to 1000, 100
/// by default. A `policy` is a text, and `bypassLockoutCheck` is `"true"` or `"false"`. `replace-root-key` takes no
/// passphrase, because no secret may stand in a request: without a file it makes one in the keyring.
extension KMSBackend {
    private typealias Operation =
        @Sendable (KeyService, ControlMembers, Caller?) async throws(KeyServiceError) ->
        JSONValue

    private static let operations: [String: (members: [String], run: Operation)] = [
        "create-key": (["description", "policy", "bypassLockoutCheck"], createKey),
        "describe-key": (["keyId"], describeKey),
        "enable-key": (["keyId"], enableKey), "disable-key": (["keyId"], disableKey),
        "rotate-key": (["keyId"], rotateKey), "list-keys": (["limit", "marker"], listKeys),
        "list-rotations": (["keyId", "limit", "marker"], listRotations),
        "create-alias": (["aliasName", "targetKeyId"], createAlias),
        "update-alias": (["aliasName", "targetKeyId"], updateAlias), "delete-alias": (["aliasName"], deleteAlias),
        "list-aliases": (["keyId", "limit", "marker"], listAliases), "status": (["keyId"], status),
        "get-key-policy": (["keyId"], getKeyPolicy),
        "put-key-policy": (["keyId", "policy", "bypassLockoutCheck"], putKeyPolicy),
        "replace-root-key": (["rootKeyFile"], replaceRootKey),
    ]

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        // Before, and not while the keyring is written: what has begun is finished.
        if request.context.cancellation.isCancelled {
            throw KeyBackendError(.cancelled, "Nobody waits for the control request any more; nothing was done.")
        }
        guard let operation = Self.operations[members.operation] else {
            throw KeyBackendError(
                .unsupported,
                "The KMS keys have no operation '\(members.operation)'; there are "
                    + "\(Self.operations.keys.sorted().joined(separator: ", ")).")
        }
        try members.allow(only: operation.members)
        do throws(KeyServiceError) {
            return try await operation.run(service, members, request.context.caller).encoded()
        } catch {
            throw KeyBackendError(error)
        }
    }
}

// MARK: - Keys

@Sendable private func createKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.createKey(
        description: try members.optional("description") ?? "", policy: try members.optional("policy"),
        bypassingLockoutCheck: try members.flag("bypassLockoutCheck"), as: caller
    ).json
}

@Sendable private func describeKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.describeKey(try members.required("keyId"), as: caller).json
}

@Sendable private func enableKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.enableKey(try members.required("keyId"), as: caller).json
}

@Sendable private func disableKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.disableKey(try members.required("keyId"), as: caller).json
}

@Sendable private func rotateKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.rotateKey(try members.required("keyId"), as: caller).json
}

@Sendable private func listKeys(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.listKeys(
        limit: try members.limit(), marker: try members.optional("marker"), as: caller
    ).json("keys", \.json)
}

@Sendable private func listRotations(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.listRotations(
        try members.required("keyId"), limit: try members.limit(), marker: try members.optional("marker"), as: caller
    ).json("rotations", \.json)
}

// MARK: - Aliases

@Sendable private func createAlias(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.createAlias(
        try members.required("aliasName"), targetKeyID: try members.required("targetKeyId"), as: caller
    ).json
}

@Sendable private func updateAlias(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.updateAlias(
        try members.required("aliasName"), targetKeyID: try members.required("targetKeyId"), as: caller
    ).json
}

@Sendable private func deleteAlias(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    let name = try members.required("aliasName")
    try await service.deleteAlias(name, as: caller)
    return .object(["aliasName": .string(name)])
}

@Sendable private func listAliases(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    try await service.listAliases(
        keyID: try members.optional("keyId"), limit: try members.limit(),
        marker: try members.optional("marker"), as: caller
    ).json("aliases", \.json)
}

// MARK: - Policies

@Sendable private func getKeyPolicy(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    let keyID = try members.required("keyId")
    let policy = try await service.keyPolicy(of: keyID, as: caller)
    return .object(["keyId": .string(keyID), "policy": .string(policy)])
}

@Sendable private func putKeyPolicy(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    let keyID = try members.required("keyId")
    try await service.putKeyPolicy(
        try members.required("policy"), of: keyID, bypassingLockoutCheck: try members.flag("bypassLockoutCheck"),
        as: caller)
    return .object(["keyId": .string(keyID)])
}

// MARK: - The whole

@Sendable private func status(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    let status = try service.status(as: caller)
    var counts = status.requestCounts
    let keyID = try members.optional("keyId")
    if let keyID { counts = try service.requestCounts(of: keyID) }
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

@Sendable private func replaceRootKey(
    _ service: KeyService, _ members: ControlMembers, _ caller: Caller?
) async throws(KeyServiceError) -> JSONValue {
    // Whose keys these are decides nothing about the keyring: that is the application's own.
    guard caller == nil else {
        throw KeyServiceError(.accessDenied, "Only the application itself replaces the root key of its keyring.")
    }
    let path = try members.optional("rootKeyFile")
    do throws(KeyBackendError) {
        if let path {
            try await service.replaceRootKey(.file(FilePath(path)))
        } else {
            try await service.replaceRootKey(.recorded)
        }
    } catch {
        throw KeyServiceError(error)
    }
    return .object(["rootKey": .string("file")])
}
