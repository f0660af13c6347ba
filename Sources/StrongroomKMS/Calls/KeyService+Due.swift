internal import StrongroomKeyring
internal import StrongroomKeys
internal import Synchronization

/// What happens because time has passed: keys are destroyed and rotated, imported material expires. It happens before
/// the first call that comes later, so that no call ever sees a key beyond its day.
extension KeyService {
    static let dayMilliseconds: Int64 = 86_400_000

    /// What seals and opens once all that is due has happened, and related keys agree as far as they can.
    func settled(for call: KeyCall? = nil) async throws(KeyServiceError) -> ServiceKeyring {
        let keyring = try await settledByTime()
        guard call?.isInTurn != true, related.isWanted(at: host.bootNanoseconds()) else { return keyring }
        await synchronize()
        return try await settledByTime()
    }

    private func settledByTime() async throws(KeyServiceError) -> ServiceKeyring {
        let now = host.wallMilliseconds()
        let keyring = try current()
        guard keyring.dueMilliseconds <= now else { return keyring }
        await due.attempt(at: host.bootNanoseconds()) { [self] in await settle(at: now) }
        let after = try current()
        guard after.dueMilliseconds <= now else { return after }
        // It could not be written down. Rotations wait; what is to be destroyed is not used meanwhile.
        return after.settled(at: now, postponing: due.postponed)
    }

    private func settle(at now: Int64) async -> DueWork.Outcome {
        guard let registry = try? current().registry else { return DueWork.Outcome(isDone: true, postponed: [:]) }
        let postponed = await postponed(of: registry, at: now)
        let noted = Mutex<[ServiceEvent]>([])
        do throws(KeyServiceError) {
            try await changeRegistry(tellsRelated: true) { [self] (registry, sealer) throws(KeyServiceError) in
                let events = try happen(at: now, postponed, &registry, sealer)
                noted.withLock { $0 = events }
                for event in events { try trail.recordBlocking(event) }
            }
        } catch {
            await undo(noted.withLock { $0 }, error)
            return DueWork.Outcome(isDone: false, postponed: postponed)
        }
        // Also what was opened before: destroyed material is in no memory either.
        cache.removeAll()
        for event in noted.withLock({ $0 }) {
            host.log(.info, "\(event.name) of \(event.keyARN ?? "the keyring"), as it was due.")
        }
        return DueWork.Outcome(isDone: true, postponed: postponed)
    }

    /// What was recorded has not happened: a second record with the same request id says so.
    private func undo(_ events: [ServiceEvent], _ failure: KeyServiceError) async {
        if (failure.underlying as? KeyBackendError)?.code == .closed { return }
        host.log(.error, "What is due for keys could not be written down, and is tried again: \(failure)")
        for event in events { try? await trail.record(event, failure: failure) }
    }

    /// The keys that are not destroyed yet though their day has come, or whose imported material is not, each with
    /// another day: an object has been locked in compliance mode meanwhile, not every store of the process can tell, or
    /// the clock has jumped to that day. Imported material, which can be imported again, goes by the clock.
    private func postponed(of registry: KeyRegistry, at now: Int64) async -> [KeyID: Int64] {
        var postponed: [KeyID: Int64] = [:]
        let sure = clock.sureMilliseconds(host)
        for key in registry.keysToDestroy(at: now) where key.losesWhatSeals(at: now) {
            let arn = registry.owner.arn(key.id)
            if let day = key.deletionMilliseconds, day <= now, day > sure {
                postponed[key.id] = Self.day(after: now)
                host.log(
                    .warning,
                    "The key \(arn) is not destroyed yet: its day has come by a clock that went forward by more than the "
                        + "machine has run. Set the clock, or open the service anew where the clock is right.")
                continue
            }
            let found = await dependencies(of: key)
            guard found.lockedCount > 0 || (found.storeCount > 0 && !found.isKnown) else { continue }
            postponed[key.id] = Self.day(after: max(found.lockedUntilMilliseconds ?? now, now))
            let why = found.unknown ?? "\(found.lockedCount) objects are locked in compliance mode."
            host.log(.warning, "The key \(arn) is not destroyed yet: \(why)")
        }
        return postponed
    }

    private static func day(after milliseconds: Int64) -> Int64 {
        let (day, isOverflown) = milliseconds.addingReportingOverflow(dayMilliseconds)
        return isOverflown ? .max : day
    }

    private func happen(
        at now: Int64, _ postponed: [KeyID: Int64], _ registry: inout KeyRegistry, _ sealer: MaterialSealer
    ) throws(KeyServiceError) -> [ServiceEvent] {
        // Never what has come due since the stores were asked.
        let destroyed = registry.keysToDestroy(at: now).filter { postponed[$0.id] == nil }
        var events = destroyed.map { key in
            trail.event(
                (key.deletionMilliseconds ?? .max) <= now ? "DeleteKey" : "DeleteExpiredKeyMaterial",
                of: registry.owner.arn(key.id))
        }
        _ = registry.settle(at: now, postponing: postponed)
        for var key in registry.dueRotations(at: now) {
            key.materials.append(try newMaterial(for: key.id, sealer, because: .automaticRotation))
            key.rotation = key.rotation?.rotated(at: now)
            registry.update(key)
            events.append(trail.event("RotateKey", of: registry.owner.arn(key.id)))
        }
        return events
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
