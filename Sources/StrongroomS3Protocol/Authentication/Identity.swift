internal import Strongroom
internal import StrongroomPolicy

/// Who makes a request.
enum Identity: Sendable {
    /// Signed by nobody.
    case anonymous
    case user(AuthenticatedUser)

    var user: AuthenticatedUser? { if case .user(let user) = self { user } else { nil } }

    /// As policies name whoever it is.
    var principal: PolicyPrincipal {
        switch self {
        case .anonymous: .anonymous
        case .user(let user):
            PolicyPrincipal(
                arn: user.arn, account: user.account, roleARN: user.roleSession?.roleARN,
                canonicalUser: user.canonicalAccount)
        }
    }
}
