internal import Strongroom
internal import StrongroomKeys
internal import StrongroomPolicy

/// Whoever has signed a request, whose signature was checked: a user, or a session of a role.
struct AuthenticatedUser: Sendable {
    /// The user whose access key a request is signed with, or what it is signed with began with.
    struct Origin: Sendable {
        var name: String
        /// AIDA and 16 letters and digits: unlike the name, never another user's.
        var id: String
        /// Of temporary credentials that of the access key they were asked for with.
        var accessKeyID: String
    }

    /// What is so of sessions of roles alone.
    struct RoleSession: Sendable {
        /// `arn:aws:iam::ACCOUNT:role/NAME`
        var roleARN: String
        /// What the session may do at most, beside what the role may; nil where nothing was said.
        var policyText: String?
        /// What that says.
        var policy: PolicyDocument?
    }

    var origin: Origin
    /// `arn:aws:iam::ACCOUNT:user/NAME`, or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    var arn: String
    /// The user's id; of a session of a role, the role's id, a colon, and the session's name.
    var id: String
    /// Twelve digits.
    var account: String
    /// 64 hexadecimal digits that stand for the account in listings.
    var canonicalAccount: String
    /// May do everything that no policy denies. No session of a role is one.
    var isAdministrator: Bool
    /// The user's, or the role's, own policies, by their names.
    var policyTexts: [String]
    /// What they say.
    var policies: [PolicyDocument]
    /// Nil where the request is signed with a long-term access key.
    var session: Session?
    /// Nil for users.
    var roleSession: RoleSession?

    /// Nil for sessions of roles, which are no user's.
    var userName: String? { roleSession == nil ? origin.name : nil }

    /// What stands in logs: a user's name, or `ROLE/SESSION`, as no user is called.
    var logName: String { session?.role.map { "\($0.name)/\($0.sessionName)" } ?? origin.name }

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

    /// As policies of keys name it, with its own policies.
    ///
    /// - Parameters:
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    ///   - viaService: the service that asks for it, such as `s3`; nil where it asks itself.
    func caller(_ connection: ConnectionFacts, nowMilliseconds: Int64, viaService: String? = nil) -> Caller {
        Caller(
            principal: arn, account: account,
            multiFactorAgeSeconds: secondFactorAgeSeconds(nowMilliseconds: nowMilliseconds),
            sourceAddress: connection.sourceAddress, transport: connection.transport, viaService: viaService,
            policies: allPolicyTexts, roleARN: roleSession?.roleARN, sessionPolicy: roleSession?.policyText)
    }
}
