#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What is true of an object, its encryption included.
public struct ObjectInfo: Sendable, Hashable {
    /// The object's key.
    public var key: ObjectKey
    /// Size of the plaintext in bytes.
    public var sizeBytes: UInt64
    /// When the put was committed, by the store's clock, which never goes back.
    public var lastModified: Date
    /// Changes with every put. Not an MD5 of the content: 32 hexadecimal digits and `-1`.
    public var etag: String
    /// The content type told at the put.
    public var contentType: String?
    /// What the put attached.
    public var metadata: [String: String]
    /// How the object is encrypted.
    public var encryption: EncryptionDescriptor
    /// Position of the put in the store's commit order.
    public var lsn: UInt64
}

/// What a put did.
public struct PutReceipt: Sendable, Hashable {
    /// The new object's ETag.
    public var etag: String
    /// Size of the plaintext in bytes.
    public var sizeBytes: UInt64
    /// When the put was committed.
    public var lastModified: Date
    /// How the object is encrypted.
    public var encryption: EncryptionDescriptor
    /// Position of the put in the store's commit order.
    public var lsn: UInt64
}

/// What a delete did. Deleting what is not there is no error, as in S3.
public struct DeleteReceipt: Sendable, Hashable {
    /// Whether there was an object under the key.
    public var existed: Bool
    /// Position of the delete in the store's commit order; nil where there was nothing to delete.
    public var lsn: UInt64?
}
