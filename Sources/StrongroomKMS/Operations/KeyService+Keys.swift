internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// Keys. What changes one is durable when it returns.
extension KeyService {
    /// Makes a key: enabled, with one material, or waiting for material to be imported.
    ///
    /// - Parameters:
    ///   - description: what it is for; at most 8192 bytes.
    ///   - policy: who may use it, as for ``putKeyPolicy(_:of:bypassingLockoutCheck:as:)``; nil for everybody of the
    ///     account.
    ///   - bypassesLockoutCheck: whether the policy may be one that does not let the caller put another.
    ///   - tags: at most 50.
    ///   - origin: where its material comes from; ``KeyOrigin/external`` where it will be imported.
    ///   - isMultiRegion: whether it may have replicas in other regions; that is fixed. Not with imported material.
    ///   - requester: on whose behalf.
    public func createKey(
        description: String = "", policy: String? = nil, bypassingLockoutCheck bypassesLockoutCheck: Bool = false,
        tags: [KeyTag] = [], origin: KeyOrigin = .service, multiRegion isMultiRegion: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.createKey, requester).asks("description", description).asks("policy", policy)
            .asks("multiRegion", isMultiRegion ? "true" : nil).asks("origin", origin.rawValue)
            .asks("bypassPolicyLockoutSafetyCheck", bypassesLockoutCheck ? "true" : nil)
        for tag in tags { call.asks("tag:\(tag.name)", tag.value) }
        let policy = try await checked(call) { () throws(KeyServiceError) in
            try Self.check(description: description)
            if isMultiRegion && origin == .external {
                throw KeyServiceError(
                    .unsupportedOperation,
                    "A key with imported material is of one region; leave the one or the other out.")
            }
            return try policy.map { (text) throws(KeyServiceError) in try KeyPolicy(text) }
        }
        let id = KeyID(random: HostRandom(host: host).bytes(KeyID.sizeBytes), isMultiRegion: isMultiRegion)
        let conditions = ConditionFacts.ofNewKey(
            origin: origin, type: isMultiRegion ? .primary : nil, tags: tags,
            bypassingLockoutCheck: bypassesLockoutCheck)
        return try await change(call) { [self] (registry, sealer) throws(KeyServiceError) in
            try authorizeAccount(call, registry, conditions: conditions)
            try authorizeTags(tags, of: id, call, registry)
            var key = KeyRecord(
                id: id, createdMilliseconds: host.wallMilliseconds(), manager: .customer,
                state: origin == .service ? .enabled : .pendingImport, keyDescription: description,
                materials: origin == .service ? [try newMaterial(for: id, sealer, because: .creation)] : [],
                policy: policy, origin: origin)
            if isMultiRegion { key.multiRegion = MultiRegionRecord(primary: member) }
            try key.add(tags)
            try checkNoLockout(key, call, registry, isBypassed: bypassesLockoutCheck)
            try registry.insert(key)
            return metadata(of: found(key, call, registry), registry.owner)
        }
    }

    /// The same for the key that has sealed something, which may be named by the ARN of a related key.
    package func describeSealingKey(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        guard KeyReference.related(keyID, owner: owner) != nil else {
            return try await describeKey(keyID, as: requester)
        }
        let call = KeyCall(.describeKey, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            let key = found(try registry.resolveSealing(keyID, "What is asked about"), call, registry)
            try authorize(key, call, registry)
            try registry.check(.describeKey, of: key)
            return metadata(of: key, registry.owner)
        }
    }

    /// What there is to know of a key; nil means ``defaultKeyID``.
    public func describeKey(
        _ keyID: String? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.describeKey, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorized(keyID ?? Self.defaultKeyID, call, keyring.registry)
            return metadata(of: key, keyring.registry.owner)
        }
    }

    /// A page of all keys, ascending by id.
    public func listKeys(
        limit: Int = KeyService.pageSizeDefault, marker: String? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyPage<KeyMetadata> {
        let call = KeyCall(.listKeys, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            try authorizeAccount(call, registry)
            var first = 0
            if let marker {
                guard let id = KeyID(marker) else { throw Self.invalidMarker(marker) }
                first = registry.keys.firstIndex(notBefore: id, by: \.id)
            }
            let (keys, next) = try Self.page(of: registry.keys[first...], limit)
            return KeyPage(items: keys.map { metadata(of: $0, registry.owner) }, nextMarker: next?.id.description)
        }
    }

    /// Describes a key in other words.
    public func updateKeyDescription(
        _ keyID: String, to description: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.updateKeyDescription, requester).asks("description", description)
        try await checked(call) { () throws(KeyServiceError) in try Self.check(description: description) }
        return try await changeKey(keyID, call) { $0.keyDescription = description }
    }

    // MARK: - Shared

    /// Changes one key as `body` says, where the requester may.
    func changeKey(
        _ keyID: String, _ call: KeyCall, conditions: [String: [String]] = [:],
        _ body: @escaping @Sendable (inout KeyRecord) throws(KeyServiceError) -> Void
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorized(keyID, call, registry, conditions: conditions)
            try body(&key)
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
    }

    func metadata(of key: KeyRecord, _ owner: KeyOwner) -> KeyMetadata {
        KeyMetadata(
            keyID: key.id.description, arn: owner.arn(key.id), state: key.state, manager: key.manager,
            keyDescription: key.keyDescription, createdMilliseconds: key.createdMilliseconds, origin: key.origin,
            currentMaterialID: key.current?.id.description, pendingMaterialID: key.pending?.materialID.description,
            materialCount: key.materials.count { $0.id != key.pending?.materialID },
            deletionMilliseconds: key.deletionMilliseconds,
            pendingDeletionWindowDays: key.multiRegion?.deletionWindowDays,
            expiryMilliseconds: key.firstExpiryMilliseconds,
            multiRegion: key.multiRegion.map { MultiRegionConfiguration($0, key.id, owner) })
    }

    static func check(description: String) throws(KeyServiceError) {
        guard description.utf8.count <= KeyLimits.descriptionSizeBytesMax else {
            throw KeyServiceError(
                .validation,
                "A description of \(description.utf8.count) bytes is too long; the limit is "
                    + "\(KeyLimits.descriptionSizeBytesMax).")
        }
    }
}
