#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Somebody whom a server on top of the store knows: by access keys, and with policies that say what they may do. The
/// store keeps users and enforces nothing; calls in the same process need no user.
public struct User: Sendable, Hashable {
    /// How many users a store keeps.
    public static let countLimit = 10_000
    /// How many access keys a user has at most. AWS has 2; more let several machines change keys one after the other.
    public static let accessKeyLimit = 5
    /// How many policies a user has at most.
    public static let policyLimit = 10

    /// The name: 1 to 64 letters and digits of ASCII and of `+=,.@_-`. Unlike in IAM, names that differ in upper and
    /// lower case are names of different users.
    public let name: String
    /// The id: `AIDA` and 16 of A to Z and 2 to 7. A user made anew under an old name has another.
    public let id: String
    /// When the user was made, in store time.
    public let created: Date
    /// Whether the user may do everything.
    public let isAdministrator: Bool
    /// The user's policies by name, each a document in the IAM policy language, as it was given.
    public let policies: [String: String]
    /// The user's access keys, in the order in which they were made.
    public let accessKeys: [AccessKey]
    /// Nil where the user has none.
    public let secondFactor: SecondFactor?
    /// Position of the user's last change in the store's commit order.
    public let lsn: UInt64
}

extension User {
    init(_ row: UserRow, named name: String) {
        self.init(
            name: name, id: row.id, created: Date(storeMilliseconds: row.createdMilliseconds),
            isAdministrator: row.isAdministrator, policies: row.policies,
            accessKeys: row.keys.map {
                AccessKey(
                    id: $0.id, created: Date(storeMilliseconds: $0.createdMilliseconds), isActive: $0.isActive)
            },
            secondFactor: row.secondFactor.map {
                SecondFactor(created: Date(storeMilliseconds: $0.createdMilliseconds))
            }, lsn: row.lsn)
    }
}
