#if RemoteKMS
internal import StrongroomKeys

/// Administration, as far as the service has it: the operations are those of a key service of our own where both have
/// them, and everything else is refused by its name.
///
/// | operation | members (`?`: may be missing) | answer |
/// |---|---|---|
/// | `create-key` | `description`?, `policy`?, `bypassLockoutCheck`? | the key |
/// | `describe-key`, `enable-key`, `disable-key`, `rotate-key` | `keyId` | the key |
/// | `list-keys` | `limit`?, `marker`? | `keys`, of each `keyId` and `id`; `nextMarker` |
/// | `list-rotations` | `keyId`, `limit`?, `marker`? | `rotations`, `nextMarker` |
/// | `create-alias`, `update-alias` | `aliasName`, `targetKeyId` | both |
/// | `delete-alias` | `aliasName` | `aliasName` |
/// | `list-aliases` | `keyId`?, `limit`?, `marker`? | `aliases`, `nextMarker` |
/// | `get-key-policy` | `keyId` | `keyId`, `policy` |
/// | `put-key-policy` | `keyId`, `policy`, `bypassLockoutCheck`? | `keyId` |
/// | `status` | | what the backend was opened with, and whether the service answers |
///
/// Who asks is, for the service, whoever the credentials belong to.
extension RemoteBackend {
    typealias Operation =
        @Sendable (RemoteBackend, ControlMembers, KeyRequestContext) async throws(KeyBackendError) -> JSONValue

    private static let operations: [String: (members: [String], run: Operation)] = [
        "create-key": (["description", "policy", "bypassLockoutCheck"], createKey),
        "describe-key": (["keyId"], describeKey), "enable-key": (["keyId"], enableKey),
        "disable-key": (["keyId"], disableKey), "rotate-key": (["keyId"], rotateKey),
        "list-keys": (["limit", "marker"], listKeys), "list-rotations": (["keyId", "limit", "marker"], listRotations),
        "create-alias": (["aliasName", "targetKeyId"], createAlias),
        "update-alias": (["aliasName", "targetKeyId"], updateAlias), "delete-alias": (["aliasName"], deleteAlias),
        "list-aliases": (["keyId", "limit", "marker"], listAliases), "get-key-policy": (["keyId"], getKeyPolicy),
        "put-key-policy": (["keyId", "policy", "bypassLockoutCheck"], putKeyPolicy), "status": ([], status),
    ]

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        guard let operation = Self.operations[members.operation] else {
            throw KeyBackendError(
                .unsupported,
                "The remote key service has no operation '\(members.operation)' here; there are "
                    + "\(Self.operations.keys.sorted().joined(separator: ", ")). Do others at the service itself.")
        }
        try members.allow(only: operation.members)
        return try await operation.run(self, members, request.context).encoded()
    }

    /// Asks for what has no answer but that it was done.
    fileprivate func perform(
        _ operation: ServiceOperation, _ members: [String: JSONValue], _ context: KeyRequestContext
    ) async throws(KeyBackendError) {
        _ = try await client.call(operation, members, context)
    }

    fileprivate func list(
        _ operation: ServiceOperation, _ members: [String: JSONValue], _ context: KeyRequestContext, from items: String,
        as name: String, _ item: ([String: JSONValue]) throws(KeyBackendError) -> JSONValue
    ) async throws(KeyBackendError) -> JSONValue {
        let answer = try ListAnswer(try await client.call(operation, members, context))
        var page = [name: JSONValue.array(try answer.objects(items).map(item))]
        if let marker = answer.nextMarker { page["nextMarker"] = .string(marker) }
        return .object(page)
    }
}

extension ControlMembers {
    /// The members that a page is asked for with.
    fileprivate func page(limitMax: UInt32) throws(KeyBackendError) -> [String: JSONValue] {
        let limit = try number("limit", absent: 100)
        guard (1...limitMax).contains(limit) else {
            throw KeyBackendError(.invalidRequest, "The limit is \(limit); it may be 1 to \(limitMax).")
        }
        var members: [String: JSONValue] = ["Limit": .number(String(limit))]
        if let marker = try string("marker") { members["Marker"] = .string(marker) }
        return members
    }

    fileprivate func key(_ name: String = "keyId") throws(KeyBackendError) -> String {
        let keyID = try requiredString(name)
        try KeyReference.check(keyID)
        return keyID
    }

    /// Nil where there is no such member.
    fileprivate func bypass() throws(KeyBackendError) -> JSONValue? {
        switch try string("bypassLockoutCheck") {
        case nil, "false": return nil
        case "true": return .boolean(true)
        default:
            throw KeyBackendError(.invalidRequest, "'bypassLockoutCheck' may be true or false, as a text.")
        }
    }
}

// MARK: - Keys

@Sendable private func createKey(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    var request: [String: JSONValue] = [:]
    if let text = try members.string("description") { request["Description"] = .string(text) }
    if let policy = try members.string("policy") { request["Policy"] = .string(policy) }
    request["BypassPolicyLockoutSafetyCheck"] = try members.bypass()
    let answer = try ListAnswer(try await backend.client.call(.createKey, request, context))
    return try RemoteKey(try answer.object("KeyMetadata")).json
}

@Sendable private func describeKey(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await backend.remoteKey(try members.key(), context).json
}

@Sendable private func enableKey(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await change(.enableKey, backend, members, context)
}

