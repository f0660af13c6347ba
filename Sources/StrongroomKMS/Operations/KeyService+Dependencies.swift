internal import StrongroomKeys

/// What would be lost with a key, asked before it goes.
extension KeyService {
    /// Asks the stores of the process what is under a key, on behalf of a call that lets the key go. Only where the
    /// call is allowed: what is found names stores and buckets.
    ///
    /// - Parameters:
    ///   - what: as for `authorizedWithoutAlias`.
    ///   - check: what else has to be so.
    /// - Throws: `keyInUse` where something of it is locked in compliance mode.
    func uses(
        of keyID: String, _ what: String, before call: KeyCall, _ conditions: [String: [String]] = [:],
        check: (KeyRecord, KeyOwner) throws(KeyServiceError) -> Void = { (_, _) throws(KeyServiceError) in }
    ) async throws(KeyServiceError) -> KeyDependencies {
        let key = try await look(before: call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            let key = try authorizedWithoutAlias(keyID, what, call, registry, conditions: conditions)
            try check(key, registry.owner)
            return key
        }
        let arn = owner.arn(key.id)
        let found = await dependencies(of: key)
        try await checked(call) { () throws(KeyServiceError) in
            do throws(KeyBackendError) {
                try found.checkNothingLocked(under: "the key \(arn)")
            } catch {
                throw KeyServiceError(.keyInUse, error.message)
            }
        }
        if let unknown = found.unknown {
            host.log(.warning, "What is under the key \(arn), which is to go, is not known: \(unknown)")
        }
        return found
    }

    /// What the stores of the process have under a key, and under its related ones, whose objects it opens as well: in
    /// a store that was copied from another region they name that one's key. Of a replica only what is under itself
    /// where its primary is open in the process, which opens the rest.
    func dependencies(of key: KeyRecord) async -> KeyDependencies {
        var found = await host.dependencies(on: owner.arn(key.id), version: nil)
        guard let multiRegion = key.multiRegion else { return found }
        if multiRegion.role == .replica && OpenKeyServices.shared.hasPrimary(key.id, multiRegion.primary) {
            return found
        }
        for region in multiRegion.regions.sorted() where region != owner.region {
            found.add(await host.dependencies(on: owner.arn(key.id, in: region), version: nil))
        }
        return found
    }

    /// The key once more, when it is its turn to be changed: meanwhile policy and state may have become others.
    func stillAuthorized(
        _ keyID: String, _ what: String, _ call: KeyCall, _ registry: KeyRegistry,
        _ conditions: [String: [String]] = [:]
    ) throws(KeyServiceError) -> KeyRecord {
        let key = try registry.resolveWithoutAlias(keyID, what)
        try authorize(key, call, registry, conditions: conditions)
        try registry.check(call.operation, of: key)
        return key
    }
}
