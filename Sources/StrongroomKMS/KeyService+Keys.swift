internal import StrongroomKeyring
public import StrongroomKeys
internal import StrongroomSystem

/// Keys. What changes one is durable when it returns.
extension KeyService {
    /// Makes a key, enabled, with one material.
    ///
    /// - Parameters:
    ///   - description: what it is for.
    ///   - policy: who may use it, as for ``putKeyPolicy(_:of:bypassingLockoutCheck:as:)``; nil for everybody of the
    ///     account.
    ///   - bypassesLockoutCheck: whether the policy may be one that does not let the caller put another.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    public func createKey(
        description: String = "", policy: String? = nil, bypassingLockoutCheck bypassesLockoutCheck: Bool = false,
        as caller: Caller? = nil
    ) async throws(KeyServiceError) -> KeyMetadata {
        guard description.utf8.count <= KeyLimits.descriptionSizeBytesMax else {
            throw KeyServiceError(
                .validation,
                "A description of \(description.utf8.count) bytes is too long; the limit is "
                    + "\(KeyLimits.descriptionSizeBytesMax).")
        }
        let policy = try policy.map { (text) throws(KeyServiceError) in try KeyPolicy(text) }
        let id = KeyID(random: HostRandom(host: host).bytes(KeyID.sizeBytes))
        let key = try await change { [self] (registry, sealer) throws(KeyServiceError) in
            try authorizeAccount("kms:CreateKey", registry, caller)
            let key = KeyRecord(
                id: id, createdMilliseconds: host.wallMilliseconds(), manager: .customer, keyDescription: description,
                materials: [try Self.newMaterial(id, sealer, host)], policy: policy)
            try checkNoLockout(key, registry, caller, isBypassed: bypassesLockoutCheck)
            try registry.insert(key)
            return key
        }
        counters.count(.createKey, of: id)
        return metadata(of: key, try current().registry.owner)
    }

    /// What there is to know of a key; nil means ``defaultKeyID``.
    public func describeKey(
        _ keyID: String? = nil, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> KeyMetadata {
        let registry = try current().registry
        let key = try authorized(.describeKey, keyID ?? Self.defaultKeyID, registry, caller)
        return metadata(of: key, registry.owner)
    }

    /// A page of all keys, ascending by id.
    public func listKeys(
        limit: Int = KeyService.pageSizeDefault, marker: String? = nil, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> KeyPage<KeyMetadata> {
        let registry = try current().registry
        try authorizeAccount("kms:ListKeys", registry, caller)
        let first: Int
        if let marker {
            guard let id = KeyID(marker) else { throw Self.invalidMarker(marker) }
            first = registry.keys.firstIndex(notBefore: id, by: \.id)
        } else {
            first = 0
        }
        let (keys, next) = try Self.page(of: registry.keys[first...], limit)
        return KeyPage(items: keys.map { metadata(of: $0, registry.owner) }, nextMarker: next?.id.description)
    }

    /// Has a key work again, at once; nothing happens where it is enabled.
    public func enableKey(_ keyID: String, as caller: Caller? = nil) async throws(KeyServiceError) -> KeyMetadata {
        try await set(.enabled, of: keyID, .enableKey, caller)
    }

    /// Has a key refuse to seal and open, from now on; nothing happens where it is disabled.
    public func disableKey(_ keyID: String, as caller: Caller? = nil) async throws(KeyServiceError) -> KeyMetadata {
        try await set(.disabled, of: keyID, .disableKey, caller)
    }

    private func set(
        _ state: KeyState, of keyID: String, _ operation: KeyOperation, _ caller: Caller?
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await change { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorized(operation, keyID, registry, caller)
            registry.setState(state, of: key.id)
            key.state = state
            return metadata(of: key, registry.owner)
        }
    }

    // MARK: - Rotation

    /// Gives a key new material, which seals from now on. The old materials are kept and open what they sealed.
    public func rotateKey(_ keyID: String, as caller: Caller? = nil) async throws(KeyServiceError) -> KeyMetadata {
        try await change { [self] (registry, sealer) throws(KeyServiceError) in
            var key = try authorized(.rotateKey, keyID, registry, caller)
            let material = try Self.newMaterial(key.id, sealer, host)
            try registry.rotate(key.id, to: material)
            key.materials.append(material)
            return metadata(of: key, registry.owner)
        }
    }

    /// A page of a key's materials, the oldest first.
    public func listRotations(
        _ keyID: String, limit: Int = KeyService.pageSizeDefault, marker: String? = nil, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> KeyPage<KeyRotation> {
        let registry = try current().registry
        let key = try authorized(.listRotations, keyID, registry, caller)
        var first = 0
        if let marker {
            guard let id = KeyMaterialID(marker), let index = key.materials.firstIndex(where: { $0.id == id }) else {
                throw Self.invalidMarker(marker)
            }
            first = index
        }
        let (materials, next) = try Self.page(of: key.materials[first...], limit)
        let rotations = materials.map {
            KeyRotation(
                materialID: $0.id.description, createdMilliseconds: $0.createdMilliseconds,
                isCurrent: $0.id == key.current.id)
        }
        return KeyPage(items: rotations, nextMarker: next?.id.description)
    }

    // MARK: - Shared

    /// Items that a list answers where no limit is given; at most 1000 may be asked for.
    public static var pageSizeDefault: Int { 100 }

    /// The first items of a list, and the one that the next page starts with.
    static func page<Item>(
        of rest: ArraySlice<Item>, _ limit: Int
    ) throws(KeyServiceError) -> (items: ArraySlice<Item>, next: Item?) {
        guard (1...KeyLimits.pageSizeMax).contains(limit) else {
            throw KeyServiceError(
                .validation, "A limit of \(limit) is out of range; ask for 1 to \(KeyLimits.pageSizeMax) items.")
        }
        return (rest.prefix(limit), rest.dropFirst(limit).first)
    }

    static func invalidMarker(_ marker: String) -> KeyServiceError {
        KeyServiceError(
            .invalidMarker, "'\(marker.prefix(128))' is no marker of this list; start again without one.")
    }

    func metadata(of key: KeyRecord, _ owner: KeyOwner) -> KeyMetadata {
        KeyMetadata(
            keyID: key.id.description, arn: owner.arn(key.id), state: key.state, manager: key.manager,
            keyDescription: key.keyDescription, createdMilliseconds: key.createdMilliseconds,
            currentMaterialID: key.current.id.description, materialCount: key.materials.count)
    }

    private static func newMaterial(
        _ id: KeyID, _ sealer: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyServiceError) -> KeyMaterial {
        do throws(KeyBackendError) {
            return try sealer.make(for: id, host)
        } catch {
            throw KeyServiceError(error)
        }
    }
}
