internal import StrongroomKeys
internal import StrongroomPolicy

/// Who a call comes from, as policies and grants name them.
struct KeyPrincipal: Sendable {
    let arn: String
    let account: String
    /// Of a role's session, the role's ARN.
    private let role: String?
    /// Whether what is said of everybody is said of it.
    private let isEverybody: Bool
    /// Whether it has been made less than the caller is: no policy of the caller's own allows what is asked.
    let isReduced: Bool

    /// Nil is the account's root.
    init(_ caller: Caller?, _ owner: KeyOwner) {
        arn = caller?.principal ?? owner.rootARN
        account = caller?.account ?? owner.account
        role = caller?.roleARN
        isEverybody = true
        isReduced = false
    }

    /// What the condition key `aws:PrincipalArn` has: of a role's session that is the role.
    var conditionARN: String { role ?? arn }

    var isRoleSession: Bool { role != nil }

    /// Whether only what names the session counts.
    var isSessionAlone: Bool { !isEverybody }

    /// The name of a user of IAM, without its path; nil for any other principal.
    var userName: String? {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[2] == "iam", fields[5].hasPrefix("user/") else { return nil }
        return fields[5].split(separator: "/").last.map(String.init)
    }

    /// The same where what is said of the account is not said of it.
    var withoutAccount: KeyPrincipal { KeyPrincipal(arn: arn, role: role, isEverybody: true) }

    /// The same where only what names the session is said of it, and not what names its role.
    var sessionAlone: KeyPrincipal { KeyPrincipal(arn: arn, role: nil, isEverybody: false) }

    private init(arn: String, role: String?, isEverybody: Bool) {
        (self.arn, account, self.role, self.isEverybody, isReduced) = (arn, "", role, isEverybody, true)
    }

    /// As policies know it.
    var inPolicies: PolicyPrincipal {
        let principal = PolicyPrincipal(arn: arn, account: account, roleARN: role)
        return isEverybody ? principal : principal.sessionAlone
    }

    /// Whether `name`, an ARN, is of this principal, of its role or of all of its account; names are compared as bytes.
    func isKnown(as name: String) -> Bool {
        name.utf8.elementsEqual(arn.utf8) || (role.map { name.utf8.elementsEqual($0.utf8) } ?? false)
            || (!account.isEmpty && name.utf8.elementsEqual("arn:aws:iam::\(account):root".utf8))
    }

    /// Fails with `Validation` for what is no ARN of a principal.
    static func check(_ name: String, _ what: String) throws(KeyServiceError) {
        let fields = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard name.utf8.count <= KeyLimits.principalSizeBytesMax, fields.count == 6, fields[0] == "arn",
            fields[2] == "iam" || fields[2] == "sts", !fields[5].isEmpty
        else {
            throw KeyServiceError(
                .invalidArn,
                "'\(name.prefix(128))' names no \(what); give an ARN such as arn:aws:iam::ACCOUNT:role/NAME.")
        }
    }
}
