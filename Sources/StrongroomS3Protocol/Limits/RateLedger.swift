internal import StrongroomPolicy
internal import StrongroomSystem

/// What is left of the rates: a bucket of tokens for each requester that has been seen.
///
/// Memory is bounded, however many come: a full bucket is no other than a new one, and goes; while there is none to go,
/// newcomers of a kind share one.
struct RateLedger: Sendable {
    /// Whom requests count against.
    enum Requester: Hashable, Sendable {
        case accessKey(String)
        /// Nil for connections that have no address.
        case address(AddressBlock?)
    }

    private enum Holder: Hashable {
        case known(Requester)
        case newAccessKeys, newAddresses
    }

    static let bucketsMax = 16_384
    /// How long nothing is looked for that could go, once nothing was found.
    private static let sweepPauseNanoseconds: UInt64 = 100_000_000

    let rates: RequestRates
    private var buckets: [Holder: TokenBucket] = [:]
    private var nextSweepNanoseconds: UInt64 = 0

    init(_ rates: RequestRates) { self.rates = rates }

    var bucketCount: Int { buckets.count }

    /// Takes a token of the requester's.
    ///
    /// - Returns: whether there was one.
    mutating func take(_ requester: Requester, at nowNanoseconds: UInt64) -> Bool {
        let rate: RequestRate?
        let newcomers: Holder
        switch requester {
        case .accessKey: (rate, newcomers) = (rates.accessKey, .newAccessKeys)
        case .address: (rate, newcomers) = (rates.address, .newAddresses)
        }
        guard let rate else { return true }
        let holder = holder(.known(requester), otherwise: newcomers, at: nowNanoseconds)
        var bucket =
            buckets[holder] ?? TokenBucket(ratePerSecond: rate.perSecond, burst: rate.burst, at: nowNanoseconds)
        let isThere = bucket.wait(at: nowNanoseconds) == 0
        if isThere { bucket.take() }
        buckets[holder] = bucket
        return isThere
    }

    private mutating func holder(_ wanted: Holder, otherwise newcomers: Holder, at nowNanoseconds: UInt64) -> Holder {
        if buckets[wanted] != nil || buckets.count < Self.bucketsMax { return wanted }
        if nowNanoseconds >= nextSweepNanoseconds {
            buckets = buckets.filter { !$0.value.isFull(at: nowNanoseconds) }
            guard buckets.count >= Self.bucketsMax else { return wanted }
            nextSweepNanoseconds = nowNanoseconds + Self.sweepPauseNanoseconds
        }
        return newcomers
    }
}
