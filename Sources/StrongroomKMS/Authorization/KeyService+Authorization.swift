internal import StrongroomKeys
internal import StrongroomPolicy

/// Before the key's state is looked at, which is told only to who may know of the key.
extension KeyService {
    /// The key that a request names in any of the four ways, where policy, grants and its state allow the call.
    func authorized(
        _ keyID: String, _ call: KeyCall, _ registry: KeyRegistry, conditions: [String: [String]] = [:]
    ) throws(KeyServiceError) -> KeyRecord {
        let key = found(try registry.resolve(keyID), call, registry)
        try authorize(key, call, registry, alias: registry.aliasName(in: keyID), conditions: conditions)
        try registry.check(call.operation, of: key)
        return key
    }

    /// The same where an alias would not do, as it may move; `what` says what names the key.
    func authorizedWithoutAlias(
        _ keyID: String, _ what: String, _ call: KeyCall, _ registry: KeyRegistry, conditions: [String: [String]] = [:]
    ) throws(KeyServiceError) -> KeyRecord {
        let key = found(try registry.resolveWithoutAlias(keyID, what), call, registry)
        try authorize(key, call, registry, conditions: conditions)
        try registry.check(call.operation, of: key)
        return key
    }

    /// Notes which key a call is about, from then on whatever becomes of it.
    func found(_ key: KeyRecord, _ call: KeyCall, _ registry: KeyRegistry) -> KeyRecord {
        let arn = registry.owner.arn(key.id)
        // A call that opens and seals under one key is one request of it.
        if !call.subject.keyARNs.contains(arn) { meter.count(call, of: key.id) }
        call.isAbout(arn)
        return key
    }

    /// Whether policy and grants allow the call; `actions` where they are not called as the operation is.
    func authorize(
        _ key: KeyRecord, _ call: KeyCall, _ registry: KeyRegistry, actions: [String]? = nil, alias: AliasName? = nil,
        conditions: [String: [String]] = [:], _ encryptionContext: EncryptionContext? = nil,
        newGrant: GrantRecord? = nil, grants: [GrantRecord]? = nil
    ) throws(KeyServiceError) {
        try KeyAuthorization(
            call: call, key: key, actions: actions ?? ["kms:\(call.operation)"], alias: alias, conditions: conditions,
            encryptionContext: encryptionContext, newGrant: newGrant, grants: grants,
            wallMilliseconds: host.wallMilliseconds()
        ).check(in: registry)
    }

    /// A key that is made with tags takes the permission to give it those, too, which its policy cannot give yet (KMS
    /// Developer Guide, "Controlling access to tags").
    func authorizeTags(
        _ tags: [KeyTag], of id: KeyID, _ call: KeyCall, _ registry: KeyRegistry
    ) throws(KeyServiceError) {
        guard !tags.isEmpty else { return }
        try authorizeAccount(
            call, registry, action: "kms:TagResource", resource: registry.owner.arn(id),
            conditions: ConditionFacts.ofNewTags(tags))
    }

    /// For what concerns no single key: it is the account's.
    ///
    /// - Parameters:
    ///   - action: what is to be allowed, where it is not called as the operation is.
    ///   - conditions: those of the operation.
    func authorizeAccount(
        _ call: KeyCall, _ registry: KeyRegistry, action: String? = nil, resource: String = "*",
        conditions: [String: [String]] = [:]
    ) throws(KeyServiceError) {
        guard let caller = call.requester.caller else { return }
        let owner = registry.owner
        let action = action ?? "kms:\(call.operation)"
        let subject = "\(caller.principal) is not authorized to perform \(action)"
        guard caller.account == owner.account else {
            throw KeyServiceError(
                .accessDenied, "\(subject): the keys are those of the account \(owner.account).")
        }
        guard let own = call.policies else { return }
        let request = PolicyRequest(
            principal: KeyPrincipal(caller, owner).inPolicies,
            action: action, resource: resource,
            context: ConditionFacts.ofCaller(caller, owner, host.wallMilliseconds()).merging(conditions) { $1 })
        switch own.decision(for: request) {
        case .allowed: return
        case .denied:
            throw KeyServiceError(.accessDenied, "\(subject), with an explicit deny in an identity-based policy.")
        case .heldBack:
            throw KeyServiceError(.accessDenied, "\(subject), because no session policy allows it.")
        case .undecided:
            throw KeyServiceError(.accessDenied, "\(subject), because no identity-based policy allows it.")
        }
    }
}
