internal import StrongroomKeyring
internal import StrongroomKeys

/// Keys that are in several regions: the same id and the same materials, each in a keyring of its own.
extension KeyService {
    /// Makes a replica of a multi-Region primary key in another region: a key of the same id and materials, with a
    /// policy, tags, a description, aliases and grants of its own.
    ///
    /// Only once the primary has it written down is the replica used. After a crash in between it is finished, or is
    /// gone, once both services are open again.
    ///
    /// - Parameters:
    ///   - keyID: the primary, by id or ARN.
    ///   - other: the service of the same account whose region is to have the replica.
    ///   - description: what it is for; at most 8192 bytes.
    ///   - policy: who may use it; nil for everybody of the account.
    ///   - bypassesLockoutCheck: whether the policy may be one that does not let the caller put another.
    ///   - tags: at most 50.
    ///   - requester: on whose behalf; needs `kms:ReplicateKey` of the primary, and to belong to the account.
    /// - Returns: the replica.
    /// - Throws: ``KeyServiceError/Code/unsupportedOperation`` where the key is no multi-Region primary;
    ///   ``KeyServiceError/Code/alreadyExists`` where the region has a related key.
    public func replicateKey(
        _ keyID: String, to other: KeyService, description: String = "", policy: String? = nil,
        bypassingLockoutCheck bypassesLockoutCheck: Bool = false, tags: [KeyTag] = [],
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await replicateKey(
            keyID, to: OtherPlace.open(other), description: description, policy: policy,
            bypassingLockoutCheck: bypassesLockoutCheck, tags: tags, as: requester)
    }

    /// The same, where the other service may be named by its region.
    package func replicateKey(
        _ keyID: String, to place: OtherPlace, description: String = "", policy: String? = nil,
        bypassingLockoutCheck bypassesLockoutCheck: Bool = false, tags: [KeyTag] = [],
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await replicateKey(
            keyID, to: place,
            for: ReplicaRequest(
                description: description, policy: policy, bypassesLockoutCheck: bypassesLockoutCheck, tags: tags,
                requester: requester))
    }

    private func replicateKey(
        _ keyID: String, to place: OtherPlace, for request: ReplicaRequest
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = KeyCall(.replicateKey, request.requester).asks("replicaRegion", place.name)
            .asks("description", request.description).asks("policy", request.policy)
        let conditions = ["kms:ReplicaRegion": [place.name]]
        let policy = try await checked(call) { () throws(KeyServiceError) in
            try Self.check(description: request.description)
            return try request.policy.map { (text) throws(KeyServiceError) in try KeyPolicy(text) }
        }
        let other = try await find(place, for: keyID, Self.replication, call, conditions).other
        // What is due there, such as that a replica goes, is known here then. Where it fails, so does what follows.
        _ = try? await other.settled()
        let id = try await look(before: call) { (keyring) throws(KeyServiceError) in
            try replicable(keyID, other, call, keyring.registry, conditions).id
        }
        let creation = KeyCall(.createKey, request.requester).asks("description", request.description)
            .asks("policy", request.policy)
        for each in [call, creation] { each.isInTurn = true }
        let replica = try await OpenKeyServices.shared.turns(of: account).take {
            [self] () -> Result<KeyMetadata, KeyServiceError> in
            do throws(KeyServiceError) {
                try await settleRelated(id, with: other)
                let primary = try await look(before: call) { (keyring) throws(KeyServiceError) in
                    try replicable(id.description, other, call, keyring.registry, conditions)
                }
                try await make(replicaOf: primary, in: other, request, policy, creation)
                try await tellPrimary(id, of: other, call, conditions)
                try await settleRelated(id, with: other)
                let keyring = try other.current()
                return .success(
                    other.metadata(of: try keyring.registry.resolve(id.description), keyring.registry.owner))
            } catch {
                // What has been begun goes on when it can.
                related.markDue()
                return .failure(error)
            }
        }
        // Other replicas hear of it.
        related.markDue()
        await synchronize()
        return replica
    }

