#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What a user signs requests with, without its secret.
public struct AccessKey: Sendable, Hashable {
    /// The id, which requests name: `AKIA` and 16 of A to Z and 2 to 7.
    public let id: String
    /// When it was made, in store time.
    public let created: Date
    /// Whether requests that are signed with it count.
    public let isActive: Bool
}
