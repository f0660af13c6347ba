internal import StrongroomKeys

/// New material for keys.
extension KeyService {
    /// Days between automatic rotations where nothing else is said.
    public static var rotationPeriodDaysDefault: Int { RotationSchedule.periodDaysDefault }

    /// Gives a key new material, which seals from now on. The old materials are kept and open what they sealed. To a
    /// key with imported material it is given beforehand, by an import of new material.
    ///
    /// - Throws: ``KeyServiceError/Code/limitExceeded`` for the twenty-sixth time;
    ///   ``KeyServiceError/Code/invalidState`` where imported material does not wait for it.
    public func rotateKey(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.rotateKey, requester)
        return try await change(call) { [self] (registry, sealer) throws(KeyServiceError) in
            var key = try authorized(keyID, call, registry)
            guard key.rotationOnDemandCount < KeyLimits.rotationsOnDemandPerKeyMax else {
                throw KeyServiceError(
                    .limitExceeded,
                    "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
                        + "performed for this key: \(registry.owner.arn(key.id)). Make another key, and move the alias "
                        + "to it.")
            }
            if key.origin == .service {
                key.materials.append(try newMaterial(for: key.id, sealer, because: .rotationOnDemand))
            } else {
                // It may have expired though that could not be written down.
                let now = host.wallMilliseconds()
                guard let pending = key.pending, (pending.expiresMilliseconds ?? .max) > now else {
                    throw KeyServiceError(
                        .invalidState,
                        "No available key material pending rotation for the key: \(registry.owner.arn(key.id)); import "
                            + "new material first.")
                }
                key.rotateToPending(at: now)
            }
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
    }

    /// Has a key get new material by itself, again and again; the first time one period from now on. While the key is
    /// disabled it waits, and what is due then happens once it is enabled.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - periodDays: 90 to 2560.
    ///   - requester: on whose behalf.
    public func enableKeyRotation(
        _ keyID: String, periodDays: Int = KeyService.rotationPeriodDaysDefault, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyRotationStatus {
        let call = KeyCall(.enableKeyRotation, requester).asks("rotationPeriodInDays", String(periodDays))
        let schedule = try await checked(call) { () throws(KeyServiceError) in
            try RotationSchedule(periodDays: periodDays, from: host.wallMilliseconds())
        }
        return try await setRotation(
            schedule, of: keyID, call,
            conditions: ["kms:RotationPeriodInDays": [String(periodDays)]])
    }

    /// Has a key keep its material until it is rotated on demand.
    public func disableKeyRotation(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyRotationStatus {
        try await setRotation(nil, of: keyID, KeyCall(.disableKeyRotation, requester))
    }

    /// Whether and when a key gets new material by itself.
    public func keyRotationStatus(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyRotationStatus {
        let call = KeyCall(.getKeyRotationStatus, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(keyID, "A rotation", call, keyring.registry)
            // Taken back, the deletion leaves it as it was (KMS Developer Guide, "Rotating KMS keys").
            let isLeaving = [.pendingDeletion, .pendingReplicaDeletion].contains(key.state)
            return KeyRotationStatus(arn: keyring.registry.owner.arn(key.id), isLeaving ? nil : key.rotation)
        }
    }

    /// A page of a key's materials, the oldest first; of imported ones also those that are not there at present.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways.
    ///   - selection: which materials; by default all, where KMS lists rotations only.
    ///   - limit: how many at most, 1 to 1000.
    ///   - marker: the last page's ``KeyPage/nextMarker``.
    ///   - requester: on whose behalf.
    public func listRotations(
        _ keyID: String, including selection: KeyRotation.Selection = .allKeyMaterial,
        limit: Int = KeyService.pageSizeDefault, marker: String? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyPage<KeyRotation> {
        let call = KeyCall(.listRotations, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let all = KeyRotation.all(of: try authorized(keyID, call, keyring.registry))
            let listed = all.filter { selection == .allKeyMaterial || $0.rotatedMilliseconds != nil }
            var first = 0
            if let marker {
                guard let index = listed.firstIndex(where: { $0.materialID == marker }) else {
                    throw Self.invalidMarker(marker)
                }
                first = index
            }
            let (materials, next) = try Self.page(of: listed[first...], limit)
            return KeyPage(items: Array(materials), nextMarker: next?.materialID)
        }
    }

    private func setRotation(
        _ schedule: RotationSchedule?, of keyID: String, _ call: KeyCall, conditions: [String: [String]] = [:]
    ) async throws(KeyServiceError) -> KeyRotationStatus {
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorizedWithoutAlias(keyID, "A rotation", call, registry, conditions: conditions)
            key.rotation = schedule
            registry.update(key)
            return KeyRotationStatus(arn: registry.owner.arn(key.id), schedule)
        }
    }
}
