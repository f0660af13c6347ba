#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What users of a server on top of the store can be for a while: they assume it, where its trust policy lets them, and
/// get temporary credentials that may do what the role's policies allow. A role has no access keys.
public struct Role: Sendable, Hashable {
    /// How many roles a store keeps.
    public static let countLimit = 1_000
    /// How many policies a role has at most.
    public static let policyLimit = 10
    /// How many bytes a trust policy has at most: as many as AWS allows at most.
    public static let trustPolicyLimitBytes = 4_096
    /// How long a role's sessions may be allowed to be: one to twelve hours, as on AWS.
    public static let sessionSecondsLimits = 3_600...43_200

    /// The name: 1 to 64 letters and digits of ASCII and of `+=,.@_-`. Unlike in IAM, names that differ in upper and
    /// lower case are names of different roles.
    public let name: String
    /// The id: `AROA` and 16 of A to Z and 2 to 7. A role made anew under an old name has another.
    public let id: String
    /// When the role was made, in store time.
    public let created: Date
    /// Who may assume the role: a document in the IAM policy language, as it was given.
    public let trustPolicy: String
    /// What its sessions may do: policies by name, each a document in the IAM policy language, as it was given.
    public let policies: [String: String]
    /// How long its sessions last at most.
    public let maximumSessionSeconds: Int
    /// Position of the role's last change in the store's commit order.
    public let lsn: UInt64
}

extension Role {
    init(_ row: RoleRow, named name: String) {
        self.init(
            name: name, id: row.id, created: Date(storeMilliseconds: row.createdMilliseconds),
            trustPolicy: row.trustPolicy, policies: row.policies, maximumSessionSeconds: Int(row.sessionSecondsMax),
            lsn: row.lsn)
    }
}
