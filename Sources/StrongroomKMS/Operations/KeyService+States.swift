package import StrongroomKeys

/// Whether a key may be used, and for how long it is there.
extension KeyService {
    /// Days for which a key that is to be destroyed waits where nothing else is said.
    public static let deletionWindowDaysDefault = 30

    /// Has a key work again, at once; nothing happens where it is enabled.
    public func enableKey(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await changeKey(keyID, KeyCall(.enableKey, requester)) { $0.state = .enabled }
    }

    /// Has a key refuse to seal and open, from now on; nothing happens where it is disabled.
    public func disableKey(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await changeKey(keyID, KeyCall(.disableKey, requester)) { $0.state = .disabled }
    }

    /// Sets the day on which a key is destroyed, with all of its materials, names and grants. Until then it neither
    /// seals nor opens, and can be had back by ``cancelKeyDeletion(_:as:)``; what it has sealed is lost afterwards.
    ///
    /// A multi-Region primary waits for its replicas to be destroyed before: only then its waiting period begins.
    ///
    /// Refused with ``KeyServiceError/Code/keyInUse`` while an object of a store of this process depends on the key
    /// that object lock keeps in compliance mode. Where there is no store to ask it is allowed: it can be taken back.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN. The service's own key is refused.
    ///   - pendingWindowDays: how long it waits, 7 to 30 days.
    ///   - requester: on whose behalf.
    public func scheduleKeyDeletion(
        _ keyID: String, pendingWindowDays: Int = KeyService.deletionWindowDaysDefault,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await schedulingKeyDeletion(keyID, pendingWindowDays: pendingWindowDays, as: requester).key
    }

    /// The same, with what the stores of this process say will be lost.
    package func schedulingKeyDeletion(
        _ keyID: String, pendingWindowDays: Int, as requester: KeyRequester
    ) async throws(KeyServiceError) -> (key: KeyMetadata, dependencies: KeyDependencies) {
        let call = KeyCall(.scheduleKeyDeletion, requester).asks("pendingWindowInDays", String(pendingWindowDays))
        try await checked(call) { () throws(KeyServiceError) in
            guard KeyLimits.deletionWindowDays.contains(pendingWindowDays) else {
                throw KeyServiceError.outOfRange(
                    "pendingWindowInDays", pendingWindowDays, KeyLimits.deletionWindowDays)
            }
        }
        let conditions = ["kms:ScheduleKeyDeletionPendingWindowInDays": [String(pendingWindowDays)]]
        let dependencies = try await uses(
            of: keyID, "The deletion of a key", before: call, conditions
        ) { (key, owner) throws(KeyServiceError) in
            guard key.manager == .customer else {
                throw KeyServiceError(
                    .accessDenied,
                    "The key \(owner.arn(key.id)) is the service's own, which is not deleted: objects that name no key "
                        + "need it.")
            }
        }
        let key = try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try stillAuthorized(keyID, "The deletion of a key", call, registry, conditions)
            key.scheduleDeletion(afterDays: pendingWindowDays, from: host.wallMilliseconds())
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
        return (key, dependencies)
    }

    /// Takes the deletion of a key back. It is disabled then (or waits for material, if its own is gone): enable it to
    /// use it.
    public func cancelKeyDeletion(
        _ keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.cancelKeyDeletion, requester)
        return try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorizedWithoutAlias(keyID, "The deletion of a key", call, registry)
            // It is only not written down yet that it is gone.
            guard (key.deletionMilliseconds ?? .max) > host.wallMilliseconds() else {
                throw KeyReference.notFound(registry.owner.arn(key.id))
            }
            key.cancelDeletion()
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
    }
}
