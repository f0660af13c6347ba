/// What to list, and how much of it.
public struct ListOptions: Sendable, Hashable {
    /// Only keys that begin with this.
    public var prefix: String
    /// Keys that share what stands before this, after the prefix, are rolled up into one common prefix.
    public var delimiter: String?
    /// Only keys after this one, in byte order.
    public var startAfter: String?
    /// At most this many objects and common prefixes, 1 to 1,000.
    public var limit: Int
    /// Where the page before stopped; goes before `startAfter`.
    public var continuation: ListContinuation?

    /// Options with defaults for all that is left out.
    public init(
        prefix: String = "", delimiter: String? = nil, startAfter: String? = nil, limit: Int = Self.limitMaximum,
        continuation: ListContinuation? = nil
    ) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.startAfter = startAfter
        self.limit = limit
        self.continuation = continuation
    }

    /// The most entries a page can have (S3's limit).
    public static let limitMaximum = 1_000

    func check() throws(StoreError) {
        guard (1...Self.limitMaximum).contains(limit) else {
            throw StoreError(.invalidArgument, "A page has 1 to \(Self.limitMaximum) entries, not \(limit).")
        }
        guard delimiter?.isEmpty != true else {
            throw StoreError(.invalidArgument, "The delimiter is empty; leave it out to list without one.")
        }
    }
}

/// Where a listing goes on. Stays valid while others write.
public struct ListContinuation: Sendable, Hashable {
    /// The first row key that the next page may hold, without table and bucket.
    package var lowerBound: [UInt8]

    /// - Parameter lowerBound: as a page's continuation has it. Any bytes will do: they say where to begin, no more.
    package init(lowerBound: [UInt8]) { self.lowerBound = lowerBound }

    /// Behind all keys that begin so, and with it behind what was rolled up into a common prefix.
    package static func behind(prefix: String) -> ListContinuation {
        ListContinuation(lowerBound: RowKey.successor(ofPrefix: Array(prefix.utf8)) ?? [0xFF])
    }
}

/// One page of a listing, consistent in itself: all of it was true at one moment.
public struct ListPage: Sendable, Hashable {
    /// The objects, in byte order of their keys.
    public var objects: [ObjectInfo]
    /// What was rolled up by the delimiter, in byte order.
    public var commonPrefixes: [String]
    /// Rows that are there and cannot be trusted: one damaged row spoils itself, never the listing.
    public var damaged: [DamagedObject]
    /// Pass it on for the next page; nil when this was the last.
    public var continuation: ListContinuation?
    /// The commit up to which the page is complete.
    public var lsn: UInt64
}

/// One page of names alone, which a locked store can give too. Names stand in the clear: nothing about
/// them was authenticated.
public struct NamePage: Sendable, Hashable {
    /// The keys, in byte order.
    public var names: [String]
    /// What was rolled up by the delimiter, in byte order.
    public var commonPrefixes: [String]
    /// Pass it on for the next page; nil when this was the last.
    public var continuation: ListContinuation?
}

/// An object that a listing or a verification found damaged.
public struct DamagedObject: Sendable, Hashable {
    /// The bucket.
    public var bucket: BucketName
    /// The key as far as it can be read.
    public var key: String
    /// What is wrong.
    public var reason: String
}
