/// Who may use and administer a key. What is put is in force, and durable, when the call returns.
extension KeyService {
    /// A key's policy, as it was put; the standard one where none was.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways.
    ///   - requester: on whose behalf.
    public func keyPolicy(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> String {
        let call = KeyCall(.getKeyPolicy, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorized(keyID, call, keyring.registry)
            return key.policy?.text ?? KeyPolicy.standardText(keyring.registry.owner)
        }
    }

    /// The names of a key's policies: one, `default`, whether or not it was put.
    public func keyPolicyNames(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> [String] {
        let call = KeyCall(.listKeyPolicies, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            _ = try authorized(keyID, call, keyring.registry)
            return ["default"]
        }
    }

    /// What a key's policy is for which none is put.
    package var standardKeyPolicy: String { KeyPolicy.standardText(owner) }

    /// Replaces a key's policy. What none of its statements, and no grant, allows is refused, to the account's root
    /// too.
    ///
    /// - Parameters:
    ///   - policy: a document in the language of AWS's policies, at most 32 KiB.
    ///   - keyID: the key, by id or ARN.
    ///   - bypassesLockoutCheck: whether it may be one that does not let the caller put another. Such a key can become
    ///     one that nobody can administer.
    ///   - requester: on whose behalf.
    /// - Throws: ``KeyServiceError/Code/malformedPolicyDocument`` with the place,
    ///   ``KeyServiceError/Code/accessDenied``, ``KeyServiceError/Code/limitExceeded``.
    public func putKeyPolicy(
        _ policy: String, of keyID: String, bypassingLockoutCheck bypassesLockoutCheck: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.putKeyPolicy, requester).asks("policy", policy)
            .asks("bypassPolicyLockoutSafetyCheck", bypassesLockoutCheck ? "true" : "false")
        let policy = try await checked(call) { () throws(KeyServiceError) in try KeyPolicy(policy) }
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorizedWithoutAlias(
                keyID, "A key policy", call, registry, conditions: Self.lockoutCheck(isBypassed: bypassesLockoutCheck))
            key.policy = policy
            try checkNoLockout(key, call, registry, isBypassed: bypassesLockoutCheck)
            registry.update(key)
        }
    }

    /// That whoever puts the policy may put another.
    func checkNoLockout(
        _ key: KeyRecord, _ call: KeyCall, _ registry: KeyRegistry, isBypassed: Bool
    ) throws(KeyServiceError) {
        guard key.policy != nil, !isBypassed else { return }
        do throws(KeyServiceError) {
            try authorize(
                key, call, registry, actions: ["kms:PutKeyPolicy"], conditions: Self.lockoutCheck(isBypassed: false))
        } catch {
            throw KeyServiceError(
                .malformedPolicyDocument,
                "The new key policy will not allow you to update the key policy in the future; allow "
                    + "kms:PutKeyPolicy, or bypass this check.", underlying: error)
        }
    }

    private static func lockoutCheck(isBypassed: Bool) -> [String: [String]] {
        isBypassed ? ConditionFacts.bypassingLockoutCheck : [:]
    }
}
