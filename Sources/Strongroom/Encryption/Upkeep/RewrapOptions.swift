/// What to wrap anew, and how fast.
public struct RewrapOptions: Sendable, Hashable {
    /// Only what is under this key (``KMSEncryption/keyID``, ``S3ManagedEncryption/keyID``); nil for all keys.
    public var keyID: String?
    /// Where a run before this one stopped; nil for the beginning.
    public var after: UpkeepCursor?
    /// At most so many keys are wrapped anew; nil for no limit.
    public var limit: UInt64?
    /// At most so many a second; nil for as fast as it goes. Each costs three calls of the key backend and a commit.
    public var ratePerSecond: Int?

    /// All keys, as fast as it goes, from the beginning.
    public init(
        keyID: String? = nil, after: UpkeepCursor? = nil, limit: UInt64? = nil, ratePerSecond: Int? = nil
    ) {
        self.keyID = keyID
        self.after = after
        self.limit = limit
        self.ratePerSecond = ratePerSecond
    }

    func check() throws(StoreError) { try Pace.check(ratePerSecond, "ratePerSecond", atMost: 1_000_000) }
}

/// What a run did.
public struct RewrapReport: Sendable, Hashable {
    /// Wrapped anew, under the current version of their key.
    public var rewrappedCount: UInt64 = 0
    /// Under the current version when the run met them for the last time, what it had wrapped before among them.
    public var currentCount: UInt64 = 0
    /// What could not be wrapped anew, and why, at most ``VerificationReport/findingsLimit`` of it: a key that is
    /// disabled, a key service that is not there, a row that is damaged.
    public var failures: [VerificationReport.Finding] = []
    /// Failures beyond that.
    public var unlistedFailureCount: UInt64 = 0
    /// Where to go on; nil when all was gone through. A report that is given to `progress` says where a later run goes
    /// on if this one is broken off.
    public var cursor: UpkeepCursor?

    /// Whether everything that was there when the run ended is under the current version of its key. A put that began
    /// before the rotation, and is still sending its body, comes later under the old one: run again when those have
    /// ended.
    public var isComplete: Bool { cursor == nil && failures.isEmpty && unlistedFailureCount == 0 }

    mutating func note(_ place: String, _ reason: String) {
        failures.note(.init(place: place, reason: reason), unlistedCount: &unlistedFailureCount)
    }
}
