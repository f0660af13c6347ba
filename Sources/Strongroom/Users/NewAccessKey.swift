public import StrongroomCrypto

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// An access key that was just made: the only time that its secret is told.
public struct NewAccessKey: Sendable {
    /// The id, which requests name.
    public let id: String
    /// When it was made, in store time.
    public let created: Date
    /// What requests are signed with: 40 characters of base64, in locked memory. The store keeps it sealed.
    public let secret: SharedSecret
}
