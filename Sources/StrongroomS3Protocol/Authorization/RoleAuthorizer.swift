internal import StrongroomPolicy

/// Decides whether somebody may assume a role.
///
/// As AWS decides within one account: the role's trust policy has to allow it, whoever asks, and what any policy denies
/// is denied. Where the trust policy names the user, the role or the session that asks, that is enough; where it names
/// the account, a policy of whoever asks has to allow it, too, and administrators are allowed. Of a session of a role
/// that has a session policy, that has to allow it as well, but for what is allowed to the session by its own name.
struct RoleAuthorizer: Sendable {
    static let action = "sts:AssumeRole"

    var user: AuthenticatedUser
    /// Who may assume the role.
    var trust: PolicyDocument
    var roleARN: String
    /// What conditions may ask about, by condition key.
    var facts: [String: [String]]

    var isAllowed: Bool {
        let principal = Identity.user(user).principal
        let whole = request(principal)
        let decisions = (user.policies + [trust]).map { $0.decision(for: whole) }
        let most = user.roleSession?.policy?.decision(for: whole)
        let isDenied = (decisions + [most].compactMap(\.self)).contains {
            if case .explicitlyDenied = $0 { true } else { false }
        }
        if isDenied { return false }
        if most?.isAllowed == false { return trust.decision(for: request(principal.sessionAlone)).isAllowed }
        if trust.decision(for: request(principal.withoutAccount)).isAllowed { return true }
        let isAllowedByOwn = user.isAdministrator || decisions.dropLast().contains(where: \.isAllowed)
        return isAllowedByOwn && trust.decision(for: whole).isAllowed
    }

    private func request(_ principal: PolicyPrincipal) -> PolicyRequest {
        PolicyRequest(principal: principal, action: Self.action, resource: roleARN, context: facts)
    }
}
