/// How many requests are answered.
package struct RequestRate: Sendable, Equatable {
    /// 1 to 1,000,000.
    var perSecond: Int
    /// How many may come at once after a pause, 1 to 1,000,000.
    var burst: Int

    package init(perSecond: Int, burst: Int) { (self.perSecond, self.burst) = (perSecond, burst) }
}

/// How many requests are answered to one requester; nil for all.
package struct RequestRates: Sendable, Equatable {
    /// Those that an access key has signed.
    var accessKey: RequestRate?
    /// Those that nobody has signed, or not rightly, by where they come from.
    var address: RequestRate?

    package init(accessKey: RequestRate? = nil, address: RequestRate? = nil) {
        (self.accessKey, self.address) = (accessKey, address)
    }
}
