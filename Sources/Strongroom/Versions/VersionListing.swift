#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Which versions to list, and how many.
public struct VersionListOptions: Sendable, Hashable {
    /// Only keys that begin with this.
    public var prefix: String
    /// Keys that share what stands before this, after the prefix, are rolled up into one common prefix.
    public var delimiter: String?
    /// Only keys after this one, in byte order.
    public var startAfter: String?
    /// At most this many versions and common prefixes, 1 to 1,000.
    public var limit: Int
    /// Where the page before stopped; goes before `startAfter`.
    public var continuation: VersionContinuation?

    /// Options with defaults for all that is left out.
    public init(
        prefix: String = "", delimiter: String? = nil, startAfter: String? = nil,
        limit: Int = ListOptions.limitMaximum, continuation: VersionContinuation? = nil
    ) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.startAfter = startAfter
        self.limit = limit
        self.continuation = continuation
    }

    func check() throws(StoreError) {
        try ListOptions(prefix: prefix, delimiter: delimiter, startAfter: startAfter, limit: limit).check()
    }
}

/// Where a listing of versions goes on. Stays valid while others write.
public struct VersionContinuation: Sendable, Hashable {
    /// The first entry that the next page may hold.
    var lowerBound: VersionPosition

    init(lowerBound: VersionPosition) { self.lowerBound = lowerBound }

    /// Behind a version of a key, by the version's place in the commit order: versions of a key are listed from the
    /// newest to the oldest.
    package init(behind key: String, lsn: UInt64) {
        lowerBound = VersionPosition(key: Array(key.utf8), rank: ~lsn &+ 1)
    }

    /// Behind all keys that begin so.
    package static func behind(prefix: String) -> VersionContinuation {
        VersionContinuation(
            lowerBound: VersionPosition(key: RowKey.successor(ofPrefix: Array(prefix.utf8)) ?? [0xFF], rank: 0))
    }
}

/// One entry of a listing of versions.
public enum VersionEntry: Sendable, Hashable {
    /// A version that is an object. `isLatest`: no version of its key is newer.
    case object(ObjectInfo, isLatest: Bool)
    /// A version that says that there is no object.
    case deleteMarker(DeleteMarkerInfo, isLatest: Bool)

    /// The key.
    public var key: ObjectKey {
        switch self {
        case .object(let info, _): info.key
        case .deleteMarker(let info, _): info.key
        }
    }

    /// The version.
    public var versionID: VersionID {
        switch self {
        case .object(let info, _): info.versionID
        case .deleteMarker(let info, _): info.versionID
        }
    }

    /// Position of the version in the store's commit order.
    public var lsn: UInt64 {
        switch self {
        case .object(let info, _): info.lsn
        case .deleteMarker(let info, _): info.lsn
        }
    }

    /// Whether no version of the key is newer.
    public var isLatest: Bool {
        switch self {
        case .object(_, let isLatest), .deleteMarker(_, let isLatest): isLatest
        }
    }

    /// Whether it is a delete marker.
    public var isDeleteMarker: Bool { if case .deleteMarker = self { true } else { false } }
}

/// What is true of a delete marker.
public struct DeleteMarkerInfo: Sendable, Hashable {
    /// The key.
    public var key: ObjectKey
    /// The marker's own version.
    public var versionID: VersionID
    /// When the delete was committed.
    public var lastModified: Date
    /// Position of the delete in the store's commit order.
    public var lsn: UInt64
}

/// One page of versions, consistent in itself: all of it was true at one moment.
public struct VersionPage: Sendable, Hashable {
    /// The versions in S3's order: by key in byte order, the newest of a key first.
    public var entries: [VersionEntry]
    /// What was rolled up by the delimiter, in byte order.
    public var commonPrefixes: [String]
    /// Rows that are there and cannot be trusted.
    public var damaged: [DamagedObject]
    /// Pass it on for the next page; nil when this was the last.
    public var continuation: VersionContinuation?
    /// The commit up to which the page is complete.
    public var lsn: UInt64
}

extension Bucket {
    /// One page of all versions of the bucket's objects, delete markers included.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidArgument``,
    ///   ``StoreError/Code/storeLocked``.
    public func listVersions(
        _ options: VersionListOptions = VersionListOptions()
    ) async throws(StoreError) -> VersionPage {
        try options.check()
        return try await engine.observing(.list, name) { () async throws(StoreError) in
            try await engine.listVersions(options, in: name)
        }
    }
}
