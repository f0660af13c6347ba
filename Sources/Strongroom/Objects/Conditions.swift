#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What must be true of a key for a write to happen. Decided in commit order: of any number of puts that ask for
/// ``absent`` at once, exactly one is done.
public enum WriteCondition: Sendable, Hashable {
    /// There is no object under the key (S3: `If-None-Match: *`). A delete marker is none.
    case absent
    /// There is one, with this ETag (S3: `If-Match`).
    case matches(String)
    /// There is one (S3: `If-Match: *`).
    case present
}

/// What must be true of an object for a read to happen; by default nothing. As in S3 and RFC 9110, section 13.2.2,
/// ``matches`` goes before ``notModifiedSince``, and ``differs`` before ``modifiedSince``.
public struct ReadConditions: Sendable, Hashable {
    /// The ETag is one of these (S3: `If-Match`).
    public var matches: [String]?
    /// The ETag is none of these (S3: `If-None-Match`).
    public var differs: [String]?
    /// The object was written after this (S3: `If-Modified-Since`).
    public var modifiedSince: Date?
    /// The object was not written after this (S3: `If-Unmodified-Since`).
    public var notModifiedSince: Date?

    /// Conditions, none where nothing is given.
    public init(
        matches: [String]? = nil, differs: [String]? = nil, modifiedSince: Date? = nil, notModifiedSince: Date? = nil
    ) {
        self.matches = matches
        self.differs = differs
        self.modifiedSince = modifiedSince
        self.notModifiedSince = notModifiedSince
    }

    /// - Throws: `preconditionFailed`, `notModified`.
    func check(_ info: ObjectInfo, in bucket: BucketName) throws(StoreError) {
        if let matches {
            guard matches.contains(info.etag) || matches.contains("*") else {
                throw failed("The object's ETag is another one.", info, bucket)
            }
        } else if let notModifiedSince, info.lastModified > notModifiedSince {
            throw failed("The object was written after the time given.", info, bucket)
        }
        let isUnmodified =
            if let differs {
                differs.contains(info.etag) || differs.contains("*")
            } else if let modifiedSince {
                info.lastModified <= modifiedSince
            } else {
                false
            }
        if isUnmodified {
            throw StoreError(.notModified, "The object is the one already known.", bucket: bucket, key: info.key)
        }
    }

    private func failed(_ what: String, _ info: ObjectInfo, _ bucket: BucketName) -> StoreError {
        StoreError(.preconditionFailed, what + " Nothing was read.", bucket: bucket, key: info.key)
    }
}
