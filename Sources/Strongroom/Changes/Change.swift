#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// One thing that a commit changed. Those of an atomic batch have one LSN.
public struct Change: Sendable, Hashable {
    /// What happened. Compare with the static members: there may be more in later versions.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        let number: UInt8
        /// The name of the static member.
        public let description: String

        private init(_ number: UInt8, _ name: String) {
            self.number = number
            description = name
        }

        /// A version of an object was stored and is the newest of its key: by a put, a copy or an upload in parts. In
        /// a bucket without versions it replaced what was there.
        public static let objectStored = Kind(1, "objectStored")
        /// A delete marker became the newest version of its key.
        public static let deleteMarkerCreated = Kind(2, "deleteMarkerCreated")
        /// A version is gone for good: an object or a delete marker. Where it was the newest, the next one is so now.
        public static let versionRemoved = Kind(3, "versionRemoved")
        /// Tags, retention or legal hold of a version were changed.
        public static let attributesChanged = Kind(4, "attributesChanged")
        /// A bucket was made.
        public static let bucketCreated = Kind(5, "bucketCreated")
        /// What a bucket says of its objects was changed: default encryption, versioning, object lock; or a document
        /// that a server keeps of it.
        public static let bucketChanged = Kind(6, "bucketChanged")
        /// A bucket, which was empty, was deleted.
        public static let bucketDeleted = Kind(7, "bucketDeleted")

        static let all = [
            objectStored, deleteMarkerCreated, versionRemoved, attributesChanged, bucketCreated, bucketChanged,
            bucketDeleted,
        ]
    }

    /// What happened.
    public let kind: Kind
    /// The bucket: its name at that time.
    public let bucket: BucketName
    /// The object's key; nil for what concerns a bucket.
    public let key: ObjectKey?
    /// The version; nil for what concerns a bucket.
    public let versionID: VersionID?
    /// When it was committed, in store time: never before an earlier change.
    public let time: Date
    /// Behind this change: where to go on once it is dealt with.
    public let position: Position

    /// The commit's place in the order of commits.
    public var lsn: UInt64 { position.lsn }
}
