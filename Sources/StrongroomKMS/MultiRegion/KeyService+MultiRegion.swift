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
        let call = KeyCall(.replicateKey, requester).asks("replicaRegion", other.member.region)
            .asks("description", description).asks("policy", policy)
        let conditions = ["kms:ReplicaRegion": [other.member.region]]
        let parsed = try await checked(call) { () throws(KeyServiceError) in
            try checkOther(other)
            try Self.check(description: description)
            return try policy.map { (text) throws(KeyServiceError) in try KeyPolicy(text) }
        }
        // What is due there, such as that a replica goes, is known here then. Where it fails, so does what follows.
        _ = try? await other.settled()
        let id = try await look(before: call) { (keyring) throws(KeyServiceError) in
            try replicable(keyID, other, call, keyring.registry, conditions).id
        }
        let creation = KeyCall(.createKey, requester).asks("description", description).asks("policy", policy)
        for each in [call, creation] { each.isInTurn = true }
        let replica = try await OpenKeyServices.shared.turns(of: account).take {
            [self] () -> Result<KeyMetadata, KeyServiceError> in
            do throws(KeyServiceError) {
                try await settleRelated(id, with: other)
                let primary = try await look(before: call) { (keyring) throws(KeyServiceError) in
                    try replicable(id.description, other, call, keyring.registry, conditions)
                }
                let materials = try openMaterials(of: id)
                try await other.change(creation) { (registry, sealer) throws(KeyServiceError) in
                    try other.authorizeAccount(creation, registry)
                    guard registry.key(id) == nil else { throw Self.isThere(registry.owner.arn(id)) }
                    var key = KeyRecord(
                        replicaOf: primary, keyDescription: description, policy: parsed,
                        at: other.host.wallMilliseconds())
                    try key.add(tags)
                    key.materials = try materials.sealed(for: key, sealer, other.host)
                    try other.checkNoLockout(key, creation, registry, isBypassed: bypassesLockoutCheck)
                    try registry.insert(key)
                    _ = other.found(key, creation, registry)
                }
                try await change(call) { [self] (registry, _) throws(KeyServiceError) in
                    var key = try replicable(id.description, other, call, registry, conditions)
                    key.adopt(other.member)
                    registry.update(key)
                }
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
    public func updatePrimaryRegion(
        _ keyID: String, to other: KeyService, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.updatePrimaryRegion, requester).asks("primaryRegion", other.member.region)
        let replicaCall = KeyCall(.updatePrimaryRegion, requester).asks("primaryRegion", other.member.region)
        let conditions = ["kms:PrimaryRegion": [other.member.region]]
        try await checked(call) { () throws(KeyServiceError) in try checkOther(other) }
        let key = try await look(before: call) { (keyring) throws(KeyServiceError) in
            try authorizedWithoutAlias(keyID, Self.primaryChange, call, keyring.registry, conditions: conditions)
        }
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
        let key = try authorizedWithoutAlias(keyID, "A replication", call, registry, conditions: conditions)
        if key.multiRegion?.replicas.contains(where: { $0.region == other.member.region }) == true {
            throw Self.isThere(registry.owner.arn(key.id, in: other.member.region))
        }
        return key
    }

    private static func isThere(_ arn: String) -> KeyServiceError {
        KeyServiceError(.alreadyExists, "The key \(arn) is there already; use it, or delete it to make another.")
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

extension KeyService {
    /// The service of the same account that is open in this process for another region.
    package func opened(inRegion region: String) throws(KeyServiceError) -> KeyService {
        try OpenKeyServices.shared.service(of: account, in: region)
    }
}
