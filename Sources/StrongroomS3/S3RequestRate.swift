/// How many requests are answered: so many a second, and some at once after a pause.
public struct S3RequestRate: Sendable, Hashable {
    /// 1 to 1,000,000.
    public var perSecond: Int
    /// How many may come at once after a pause, 1 to 1,000,000.
    public var burst: Int

    /// A rate.
    ///
    /// - Parameter burst: by default as many as a second brings.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst ?? perSecond
    }
}
