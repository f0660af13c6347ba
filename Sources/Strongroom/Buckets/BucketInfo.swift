#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What is true of a bucket.
public struct BucketInfo: Sendable, Hashable {
    /// The bucket's name.
    public var name: BucketName
    /// When it was created, by the store's clock.
    public var created: Date
    /// What puts that ask for nothing get.
    public var defaultEncryption: DefaultEncryption
    /// What puts may ask for of what a bucket can block.
    public var allowedEncryption: Set<BlockableEncryption>
    /// Whether it keeps old versions of its objects.
    public var versioning: Versioning
    /// Whether its objects can be locked.
    public var objectLock: Bool
    /// What new objects are retained to whose puts say nothing.
    public var defaultRetention: DefaultRetention?
    /// Position in the store's commit order of the last change to what the bucket says.
    public var lsn: UInt64
}
