internal import StrongroomKeyring
internal import StrongroomKeys

/// Grants: what somebody may do with a key beside what its policy says, without changing the policy. They are in force,
/// and no longer, the moment that the call returns.
extension KeyService {
    /// Lets somebody use a key.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - granteePrincipal: who may, by ARN; the root of an account is everybody of that account.
    ///   - operations: what they may do; at least one.
    ///   - constraint: with which encryption contexts; nil for all.
    ///   - retiringPrincipal: who may give the grant up.
    ///   - name: asking once more for what was granted by that name makes no second grant; at most 256 bytes.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf. Whoever has been granted to make grants may grant no more than that.
    public func createGrant(
        on keyID: String, to granteePrincipal: String, operations: Set<GrantOperation>,
        constraint: GrantConstraint? = nil, retiringPrincipal: String? = nil, name: String? = nil,
        dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> CreatedGrant {
        let wanted = GrantRequest(
            granteePrincipal: granteePrincipal, retiringPrincipal: retiringPrincipal, name: name,
            operations: operations, constraint: constraint)
        let call = KeyCall(.createGrant, requester, isDryRun: isDryRun)
            .asks("granteePrincipal", granteePrincipal).asks("retiringPrincipal", retiringPrincipal).asks("name", name)
            .asks("operations", operations.map(\.description).sorted().joined(separator: " "))
        for pair in constraint?.context.pairs ?? [] {
            call.asks("\(constraint?.name ?? ""):\(pair.name)", pair.value)
        }
        try await checked(call) { () throws(KeyServiceError) in try wanted.check() }
        return try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = found(try registry.resolveWithoutAlias(keyID, "A grant"), call, registry)
            let issuer = KeyPrincipal(requester.caller, registry.owner).arn
            guard issuer.utf8.count <= KeyLimits.principalSizeBytesMax else {
                throw KeyServiceError(
                    .validation,
                    "The caller's principal has \(issuer.utf8.count) bytes; who makes a grant may have "
                        + "\(KeyLimits.principalSizeBytesMax).")
            }
            let grant = wanted.record(
                HostRandom(host: host), issuer: issuer,
                createdMilliseconds: host.wallMilliseconds())
            try authorize(
                key, call, registry, conditions: wanted.conditions(requester.caller), constraint?.context,
                newGrant: grant)
            try registry.check(.createGrant, of: key)
            try call.stopIfDryRun()
            let created = try add(grant, to: key, &registry)
            call.asks("grantId", created.grant.grantID)
            return created
        }
    }

    /// A page of a key's grants, ascending by id.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - granteePrincipal: only those of that grantee, by ARN; nil for all.
    ///   - grantID: only the one with that id; nil for all.
    ///   - limit: 1 to 1000.
    ///   - marker: where the page starts, as the page before says.
    ///   - requester: on whose behalf.
    public func listGrants(
        on keyID: String, granteePrincipal: String? = nil, grantID: String? = nil,
        limit: Int = KeyService.pageSizeDefault,
        marker: String? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyPage<KeyGrant> {
        let call = KeyCall(.listGrants, requester).asks("granteePrincipal", granteePrincipal).asks("grantId", grantID)
        let wanted = try await checked(call) { () throws(KeyServiceError) in
            try grantID.map { (text) throws(KeyServiceError) in try GrantID(text) }
        }
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(keyID, "A grant", call, keyring.registry)
            let arn = keyring.registry.owner.arn(key.id)
            let grants = key.grants.filter {
                (granteePrincipal == nil || $0.granteePrincipal == granteePrincipal)
                    && (wanted == nil || $0.id == wanted)
            }
            return try Self.page(of: grants.map { KeyGrant($0, keyARN: arn) }, limit, marker)
        }
    }

    /// A page of the grants of all keys that somebody may retire, as the grants themselves say; ascending by id.
    public func listRetirableGrants(
        retiringPrincipal: String, limit: Int = KeyService.pageSizeDefault, marker: String? = nil,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyPage<KeyGrant> {
        let call = KeyCall(.listRetirableGrants, requester).asks("retiringPrincipal", retiringPrincipal)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            try authorizeAccount(call, registry)
            let grants = registry.keys.flatMap { key in
                key.grants.filter { $0.retiringPrincipal == retiringPrincipal }
                    .map { KeyGrant($0, keyARN: registry.owner.arn(key.id)) }
            }
            return try Self.page(of: grants.sorted { $0.grantID < $1.grantID }, limit, marker)
        }
    }

