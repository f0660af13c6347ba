public import StrongroomKeys

/// Who may use and administer a key. What is put is in force, and durable, when the call returns.
extension KeyService {
    /// A key's policy, as it was put; the standard one where none was.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    public func keyPolicy(of keyID: String, as caller: Caller? = nil) async throws(KeyServiceError) -> String {
        let registry = try current().registry
        let key = try authorized(.getKeyPolicy, keyID, registry, caller)
        return key.policy?.text ?? KeyPolicy.standardText(registry.owner)
    }

    /// Replaces a key's policy. It decides alone: what none of its statements allows is refused, to the account's root
    /// too.
    ///
    /// - Parameters:
    ///   - policy: a document in the language of AWS's policies, at most 32 KiB.
    ///   - keyID: the key, by id or ARN.
    ///   - bypassesLockoutCheck: whether it may be one that does not let the caller put another. Such a key can become
    ///     one that nobody can administer.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    /// - Throws: ``KeyServiceError/Code/malformedPolicyDocument`` with the place,
    ///   ``KeyServiceError/Code/accessDenied``, ``KeyServiceError/Code/limitExceeded``.
    public func putKeyPolicy(
        _ policy: String, of keyID: String, bypassingLockoutCheck bypassesLockoutCheck: Bool = false,
        as caller: Caller? = nil
    ) async throws(KeyServiceError) {
        let policy = try KeyPolicy(policy)
        try await change { [self] (registry, _) throws(KeyServiceError) in
            var key = try registry.resolveWithoutAlias(keyID, "A key policy")
            counters.count(.putKeyPolicy, of: key.id)
            try authorize(.putKeyPolicy, key, registry, caller, bypassesLockoutCheck: bypassesLockoutCheck)
            try registry.check(.putKeyPolicy, of: key)
            key.policy = policy
            try checkNoLockout(key, registry, caller, isBypassed: bypassesLockoutCheck)
            registry.setPolicy(policy, of: key.id)
        }
    }

    /// That whoever puts the policy may put another.
    func checkNoLockout(
        _ key: KeyRecord, _ registry: KeyRegistry, _ caller: Caller?, isBypassed: Bool
    ) throws(KeyServiceError) {
        guard key.policy != nil, !isBypassed else { return }
        do throws(KeyServiceError) {
            try authorize(.putKeyPolicy, key, registry, caller, bypassesLockoutCheck: false)
        } catch {
            throw KeyServiceError(
                .malformedPolicyDocument,
                "The new key policy will not allow you to update the key policy in the future; allow "
                    + "kms:PutKeyPolicy, or bypass this check.", underlying: error)
        }
    }

    // MARK: - For the operations

    /// The key that a request names, where its policy and its state allow the operation.
    func authorized(
        _ operation: KeyOperation, _ keyID: String, _ registry: KeyRegistry, _ caller: Caller?,
        _ encryptionContext: EncryptionContext = .empty
    ) throws(KeyServiceError) -> KeyRecord {
        let key = try registry.resolve(keyID)
        counters.count(operation, of: key.id)
        try authorize(operation, key, registry, caller, encryptionContext, alias: registry.aliasName(in: keyID))
        try registry.check(operation, of: key)
        return key
    }

    /// Before the key's state is looked at, which is told only to who may know of the key.
    func authorize(
        _ operation: KeyOperation, _ key: KeyRecord, _ registry: KeyRegistry, _ caller: Caller?,
        _ encryptionContext: EncryptionContext = .empty, alias: AliasName? = nil, bypassesLockoutCheck: Bool? = nil
    ) throws(KeyServiceError) {
        try KeyAuthorization(
            operation: operation, key: key, caller: caller, encryptionContext: encryptionContext, alias: alias,
            bypassesLockoutCheck: bypassesLockoutCheck, wallMilliseconds: host.wallMilliseconds()
        ).check(in: registry)
    }

    /// For what concerns no single key: it is the account's.
    func authorizeAccount(_ what: String, _ registry: KeyRegistry, _ caller: Caller?) throws(KeyServiceError) {
        guard let caller, caller.account != registry.owner.account else { return }
        throw KeyServiceError(
            .accessDenied,
            "\(caller.principal) is not authorized to perform \(what): the keys are those of the account "
                + "\(registry.owner.account).")
    }
}
