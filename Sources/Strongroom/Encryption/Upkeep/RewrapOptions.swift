internal import StrongroomKeys

/// What to wrap anew, and how fast.
public struct RewrapOptions: Sendable, Hashable {
    /// Only what is under this key (``KMSEncryption/keyID``, ``S3ManagedEncryption/keyID``); nil for all keys.
    public var keyID: String?
    /// Where a run before this one stopped; nil for the beginning.
    public var after: RewrapCursor?
    /// At most so many keys are wrapped anew; nil for no limit.
    public var limit: UInt64?
    /// At most so many a second; nil for as fast as it goes. Each costs three calls of the key backend and a commit.
    public var ratePerSecond: Int?

    /// All keys, as fast as it goes, from the beginning.
    public init(
        keyID: String? = nil, after: RewrapCursor? = nil, limit: UInt64? = nil, ratePerSecond: Int? = nil
    ) {
        self.keyID = keyID
        self.after = after
        self.limit = limit
        self.ratePerSecond = ratePerSecond
    }

    func check() throws(StoreError) {
        guard ratePerSecond.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw StoreError(
                .invalidArgument, "ratePerSecond is \(ratePerSecond ?? 0); it may be 1 to 1,000,000, or left out.")
        }
    }
}

/// Where a run of ``Store/rewrapKeys(_:progress:)`` stopped. Can be written down and used by a later process.
public struct RewrapCursor: Sendable, Hashable, CustomStringConvertible {
    let rowKey: [UInt8]

    init(rowKey: [UInt8]) { self.rowKey = rowKey }

    /// Reads what ``description`` wrote.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument``.
    public init(_ text: String) throws(StoreError) {
        guard let bytes = Hexadecimal.decode(text), let table = bytes.first, Engine.sealedTables.contains(table),
            bytes.count <= 4_096
        else { throw StoreError(.invalidArgument, "\(text.prefix(100).debugDescription) is no place to go on from.") }
        rowKey = bytes
    }

    /// The place, in hexadecimal. Nothing secret: it names a row.
    public var description: String { Hexadecimal.encode(rowKey) }
}

/// What a run did.
public struct RewrapReport: Sendable, Hashable {
    /// Wrapped anew, under the current version of their key.
    public var rewrappedCount: UInt64 = 0
    /// Under the current version already.
    public var currentCount: UInt64 = 0
    /// What could not be wrapped anew, and why, at most ``VerificationReport/findingsLimit`` of it: a key that is
    /// disabled, a key service that is not there, a row that is damaged.
    public var failures: [VerificationReport.Finding] = []
    /// Failures beyond that.
    public var unlistedFailureCount: UInt64 = 0
    /// Where to go on; nil when all was gone through.
    public var cursor: RewrapCursor?

    /// Whether everything that was there when the run ended is under the current version of its key. A put that began
    /// before the rotation, and is still sending its body, comes later under the old one: run again when those have
    /// ended.
    public var isComplete: Bool { cursor == nil && failures.isEmpty && unlistedFailureCount == 0 }

    mutating func note(_ place: String, _ reason: String) {
        if failures.count < VerificationReport.findingsLimit {
            failures.append(.init(place: place, reason: reason))
        } else {
            unlistedFailureCount += 1
        }
    }
}
