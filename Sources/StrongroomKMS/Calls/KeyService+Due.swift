internal import StrongroomKeyring
internal import StrongroomKeys

/// What happens because time has passed: keys are destroyed and rotated, imported material expires. It happens before
/// the first call that comes later, so that no call ever sees a key beyond its day.
extension KeyService {
    static let dayMilliseconds: Int64 = 86_400_000

    /// What seals and opens once all that is due has happened.
    func settled() async throws(KeyServiceError) -> ServiceKeyring {
        let keyring = try current()
        let now = host.wallMilliseconds()
        guard keyring.dueMilliseconds <= now else { return keyring }
        let postponed = await postponed(of: keyring.registry, at: now)
        do throws(KeyServiceError) {
            try await changeRegistry { [self] (registry, sealer) throws(KeyServiceError) in
                try happen(at: now, postponed, &registry, sealer)
            }
        } catch {
            if (error.underlying as? KeyBackendError)?.code == .closed { throw error }
            // Rotations wait for a keyring that can be written; what is destroyed is not used meanwhile.
            host.log(.error, "What is due for keys could not be written down, and is tried again: \(error)")
        }
        // Also what was opened before: destroyed material is in no memory either.
        cache.removeAll()
        return try current().settled(at: now, postponing: postponed)
    }

    /// The keys whose day has come but that are not destroyed yet, each with another day: an object has been locked in
    /// compliance mode since the deletion was scheduled, or not every store of the process can tell.
    private func postponed(of registry: KeyRegistry, at now: Int64) async -> [KeyID: Int64] {
        var postponed: [KeyID: Int64] = [:]
        for key in registry.keys where (key.deletionMilliseconds ?? .max) <= now {
            let arn = registry.owner.arn(key.id)
            let found = await host.dependencies(on: arn, version: nil)
            guard found.lockedCount > 0 || (found.storeCount > 0 && !found.isKnown) else { continue }
            postponed[key.id] = max(found.lockedUntilMilliseconds ?? now, now) + Self.dayMilliseconds
            let why = found.unknown ?? "\(found.lockedCount) objects are locked in compliance mode."
            host.log(.warning, "The key \(arn) is not destroyed yet: \(why)")
        }
        return postponed
    }

    private func happen(
        at now: Int64, _ postponed: [KeyID: Int64], _ registry: inout KeyRegistry, _ sealer: MaterialSealer
    ) throws(KeyServiceError) {
        for key in registry.keys where (key.deletionMilliseconds ?? .max) <= now && postponed[key.id] == nil {
            try trail.recordBlocking(event: "DeleteKey", of: registry.owner.arn(key.id))
            host.log(.info, "The key \(registry.owner.arn(key.id)) is destroyed, as it was scheduled.")
        }
        for key in registry.keysToExpire(at: now) {
            try trail.recordBlocking(event: "DeleteExpiredKeyMaterial", of: registry.owner.arn(key.id))
        }
        _ = registry.settle(at: now, postponing: postponed)
        for var key in registry.dueRotations(at: now) {
            key.materials.append(try newMaterial(for: key.id, sealer, because: .automaticRotation))
            key.rotation = key.rotation?.rotated(at: now)
            try trail.recordBlocking(event: "RotateKey", of: registry.owner.arn(key.id))
            registry.update(key)
            host.log(.info, "The key \(registry.owner.arn(key.id)) has been rotated, as it was scheduled.")
        }
    }

    func newMaterial(
        for id: KeyID, _ sealer: MaterialSealer, because cause: MaterialCause
    ) throws(KeyServiceError) -> KeyMaterial {
        do throws(KeyBackendError) {
            return try sealer.make(for: id, host, because: cause)
        } catch {
            throw KeyServiceError(error)
        }
    }
}