    private func make(
        replicaOf primary: KeyRecord, in other: KeyService, _ request: ReplicaRequest, _ policy: KeyPolicy?,
        _ creation: KeyCall
    ) async throws(KeyServiceError) {
        let materials = try openMaterials(of: primary.id)
        let conditions = ConditionFacts.ofNewKey(
            origin: primary.origin, type: .replica, tags: request.tags,
            bypassingLockoutCheck: request.bypassesLockoutCheck)
        try await other.change(creation) { (registry, sealer) throws(KeyServiceError) in
            try other.authorizeAccount(creation, registry, conditions: conditions)
            try other.authorizeTags(request.tags, of: primary.id, creation, registry)
            guard registry.key(primary.id) == nil else { throw Self.isThere(registry.owner.arn(primary.id)) }
            var key = KeyRecord(
                replicaOf: primary, keyDescription: request.description, policy: policy,
                at: other.host.wallMilliseconds())
            try key.add(request.tags)
            key.materials = try materials.sealed(for: key, registry, sealer, other.host)
            try other.checkNoLockout(key, creation, registry, isBypassed: request.bypassesLockoutCheck)
            try registry.insert(key)
            _ = other.found(key, creation, registry)
        }
    }

    /// Where the primary refuses the replica after all, because it has changed meanwhile, that goes again.
    private func tellPrimary(
        _ id: KeyID, of other: KeyService, _ call: KeyCall, _ conditions: [String: [String]]
    ) async throws(KeyServiceError) {
        do throws(KeyServiceError) {
            try await change(call) { [self] (registry, _) throws(KeyServiceError) in
                var key = try replicable(id.description, other, call, registry, conditions)
                key.adopt(other.member)
                registry.update(key)
            }
        } catch {
            // Whether it is written down where the disk failed shows later.
            if error.underlying == nil && !error.isOfAudit { await other.takeBackReplica(id) }
            throw error
        }
    }

    /// Has a replica become the primary, and this key a replica of it. Meanwhile this key does all but rotate, and is
    /// ``KeyState/updating``.
    ///
    /// At no time do both rotate. After a crash in between it is finished once both services are open again; until then
    /// the key stays as it is, and asking again goes on with it.
    ///
    /// - Parameters:
    ///   - keyID: the primary, by id or ARN.
    ///   - other: the service whose replica is to be the primary; it must be enabled.
    ///   - requester: on whose behalf; needs `kms:UpdatePrimaryRegion` of both keys.
    /// - Throws: ``KeyServiceError/Code/invalidState`` where the replica has been disabled meanwhile: then this key is
    ///   the primary as before.
    public func updatePrimaryRegion(
        _ keyID: String, to other: KeyService, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        try await updatePrimaryRegion(keyID, to: OtherPlace.open(other), as: requester)
    }

