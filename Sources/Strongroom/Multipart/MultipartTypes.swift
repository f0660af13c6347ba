#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Limits of multipart uploads (Amazon S3 User Guide, "Multipart upload limits").
public enum MultipartLimits {
    /// Part numbers.
    public static let numbers = 1...10_000
    /// The largest part, in bytes.
    public static let partMaximumBytes: UInt64 = 5 << 30
}

/// A part as stored.
public struct PartInfo: Sendable, Hashable {
    /// Its number, 1 to 10,000.
    public var number: Int
    /// Changes with every attempt.
    public var etag: String
    /// Size of the plaintext in bytes.
    public var sizeBytes: UInt64
    /// Checksums of the bytes, as the upload asks for.
    public var checksums: [ObjectChecksum]
    /// When the attempt was committed.
    public var lastModified: Date
    /// Position of the attempt in the store's commit order.
    public var lsn: UInt64
}

/// A part as the list of a completion names it.
public struct CompletedPart: Sendable, Hashable {
    /// Its number.
    public var number: Int
    /// The ETag of the attempt that is meant.
    public var etag: String
    /// Checksums that the part must have; by default none is asked for.
    public var expectedChecksums: [ObjectChecksum]

    /// Names an attempt at a part.
    public init(number: Int, etag: String, expectedChecksums: [ObjectChecksum] = []) {
        self.number = number
        self.etag = etag
        self.expectedChecksums = expectedChecksums
    }

    /// Names the attempt that an upload of a part returned.
    public init(_ part: PartInfo) { self.init(number: part.number, etag: part.etag) }
}

/// What the object must come to that a completion makes; by default anything.
public struct CompletionChecks: Sendable, Hashable {
    /// Checksums that the object must have, of the algorithms that its upload keeps.
    public var checksums: [ObjectChecksum]
    /// How many bytes it must have.
    public var sizeBytes: UInt64?

    /// Checks of what is given.
    public init(checksums: [ObjectChecksum] = [], sizeBytes: UInt64? = nil) {
        self.checksums = checksums
        self.sizeBytes = sizeBytes
    }
}

/// An upload that is neither completed nor aborted.
public struct UploadInfo: Sendable, Hashable {
    /// The key that the object will have.
    public var key: ObjectKey
    /// Names the upload.
    public var id: UploadID
    /// When it was created.
    public var initiated: Date
    /// The storage class that the object will have.
    public var storageClass: StorageClass
    /// How the object will be encrypted.
    public var encryption: EncryptionDescriptor
    /// Algorithms of the checksums that its parts get, those of ``compositeChecksums`` among them.
    public var checksums: Set<ObjectChecksum.Algorithm>
    /// Algorithms of which the object's checksum will be made of those of its parts.
    public var compositeChecksums: Set<ObjectChecksum.Algorithm>
    /// Position of the upload's creation in the store's commit order.
    public var lsn: UInt64
}

/// One page of parts.
public struct PartPage: Sendable, Hashable {
    /// In order of their numbers.
    public var parts: [PartInfo]
    /// Pass it on as `after` for the next page; nil when this was the last.
    public var next: Int?
    /// The commit that the page shows the upload after.
    public var lsn: UInt64
}

/// One page of uploads.
public struct UploadPage: Sendable, Hashable {
    /// In byte order of their keys, and of their ids.
    public var uploads: [UploadInfo]
    /// Pass it on as `after` for the next page; nil when this was the last.
    public var next: UploadContinuation?
    /// The commit that the page shows the bucket after.
    public var lsn: UInt64
}

/// Where a listing of uploads goes on.
public struct UploadContinuation: Sendable, Hashable {
    let lowerBound: [UInt8]
}
