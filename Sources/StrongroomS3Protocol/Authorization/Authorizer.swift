internal import StrongroomPolicy

/// Decides whether a request may do what it asks for.
///
/// As AWS decides within one account ("Policy evaluation logic"): what any policy denies is denied; else what the
/// bucket's policy or one of the user's own allows is allowed. A bucket policy that names the account leaves the
/// decision to its users' policies, and allows nothing by itself. An administrator is allowed what no policy denies.
/// A role's session is allowed what the role is, as far as its session policy allows that, too; and what the bucket's
/// policy allows to the session by its own name.
struct Authorizer: Sendable {
    var identity: Identity
    var access: BucketAccess
    var facts: ConditionFacts

    enum Decision: Equatable, Sendable {
        case allowed
        case explicitlyDenied(Origin)
        case implicitlyDenied
        /// The session policy does not allow it.
        case heldBack

        /// Whose policy denied it.
        enum Origin: Sendable { case bucket, user, session }
    }

    /// - Parameter more: facts about this permission alone, such as the tags that an object has.
    func decision(_ permission: Permission, more: [String: [String]] = [:]) -> Decision {
        guard isDecidedByPolicies else { return identity.user?.isAdministrator == true ? .allowed : .implicitlyDenied }
        let context = facts.all.merging(more) { $1 }
        func request(_ principal: PolicyPrincipal) -> PolicyRequest {
            PolicyRequest(
                principal: principal, action: permission.action, resource: permission.resource, context: context)
        }
        let principal = identity.principal
        if let policy = access.policy, case .explicitlyDenied = policy.decision(for: request(principal)) {
            return .explicitlyDenied(.bucket)
        }
        let own = (identity.user?.policies ?? []).map { $0.decision(for: request(principal)) }
        if own.contains(where: { if case .explicitlyDenied = $0 { true } else { false } }) {
            return .explicitlyDenied(.user)
        }
        switch identity.user?.roleSession?.policy?.decision(for: request(principal)) {
        case nil, .allowed: break
        case .explicitlyDenied: return .explicitlyDenied(.session)
        case .implicitlyDenied: return bucketAllows(request(principal.sessionAlone)) ? .allowed : .heldBack
        }
        if identity.user?.isAdministrator == true || own.contains(where: \.isAllowed) { return .allowed }
        return bucketAllows(request(principal.withoutAccount)) ? .allowed : .implicitlyDenied
    }

    /// - Throws: `AccessDenied`, in the words of AWS.
    func check(_ permission: Permission, more: [String: [String]] = [:]) throws(S3Error) {
        let decision = decision(permission, more: more)
        guard decision != .allowed else { return }
        throw Self.denial(permission, identity, decision)
    }

    /// Whether a policy that decides here asks for such a key.
    func asksForKeys(beginningWith prefix: String) -> Bool {
        let policies =
            (identity.user?.policies ?? []) + [identity.user?.roleSession?.policy, access.policy].compactMap(\.self)
        return policies.contains { $0.asksForKeys(beginningWith: prefix) }
    }

    private var isDecidedByPolicies: Bool {
        guard access.policy == nil, let user = identity.user else { return access.policy != nil }
        return !user.policies.isEmpty || user.roleSession?.policy != nil
    }

    private func bucketAllows(_ request: PolicyRequest) -> Bool {
        guard let policy = access.policy, policy.decision(for: request).isAllowed else { return false }
        // Of a bucket that is public only the account's own users are let in.
        if access.publicAccessBlock.restrictsPublicBuckets, access.isPublic { return identity.user != nil }
        return true
    }

    private static func denial(
        _ permission: Permission, _ identity: Identity, _ decision: Decision
    ) -> S3Error {
        guard let user = identity.user else { return .accessDenied() }
        let reason =
            switch decision {
            case .explicitlyDenied(.bucket): "with an explicit deny in a resource-based policy"
            case .explicitlyDenied(.user): "with an explicit deny in an identity-based policy"
            case .explicitlyDenied(.session): "with an explicit deny in a session policy"
            case .heldBack: "because no session policy allows the \(permission.action) action"
            case .implicitlyDenied, .allowed:
                "because no identity-based policy allows the \(permission.action) action"
            }
        return .accessDenied(
            "User: \(user.arn) is not authorized to perform: \(permission.action) on resource: "
                + "\"\(permission.resource)\" \(reason)")
    }
}
