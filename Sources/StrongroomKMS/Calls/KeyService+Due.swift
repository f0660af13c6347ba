internal import StrongroomKeyring
internal import StrongroomKeys

/// What happens because time has passed: keys are destroyed and rotated, imported material expires. It happens before
/// the first call that comes later, so that no call ever sees a key beyond its day.
extension KeyService {
    /// What seals and opens once all that is due has happened.
    func settled() async throws(KeyServiceError) -> ServiceKeyring {
        let keyring = try current()
        let now = host.wallMilliseconds()
        guard keyring.dueMilliseconds <= now else { return keyring }
        do throws(KeyServiceError) {
            try await changeRegistry { [self] (registry, sealer) throws(KeyServiceError) in
                try happen(at: now, &registry, sealer)
            }
        } catch {
            if (error.underlying as? KeyBackendError)?.code == .closed { throw error }
            // Rotations wait for a keyring that can be written; what is destroyed is not used meanwhile.
            host.log(.error, "What is due for keys could not be written down, and is tried again: \(error)")
        }
        // Also what was opened before: destroyed material is in no memory either.
        cache.removeAll()
        return try current().settled(at: now)
    }

    private func happen(
        at now: Int64, _ registry: inout KeyRegistry, _ sealer: MaterialSealer
    ) throws(KeyServiceError) {
        for key in registry.keys where (key.deletionMilliseconds ?? .max) <= now {
            try trail.recordBlocking(event: "DeleteKey", of: registry.owner.arn(key.id))
            host.log(.info, "The key \(registry.owner.arn(key.id)) is destroyed, as it was scheduled.")
        }
        for key in registry.keysToExpire(at: now) {
            try trail.recordBlocking(event: "DeleteExpiredKeyMaterial", of: registry.owner.arn(key.id))
        }
        _ = registry.settle(at: now)
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
