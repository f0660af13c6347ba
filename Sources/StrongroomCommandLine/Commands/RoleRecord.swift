#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// A line of `role list`, and what `role show` tells.
struct RoleRecord: Codable, Equatable {
    var roleName: String
    var roleId: String
    /// What requests name it by.
    var arn: String
    var createDate: Date
    /// In seconds.
    var maxSessionDuration: Int
    /// Only `role show` tells it.
    var assumeRolePolicyDocument: String?
    /// Documents by the names of the policies; only `role show` tells them.
    var policies: [String: String]?
    var policyNames: [String]

    init(_ role: Role, account: String, withPolicies: Bool = false) {
        roleName = role.name
        roleId = role.id
        arn = "arn:aws:iam::\(account):role/\(role.name)"
        createDate = role.created
        maxSessionDuration = role.maximumSessionSeconds
        assumeRolePolicyDocument = withPolicies ? role.trustPolicy : nil
        policies = withPolicies ? role.policies : nil
        policyNames = role.policies.keys.sorted()
    }

    var text: String {
        "\(roleName)  created \(createDate.formatted(.iso8601))  \(arn), sessions of at most \(maxSessionDuration) s, "
            + "\(policyNames.count) policies"
    }

    /// Several lines.
    var wholeText: String {
        var lines = [roleName, "id       \(roleId)", "arn      \(arn)"]
        lines.append("created  \(createDate.formatted(.iso8601))")
        lines.append("sessions of at most \(maxSessionDuration) s")
        lines += ["trust", assumeRolePolicyDocument ?? ""]
        for name in policyNames { lines += ["policy   \(name)", policies?[name] ?? ""] }
        return lines.joined(separator: "\n")
    }
}
#endif
