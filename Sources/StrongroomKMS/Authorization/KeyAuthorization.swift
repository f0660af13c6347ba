internal import StrongroomKeys
internal import StrongroomPolicy

/// One call of one key, as policy and grants see it: it is allowed where either allows it and the policy does not deny
/// it.
struct KeyAuthorization: Sendable {
    let call: KeyCall
    let key: KeyRecord
    /// What is to be allowed, such as "kms:Decrypt"; all of it.
    let actions: [String]
    /// The alias by which the request names the key.
    var alias: AliasName?
    /// Condition keys of this operation alone.
    var conditions: [String: [String]] = [:]
    /// The encryption context, where it is not the call's.
    var encryptionContext: EncryptionContext?
    /// The grant that is to be made, where one is.
    var newGrant: GrantRecord?
    /// The grants that count, where not all of the key's do.
    var grants: [GrantRecord]?
    let wallMilliseconds: Int64

    private var context: EncryptionContext { encryptionContext ?? call.encryptionContext }

    /// - Throws: `AccessDenied`.
    func check(in registry: KeyRegistry) throws(KeyServiceError) {
        for action in actions {
            if key.manager == .service, call.requester.caller != nil, Self.administrative.contains(action) {
                throw refusal(
                    action, registry.owner, "because the key is the service's own, which no caller administers")
            }
            let whole = KeyPrincipal(call.requester.caller, registry.owner)
            let principal = try principal(for: action, in: registry)
            let isForeign = whole.account != registry.owner.account
            if isForeign, !Self.acrossAccounts.contains(action) {
                throw refusal(action, registry.owner, "because principals of other accounts cannot do that")
            }
            switch decision(action, principal, in: registry) {
            // Of another account it takes both: its own policies, and the key's.
            case .allowed where !isForeign || !principal.isReduced: continue
            case .explicitlyDenied: throw refusal(action, registry.owner, "with an explicit deny in its key policy")
            case .allowed, .implicitlyDenied:
                guard !isGranted(action, principal) else { continue }
                let own =
                    principal.account == whole.account
                    ? "" : principal.isSessionAlone ? "no session policy, " : "no identity-based policy, "
                throw refusal(
                    action, registry.owner, "because \(own)no statement of its key policy and no grant allows it")
            }
        }
    }

    /// What nobody can do with AWS's managed keys (KMS Developer Guide, "AWS managed keys"): whoever names no key
    /// depends on the service's own.
    private static let administrative: Set<String> = [
        "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DisableKey", "kms:DisableKeyRotation",
        "kms:EnableKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:RotateKeyOnDemand",
        "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
    ]

    /// What a key's policy can let other accounts do (KMS Developer Guide, "Allowing users in other accounts to use a
    /// KMS key").
    private static let acrossAccounts: Set<String> = [
        "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext", "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ReEncryptFrom",
        "kms:ReEncryptTo", "kms:RetireGrant", "kms:RevokeGrant",
    ]

    /// Whether the caller is whom `name`, an ARN, lets do `action`: as an account lets its principals whose own
    /// policies allow it, and as a principal that it names whom they do not deny it.
    ///
    /// - Throws: `AccessDenied`, where they deny it.
    func isCaller(_ name: String, doing action: String, in registry: KeyRegistry) throws(KeyServiceError) -> Bool {
        try principal(for: action, in: registry).isKnown(as: name)
    }

    /// Who the caller is once its own policies are asked: where they allow nothing, only what names the caller counts.
    ///
    /// - Throws: `AccessDenied`, where they deny it.
    private func principal(for action: String, in registry: KeyRegistry) throws(KeyServiceError) -> KeyPrincipal {
        let principal = KeyPrincipal(call.requester.caller, registry.owner)
        guard let own = call.policies else { return principal }
        switch own.decision(for: request(action, principal, in: registry)) {
        case .allowed: return principal
        case .denied:
            throw refusal(action, registry.owner, "with an explicit deny in an identity-based policy")
        case .undecided: return principal.withoutAccount
        case .heldBack: return principal.sessionAlone
        }
    }

    /// Of the key's policy.
    private func decision(_ action: String, _ principal: KeyPrincipal, in registry: KeyRegistry) -> PolicyDecision {
        guard let policy = key.policy else {
            // What the standard policy says, without reading it: most keys have no other.
            return principal.account == registry.owner.account ? .allowed(sid: nil) : .implicitlyDenied
        }
        // What denies the account denies its principals, whoever lets them in.
        let whole = KeyPrincipal(call.requester.caller, registry.owner)
        let decision = policy.document.decision(for: request(action, whole, in: registry))
        guard decision.isAllowed, principal.account != whole.account else { return decision }
        return policy.document.decision(for: request(action, principal, in: registry))
    }

    private func request(_ action: String, _ principal: KeyPrincipal, in registry: KeyRegistry) -> PolicyRequest {
        let facts = ConditionFacts(
            key: key, alias: alias, encryptionContext: context, wallMilliseconds: wallMilliseconds)
        return PolicyRequest(
            principal: principal.inPolicies, action: action, resource: registry.owner.arn(key.id),
            context: facts.context(action, call.requester.caller, registry).merging(conditions) { $1 })
    }

    private func isGranted(_ action: String, _ principal: KeyPrincipal) -> Bool {
        guard let operation = GrantOperation.allCases.first(where: { $0.action == action }) else { return false }
        return (grants ?? key.grants).contains { grant in
            // Who was granted making grants grants no more than that.
            grant.allows(operation, to: principal, context) && newGrant.map(grant.includes) ?? true
        }
    }

    private func refusal(_ action: String, _ owner: KeyOwner, _ why: String) -> KeyServiceError {
        KeyServiceError(
            .accessDenied,
            "User: \(KeyPrincipal(call.requester.caller, owner).arn) is not authorized to perform: \(action) on resource: "
                + "\(owner.arn(key.id)) \(why).")
    }
}
