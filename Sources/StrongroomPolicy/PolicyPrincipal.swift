/// Who makes a request, by every name that a policy may know them by.
package struct PolicyPrincipal: Sendable {
    /// The ARN of the user, role session or account; empty where there is none.
    package var arn: String
    /// The twelve digits of the account; empty where there is none.
    package var account: String
    /// The service that acts for itself, such as "s3.amazonaws.com".
    package var service: String?
    /// Whether the request is signed by nobody. Then only a statement about everybody is about it.
    package var isAnonymous: Bool
    /// Of a role's session, the role's ARN: a statement that names the role is about its sessions.
    package var roleARN: String?
    /// The provider that vouches for a federated principal.
    package var federated: String?
    /// The canonical user id of the account, 64 hexadecimal digits.
    package var canonicalUser: String?
    /// Whether statements about everybody are about it.
    private(set) var isEverybody = true

    /// A principal of an account, unless the arguments say otherwise.
    package init(
        arn: String, account: String, service: String? = nil, isAnonymous: Bool = false, roleARN: String? = nil,
        federated: String? = nil, canonicalUser: String? = nil
    ) {
        (self.arn, self.account, self.service, self.isAnonymous) = (arn, account, service, isAnonymous)
        (self.roleARN, self.federated, self.canonicalUser) = (roleARN, federated, canonicalUser)
    }

    /// Whom a policy can name directly: a statement about the account is about nobody then.
    package var withoutAccount: PolicyPrincipal {
        var principal = self
        (principal.account, principal.canonicalUser) = ("", nil)
        return principal
    }

    /// A role's session, by the name of its own alone: neither what is said of the role is about it, nor what is said
    /// of the account or of everybody. What a statement allows to that name a session policy does not take away.
    package var sessionAlone: PolicyPrincipal {
        var alone = PolicyPrincipal(arn: arn, account: "")
        alone.isEverybody = false
        return alone
    }

    /// Nobody in particular.
    package static let anonymous = PolicyPrincipal(arn: "", account: "", isAnonymous: true)

    var sizeBytes: Int {
        [arn, account, service ?? "", roleARN ?? "", federated ?? "", canonicalUser ?? ""].reduce(0) {
            $0 + $1.utf8.count
        }
    }
}