@Sendable private func disableKey(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await change(.disableKey, backend, members, context)
}

@Sendable private func rotateKey(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await change(.rotateKeyOnDemand, backend, members, context)
}

/// A change of one key, which is told as it is afterwards.
private func change(
    _ operation: ServiceOperation, _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let keyID = try members.key()
    try await backend.perform(operation, ["KeyId": .string(keyID)], context)
    do throws(KeyBackendError) {
        return try await backend.remoteKey(keyID, context).json
    } catch {
        // Whoever took this for a failure of the change would do it a second time.
        throw KeyBackendError(
            error.code,
            "The key service has done what was asked (\(operation.name) of '\(keyID)'), but the key could not be read "
                + "back. Do not ask for it again; describe the key later.", underlying: error)
    }
}

@Sendable private func listKeys(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await backend.list(.listKeys, try members.page(limitMax: 1000), context, from: "Keys", as: "keys") {
        (item) throws(KeyBackendError) in
        .object([
            "keyId": .string(try item.requiredText("KeyArn")), "id": .string(try item.requiredText("KeyId")),
        ])
    }
}

@Sendable private func listRotations(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    var request = try members.page(limitMax: 1000)
    request["KeyId"] = .string(try members.key())
    return try await backend.list(.listKeyRotations, request, context, from: "Rotations", as: "rotations") { item in
        var rotation: [String: JSONValue] = [:]
        rotation["createdMilliseconds"] = item.milliseconds("RotationDate")
        if let id = item.text("KeyMaterialId") { rotation["version"] = .string(id) }
        if let state = item.text("KeyMaterialState") { rotation["isCurrent"] = .boolean(state == "CURRENT") }
        return .object(rotation)
    }
}

// MARK: - Aliases

@Sendable private func createAlias(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await setAlias(.createAlias, backend, members, context)
}

@Sendable private func updateAlias(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    try await setAlias(.updateAlias, backend, members, context)
}

private func setAlias(
    _ operation: ServiceOperation, _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let name = JSONValue.string(try members.requiredString("aliasName"))
    let target = JSONValue.string(try members.key("targetKeyId"))
    try await backend.perform(operation, ["AliasName": name, "TargetKeyId": target], context)
    return .object(["aliasName": name, "targetKeyId": target])
}

@Sendable private func deleteAlias(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let name = JSONValue.string(try members.requiredString("aliasName"))
    try await backend.perform(.deleteAlias, ["AliasName": name], context)
    return .object(["aliasName": name])
}

@Sendable private func listAliases(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    var request = try members.page(limitMax: 100)
    if try members.string("keyId") != nil { request["KeyId"] = .string(try members.key()) }
    return try await backend.list(.listAliases, request, context, from: "Aliases", as: "aliases") {
        (item) throws(KeyBackendError) in
        var alias: [String: JSONValue] = [
            "aliasName": .string(try item.requiredText("AliasName")),
            "aliasArn": .string(try item.requiredText("AliasArn")),
        ]
        // An alias that a service keeps for a key of its own may have none yet.
        if let target = item.text("TargetKeyId") { alias["targetKeyId"] = .string(target) }
        alias["createdMilliseconds"] = item.milliseconds("CreationDate")
        alias["updatedMilliseconds"] = item.milliseconds("LastUpdatedDate")
        return .object(alias)
    }
}

// MARK: - Policies

@Sendable private func getKeyPolicy(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let keyID = try members.key()
    let request: [String: JSONValue] = ["KeyId": .string(keyID), "PolicyName": .string("default")]
    let answer = try ListAnswer(try await backend.client.call(.getKeyPolicy, request, context))
    return .object(["keyId": .string(keyID), "policy": .string(try answer.members.requiredText("Policy"))])
}

@Sendable private func putKeyPolicy(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let keyID = try members.key()
    var request: [String: JSONValue] = [
        "KeyId": .string(keyID), "PolicyName": .string("default"),
        "Policy": .string(try members.requiredString("policy")),
    ]
    request["BypassPolicyLockoutSafetyCheck"] = try members.bypass()
    try await backend.perform(.putKeyPolicy, request, context)
    return .object(["keyId": .string(keyID)])
}

// MARK: - The whole

/// Answers when the service does not: that is what it is asked for.
@Sendable private func status(
    _ backend: RemoteBackend, _ members: ControlMembers, _ context: KeyRequestContext
) async throws(KeyBackendError) -> JSONValue {
    let settings = backend.client.settings
    var answer: [String: JSONValue] = [
        "backend": .string(RemoteKMSKeys.name), "version": .string(RemoteKMSKeys.version),
        "endpoint": .string(settings.endpoint.url), "region": .string(settings.region),
        "accessKeyId": .string(backend.client.signer.credentials.accessKeyID),
    ]
    do throws(KeyBackendError) {
        if let keyID = settings.defaultKeyID {
            answer["defaultKeyId"] = .string(keyID)
            answer["defaultKey"] = try await backend.remoteKey(keyID, context).json
        } else {
            _ = try ListAnswer(try await backend.client.call(.listKeys, ["Limit": .number("1")], context))
        }
        answer["isReachable"] = .boolean(true)
    } catch  where error.code == .cancelled {
        throw error
    } catch {
        answer["isReachable"] = .boolean(false)
        answer["problem"] = .string(error.description)
    }
    return .object(answer)
}
#endif
