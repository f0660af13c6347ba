internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func createKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let members = call.members
    return try await call.service.createKey(
        description: try members.optional("description") ?? "", policy: try members.optional("policy"),
        bypassingLockoutCheck: try members.flag("bypassLockoutCheck"), tags: try members.tags() ?? [],
        origin: try members.choice("origin") ?? .service, multiRegion: try members.flag("multiRegion"),
        as: call.requester
    ).json
}

@Sendable func describeKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.describeKey(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func enableKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.enableKey(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func disableKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.disableKey(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func scheduleKeyDeletion(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let (key, dependencies) = try await call.service.schedulingKeyDeletion(
        try call.members.required("keyId"),
        pendingWindowDays: try call.members.count(
            "pendingWindowInDays", absent: KeyService.deletionWindowDaysDefault),
        as: call.requester)
    return key.json(with: dependencies)
}

@Sendable func cancelKeyDeletion(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.cancelKeyDeletion(try call.members.required("keyId"), as: call.requester).json
}

@Sendable func getKeyLastUsage(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.keyLastUsage(of: try call.members.required("keyId"), as: call.requester).json
}

@Sendable func updateKeyDescription(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.updateKeyDescription(
        try call.members.required("keyId"), to: try call.members.required("description"), as: call.requester
    ).json
}

@Sendable func listKeys(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.listKeys(
        limit: try call.members.limit(), marker: try call.members.optional("marker"), as: call.requester
    ).json("keys", marker: \.keyID, \.json)
}

// MARK: - Tags

@Sendable func tagKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    guard let tags = try call.members.tags() else {
        throw KeyServiceError(
            .validation, "The operation 'tag-key' needs a member 'tags' that is an object of strings.")
    }
    try await call.service.tagKey(keyID, with: tags, as: call.requester)
    return .object(["keyId": .string(keyID)])
}

@Sendable func untagKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    try await call.service.untagKey(keyID, names: try call.members.list("tagKeys"), as: call.requester)
    return .object(["keyId": .string(keyID)])
}

@Sendable func listTags(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let keyID = try call.members.required("keyId")
    let tags = try await call.service.tags(of: keyID, as: call.requester)
    let pairs = Dictionary(uniqueKeysWithValues: tags.map { ($0.name, JSONValue.string($0.value)) })
    return .object(["keyId": .string(keyID), "tags": .object(pairs)])
}
