internal import StrongroomSystem

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What hangs on a key in a store: who destroys the key loses it.
public struct KeyUsage: Sendable, Hashable {
    /// What is under one version of the key.
    public struct Version: Sendable, Hashable {
        /// The version; nil where it is not known, because the Bucket Key between cannot be read.
        public var keyVersion: String?
        /// Versions of objects whose data keys it wraps, itself or by way of a Bucket Key.
        public var objectCount: UInt64
        /// Bytes of those objects, before sealing.
        public var bytes: UInt64
        /// Uploads in parts that are under way.
        public var uploadCount: UInt64
        /// Bucket Keys that it wraps.
        public var bucketKeyCount: UInt64
    }

    /// What is in one bucket.
    public struct Bucket: Sendable, Hashable {
        /// The bucket's name.
        public var name: String
        /// By version of the key, in order of the versions as texts.
        public var versions: [Version]
        /// Those of the objects that are locked in compliance mode at present: nobody may delete them yet.
        public var lockedCount: UInt64
        /// Their bytes.
        public var lockedBytes: UInt64
        /// In milliseconds since 1970; nil where there is none.
        var lockedUntilMilliseconds: Int64?

        /// When the last of those locks ends; nil where there is none.
        public var lockedUntil: Date? { lockedUntilMilliseconds.map { Date(storeMilliseconds: $0) } }
        /// Versions of objects that are sealed under the key.
        public var objectCount: UInt64 { versions.saturatedTotal(\.objectCount) }
        /// Bytes of those objects, before sealing.
        public var bytes: UInt64 { versions.saturatedTotal(\.bytes) }
        /// Uploads in parts that are under way.
        public var uploadCount: UInt64 { versions.saturatedTotal(\.uploadCount) }
        /// Bucket Keys that the key wraps. One that no object names any more is there as long as its bucket.
        public var bucketKeyCount: UInt64 { versions.saturatedTotal(\.bucketKeyCount) }
    }

    /// The key, as objects name it.
    public var keyID: String
    /// Only those in which something hangs on the key, in order of their names.
    public var buckets: [Bucket]

    /// Versions of objects that are sealed under the key.
    public var objectCount: UInt64 { buckets.saturatedTotal(\.objectCount) }
    /// Bytes of those objects, before sealing.
    public var bytes: UInt64 { buckets.saturatedTotal(\.bytes) }
    /// Uploads in parts that are under way.
    public var uploadCount: UInt64 { buckets.saturatedTotal(\.uploadCount) }
    /// Bucket Keys that the key wraps.
    public var bucketKeyCount: UInt64 { buckets.saturatedTotal(\.bucketKeyCount) }
    /// Objects that are locked in compliance mode at present.
    public var lockedCount: UInt64 { buckets.saturatedTotal(\.lockedCount) }
    /// When the last of those locks ends; nil where there is none.
    public var lockedUntil: Date? { buckets.compactMap(\.lockedUntil).max() }
}
