/// What a run of ``Store/runLifecycle(_:progress:)`` looks at, and how fast it deletes.
public struct LifecycleOptions: Sendable, Hashable {
    /// One bucket alone; nil for all of them.
    public var bucket: BucketName?
    /// At most so many objects, versions and uploads a second go; nil for as fast as it goes.
    public var ratePerSecond: Int?

    /// All buckets, as fast as it goes.
    public init(bucket: BucketName? = nil, ratePerSecond: Int? = nil) {
        self.bucket = bucket
        self.ratePerSecond = ratePerSecond
    }

    func check() throws(StoreError) { try Pace.check(ratePerSecond, "ratePerSecond", atMost: 1_000_000) }
}