    /// Gives up a grant by its token. The retiring principal may, the grantee where the grant says so, and whoever may
    /// by the key's policy.
    public func retireGrant(
        token: String, dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.retireGrant, requester, isDryRun: isDryRun)
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            guard let token = GrantToken(token), let grant = registry.grant(with: token),
                let key = registry.ownerOfGrant(token.grantID)
            else {
                throw KeyServiceError(
                    .invalidGrantToken, "The grant token is of no grant that is in force; it may be retired already.")
            }
            call.asks("grantId", grant.id.description)
            try retire(grant, of: found(key, call, registry), call, &registry)
        }
    }

    /// Gives up a grant by its id, as its token does.
    public func retireGrant(
        _ grantID: String, on keyID: String, dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.retireGrant, requester, isDryRun: isDryRun).asks("grantId", grantID)
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = found(try registry.resolveWithoutAlias(keyID, "A grant"), call, registry)
            try retire(try key.grant(grantID), of: key, call, &registry)
        }
    }

    /// Takes a grant back; what it allowed is refused from then on.
    public func revokeGrant(
        _ grantID: String, on keyID: String, dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.revokeGrant, requester, isDryRun: isDryRun).asks("grantId", grantID)
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(
                keyID, "A grant", call, registry, conditions: Self.forService(requester))
            let grant = try key.grant(grantID)
            try call.stopIfDryRun()
            Self.remove(grant, from: key, &registry)
        }
    }

    // MARK: - Shared

    private func add(
        _ grant: GrantRecord, to key: KeyRecord, _ registry: inout KeyRegistry
    ) throws(KeyServiceError) -> CreatedGrant {
        let arn = registry.owner.arn(key.id)
        if let there = key.grants.first(where: grant.isSame) {
            return CreatedGrant(
                grant: KeyGrant(there, keyARN: arn),
                token: GrantToken(grantID: there.id, proof: there.tokenProof).description)
        }
        guard key.grants.count < KeyLimits.grantsPerKeyMax else {
            throw KeyServiceError(
                .limitExceeded,
                "The key \(arn) has \(KeyLimits.grantsPerKeyMax) grants already; retire or revoke some first.")
        }
        var key = key
        key.grants.insert(grant, at: key.grants.firstIndex(notBefore: grant.id, by: \.id))
        registry.update(key)
        return CreatedGrant(
            grant: KeyGrant(grant, keyARN: arn),
            token: GrantToken(grantID: grant.id, proof: grant.tokenProof).description)
    }

    private func retire(
        _ grant: GrantRecord, of key: KeyRecord, _ call: KeyCall, _ registry: inout KeyRegistry
    ) throws(KeyServiceError) {
        let action = "kms:\(call.operation)"
        let authorization = KeyAuthorization(
            call: call, key: key, actions: [action], conditions: Self.forService(call.requester), grants: [grant],
            wallMilliseconds: host.wallMilliseconds())
        let retiring = grant.retiringPrincipal
        let isNamed = retiring.isEmpty ? false : try authorization.isCaller(retiring, doing: action, in: registry)
        if !isNamed { try authorization.check(in: registry) }
        try call.stopIfDryRun()
        Self.remove(grant, from: key, &registry)
    }

    private static func remove(_ grant: GrantRecord, from key: KeyRecord, _ registry: inout KeyRegistry) {
        var key = key
        key.grants.removeAll { $0.id == grant.id }
        registry.update(key)
    }

    private static func forService(_ requester: KeyRequester) -> [String: [String]] {
        ["kms:GrantIsForAWSResource": [requester.caller?.viaService == nil ? "false" : "true"]]
    }

    private static func page(
        of grants: [KeyGrant], _ limit: Int, _ marker: String?
    ) throws(KeyServiceError) -> KeyPage<KeyGrant> {
        var first = 0
        if let marker {
            guard (try? GrantID(marker)) != nil else { throw invalidMarker(marker) }
            first = grants.firstIndex(notBefore: marker, by: \.grantID)
        }
        let (items, next) = try page(of: grants[first...], limit)
        return KeyPage(items: Array(items), nextMarker: next?.grantID)
    }
}

extension KeyRecord {
    /// - Throws: `InvalidGrantId` for what is no id, `NotFound` where the key has no such grant.
    fileprivate func grant(_ id: String) throws(KeyServiceError) -> GrantRecord {
        guard let grant = grant(try GrantID(id)) else {
            throw KeyServiceError(.notFound, "The key has no grant '\(id)'; it may be retired or revoked already.")
        }
        return grant
    }
}
