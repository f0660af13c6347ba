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
    /// Changes with every put. Not an MD5 of the content, unless the put asked for that: 32 hexadecimal digits
    /// and `-1`.
    public var etag: String
    /// Checksums of the bytes, in order of their algorithms.
    public var checksums: [ObjectChecksum]
    /// The content type told at the put.
    public var contentType: String?
    /// How the content is to be treated, as the put said.
    public var headers: ContentHeaders
    /// What the put attached.
    public var metadata: [String: String]
    /// How many tags the object has.
    public var tagCount: Int
    /// Its storage class.
    public var storageClass: StorageClass
    /// Which version of the key this is.
    public var versionID: VersionID
    /// How the object is encrypted.
    public var encryption: EncryptionDescriptor
    /// Position of the put in the store's commit order.
    public var lsn: UInt64
    /// Until when the version is kept from being deleted for good; also after that.
    public var retention: Retention?
    /// Whether it is under a legal hold.
    public var legalHold: Bool
    /// How many parts the object has that was uploaded in parts; nil of one that was put whole.
    public var partCount: Int?
}

/// What a put did.
public struct PutReceipt: Sendable, Hashable {
    /// The new object's ETag.
    public var etag: String
    /// Checksums of the bytes, in order of their algorithms.
    public var checksums: [ObjectChecksum]
    /// Size of the plaintext in bytes.
    public var sizeBytes: UInt64
    /// When the put was committed.
    public var lastModified: Date
    /// The version that the put wrote: the null version where the bucket keeps none.
    public var versionID: VersionID
    /// How the object is encrypted.
    public var encryption: EncryptionDescriptor
    /// Position of the put in the store's commit order.
    public var lsn: UInt64
}

/// What a delete did. Deleting what is not there is no error, as in S3.
public struct DeleteReceipt: Sendable, Hashable {
    /// Whether there was an object under the key, or the version named.
    public var existed: Bool
    /// The version that was deleted for good, or the delete marker that now hides the object; nil where there
    /// was nothing to delete.
    public var versionID: VersionID?
    /// Whether that is a delete marker.
    public var isDeleteMarker: Bool
    /// Position of the delete in the store's commit order; nil where there was nothing to do. In a batch, the batch's.
    public var lsn: UInt64?
}