    /// The same, where the other service may be named by its region.
    package func updatePrimaryRegion(
        _ keyID: String, to place: OtherPlace, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.updatePrimaryRegion, requester).asks("primaryRegion", place.name)
        let replicaCall = KeyCall(.updatePrimaryRegion, requester).asks("primaryRegion", place.name)
        let conditions = ["kms:PrimaryRegion": [place.name]]
        let (key, other) = try await find(place, for: keyID, Self.primaryChange, call, conditions)
        let (id, isUnderWay) = (key.id, key.multiRegion?.promotion?.member == other.member)
        for each in [call, replicaCall] { each.isInTurn = true }
        try await OpenKeyServices.shared.turns(of: account).take { [self] in
            do throws(KeyServiceError) {
                try await settleRelated(id, with: other)
                try await other.answer(replicaCall) { (keyring) throws(KeyServiceError) in
                    try other.checkNextPrimary(id, replicaCall, keyring.registry, conditions)
                }
                try await change(call) { [self] (registry, _) throws(KeyServiceError) in
                    try intend(id, other.member, isUnderWay, call, &registry, conditions)
                }
                try await settleRelated(id, with: other)
                try await checked(call) { () throws(KeyServiceError) in try other.checkIsPrimary(id) }
                // Others hear of it when it is their turn.
                other.related.markDue()
                return .success(())
            } catch {
                related.markDue()
                return .failure(error)
            }
        }
        await other.synchronize()
    }

    private static let replication = "A replication"
    private static let primaryChange = "A change of the primary"

    /// - Parameter isUnderWay: whether it was when it was asked for: then it may be done by now.
    private func intend(
        _ id: KeyID, _ next: MultiRegionRecord.Member, _ isUnderWay: Bool, _ call: KeyCall,
        _ registry: inout KeyRegistry, _ conditions: [String: [String]]
    ) throws(KeyServiceError) {
        if isUnderWay, let done = registry.key(id), done.multiRegion?.primary == next {
            try authorize(found(done, call, registry), call, registry, conditions: conditions)
            return
        }
        var key = try authorizedWithoutAlias(
            id.description, Self.primaryChange, call, registry, conditions: conditions)
        let arn = registry.owner.arn(id)
        if let promotion = key.multiRegion?.promotion, promotion.member != next {
            throw KeyServiceError(
                .invalidState,
                "The key \(arn) is updating: the one in \(promotion.member.region) is becoming the primary; open its keyring "
                    + "to have that finished.")
        }
        guard key.multiRegion?.replicas.contains(next) == true else {
            throw KeyServiceError(
                .invalidState, "The key \(arn) has no replica in the keyring that is open for \(next.region).")
        }
        key.intend(next)
        registry.update(key)
    }

    // MARK: - Checks

    /// The key and the other service, for whoever may ask: nobody else is told which regions are open.
    private func find(
        _ place: OtherPlace, for keyID: String, _ what: String, _ call: KeyCall, _ conditions: [String: [String]]
    ) async throws(KeyServiceError) -> (key: KeyRecord, other: KeyService) {
        try await look(before: call) { (keyring) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(keyID, what, call, keyring.registry, conditions: conditions)
            let other: KeyService
            switch place {
            case .open(let service): other = service
            case .region(let region): other = try OpenKeyServices.shared.service(of: account, in: region)
            }
            try checkOther(other)
            return (key, other)
        }
    }

    private func checkOther(_ other: KeyService) throws(KeyServiceError) {
        guard other.account == account else {
            throw KeyServiceError(
                .validation,
                "Related keys are of one account; the other service is of \(other.account), not \(account).")
        }
        guard other.member.region != member.region else {
            throw KeyServiceError(
                .validation, "The other service is of \(member.region) as well; a related key is in another region.")
        }
    }

    /// The primary, where the other region has no related key yet.
    private func replicable(
        _ keyID: String, _ other: KeyService, _ call: KeyCall, _ registry: KeyRegistry,
        _ conditions: [String: [String]]
    ) throws(KeyServiceError) -> KeyRecord {
        let key = try authorizedWithoutAlias(keyID, Self.replication, call, registry, conditions: conditions)
        if key.multiRegion?.replicas.contains(where: { $0.region == other.member.region }) == true {
            throw Self.isThere(registry.owner.arn(key.id, in: other.member.region))
        }
        let regions = (key.multiRegion?.regions ?? []).union([other.member.region])
        guard regions.count <= MultiRegionRecord.regionsMax else {
            throw KeyServiceError(
                .limitExceeded,
                "The key \(registry.owner.arn(key.id)) is, or was, in \(MultiRegionRecord.regionsMax) regions already; make "
                    + "another key for more.")
        }
        return key
    }

    private static func isThere(_ arn: String) -> KeyServiceError {
        KeyServiceError(.alreadyExists, "The key \(arn) is there already; use it, or delete it to make another.")
    }

    /// Where it could not become that, its primary has gone back on it.
    private func checkIsPrimary(_ id: KeyID) throws(KeyServiceError) {
        if try current().registry.key(id)?.multiRegion?.role == .primary { return }
        throw KeyServiceError(
            .invalidState,
            "The key \(owner.arn(id)) has not become the primary, because it is not enabled any more; enable it, and ask "
                + "again.")
    }

    private func checkNextPrimary(
        _ id: KeyID, _ call: KeyCall, _ registry: KeyRegistry, _ conditions: [String: [String]]
    ) throws(KeyServiceError) {
        let key = found(try registry.resolve(id.description), call, registry)
        try authorize(key, call, registry, conditions: conditions)
        // It is a replica yet: what the table says of states holds of both.
        try registry.check(.updatePrimaryRegion, of: key, as: .primary)
        guard key.state == .enabled else {
            throw KeyServiceError(
                .invalidState, "The key \(registry.owner.arn(id)) is \(key.state); a primary must be enabled.")
        }
    }
}

/// The service of another region, of the same account.
package enum OtherPlace: Sendable {
    case open(KeyService)
    /// The one that is open in this process for a region; looked up once it is known that the caller may.
    case region(String)

    var name: String {
        switch self {
        case .open(let service): service.member.region
        case .region(let region): region
        }
    }
}

/// What a replica is to have of its own.
private struct ReplicaRequest: Sendable {
    let description: String
    let policy: String?
    let bypassesLockoutCheck: Bool
    let tags: [KeyTag]
    let requester: KeyRequester
}

extension KeyRecord {
    /// A replica that its primary does not know yet.
    fileprivate init(
        replicaOf primary: KeyRecord, keyDescription: String, policy: KeyPolicy?, at nowMilliseconds: Int64
    ) {
        self.init(
            id: primary.id, createdMilliseconds: nowMilliseconds, manager: .customer, state: .creating,
            keyDescription: keyDescription, materials: [], policy: policy, rotation: primary.rotation)
        multiRegion = primary.multiRegion.map(MultiRegionRecord.init(replicaOf:))
    }
}
