#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// That a user has a second factor: an authenticator that shows codes of six digits by the time (RFC 6238), as AWS's
/// virtual devices do. Its secret is told by nothing.
public struct SecondFactor: Sendable, Hashable {
    /// When it was made, in store time.
    public let created: Date
}
