#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// A line of `user list`, and what `user show` tells.
struct UserRecord: Codable, Equatable {
    var userName: String
    var userId: String
    var createDate: Date
    var administrator: Bool
    var accessKeys: [AccessKeyRecord]
    /// Documents by the names of the policies; only `user show` tells them.
    var policies: [String: String]?
    var policyNames: [String]
    /// Whether the user has one.
    var secondFactor: Bool

    init(_ user: User, withPolicies: Bool = false) {
        userName = user.name
        userId = user.id
        createDate = user.created
        administrator = user.isAdministrator
        accessKeys = user.accessKeys.map { AccessKeyRecord($0) }
        policies = withPolicies ? user.policies : nil
        policyNames = user.policies.keys.sorted()
        secondFactor = user.secondFactor != nil
    }

    var text: String {
        let active = accessKeys.count { $0.status == AccessKeyRecord.active }
        return "\(userName)  created \(createDate.formatted(.iso8601))  \(administrator ? "administrator, " : "")"
            + "\(active) of \(accessKeys.count) access keys active, \(policyNames.count) policies"
            + (secondFactor ? ", a second factor" : "")
    }

    /// Several lines.
    var wholeText: String {
        var lines = ["\(userName)\(administrator ? ", administrator" : "")", "id       \(userId)"]
        lines.append("created  \(createDate.formatted(.iso8601))")
        if secondFactor { lines.append("factor   codes of an authenticator") }
        lines += accessKeys.map(\.text)
        for name in policyNames { lines += ["policy   \(name)", policies?[name] ?? ""] }
        return lines.joined(separator: "\n")
    }
}

struct AccessKeyRecord: Codable, Equatable {
    static let active = "Active"

    var accessKeyId: String
    var createDate: Date
    /// `Active` or `Inactive`.
    var status: String

    init(_ key: AccessKey) {
        accessKeyId = key.id
        createDate = key.created
        status = key.isActive ? Self.active : "Inactive"
    }

    var text: String { "key      \(accessKeyId)  created \(createDate.formatted(.iso8601))  \(status.lowercased())" }
}

/// What `user create` and `user key create` print, with a place for the secret.
struct NewAccessKeyRecord: Codable, Equatable {
    var userName: String
    var accessKeyId: String
    var createDate: Date
    var secretAccessKey = Console.secretPlace
    /// Of a user that was just made.
    var userId: String?
    var administrator: Bool?

    init(_ key: NewAccessKey, of name: String, made user: User? = nil) {
        userName = name
        accessKeyId = key.id
        createDate = key.created
        userId = user?.id
        administrator = user?.isAdministrator
    }

    var text: String {
        "access key id      \(accessKeyId)\nsecret access key  \(secretAccessKey)\nThe secret is not shown again."
    }

    /// Where nobody has seen the secret.
    var lost: String {
        "The access key \(accessKeyId) was made, and nobody has its secret: make another with `user key create \(userName)`, "
            + "and delete this one with `user key delete \(userName) \(accessKeyId)`."
    }
}
#endif
