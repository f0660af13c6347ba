/// What to bring up to a bucket's default, and how fast.
public struct ResealOptions: Sendable, Hashable {
    /// Whether every object gets a new data key, also one that is as the default asks: where keys may have become
    /// known, or an algorithm is to go. Costs a rewrite of every payload.
    public var renewsDataKeys: Bool
    /// Whether objects may be brought up to a default that protects them less: from SSE-KMS or DSSE-KMS to SSE-S3, from
    /// two layers to one. Else they are left as they are and listed. To no encryption none is ever brought.
    public var allowsLesserModes: Bool
    /// Where a run before this one stopped; nil for the beginning.
    public var after: UpkeepCursor?
    /// At most so many objects are changed; nil for no limit.
    public var limit: UInt64?
    /// At most so many objects a second are changed, or tried to be; nil for as fast as it goes.
    public var ratePerSecond: Int?
    /// At most so many bytes of plaintext are sealed anew a second, on the average; nil for as fast as it goes.
    public var bytesPerSecond: Int?

    /// Everything that is not as the default asks, as fast as it goes, from the beginning.
    public init(
        renewsDataKeys: Bool = false, allowsLesserModes: Bool = false, after: UpkeepCursor? = nil,
        limit: UInt64? = nil, ratePerSecond: Int? = nil, bytesPerSecond: Int? = nil
    ) {
        self.renewsDataKeys = renewsDataKeys
        self.allowsLesserModes = allowsLesserModes
        self.after = after
        self.limit = limit
        self.ratePerSecond = ratePerSecond
        self.bytesPerSecond = bytesPerSecond
    }

    func check() throws(StoreError) {
        try Pace.check(ratePerSecond, "ratePerSecond", atMost: 1_000_000)
        try Pace.check(bytesPerSecond, "bytesPerSecond", atMost: 1 << 40)
    }
}
