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
            PolicyPrincipal(arn: user.arn, account: user.account, canonicalUser: user.canonicalAccount)
        }
    }
}

/// A user whose signature was checked.
struct AuthenticatedUser: Sendable {
    var name: String
    /// `arn:aws:iam::ACCOUNT:user/NAME`
    var arn: String
    /// AIDA and 16 letters and digits: unlike the name, never another user's.
    var id: String
    /// Twelve digits.
    var account: String
    /// 64 hexadecimal digits that stand for the account in listings.
    var canonicalAccount: String
    /// Of temporary credentials that of the access key they were asked for with.
    var accessKeyID: String
    /// May do everything that no policy denies.
    var isAdministrator: Bool
    /// The user's own policies, by their names.
    var policyTexts: [String]
    /// What they say.
    var policies: [PolicyDocument]
    /// Nil where the request is signed with a long-term access key.
    var session: Session?

    /// With the one that an administrator has besides.
    var allPolicyTexts: [String] { isAdministrator ? policyTexts + [Self.everythingAllowed] : policyTexts }

    /// An administrator may do all that no policy denies.
    private static let everythingAllowed =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
}

extension AuthenticatedUser {
    /// Seconds since a code of the second factor was used; nil where none was.
    func secondFactorAgeSeconds(nowMilliseconds: Int64) -> UInt64? {
        session?.secondFactorMilliseconds.map { UInt64(max(nowMilliseconds - $0, 0)) / 1_000 }
    }
}
