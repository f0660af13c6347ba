public import StrongroomCrypto

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A second factor that was just made: the only time that its secret is told.
public struct NewSecondFactor: Sendable {
    /// When it was made, in store time.
    public let created: Date
    /// What an authenticator makes its codes of: 32 digits of base32, in locked memory. The store keeps it sealed.
    public let secret: SharedSecret
}
