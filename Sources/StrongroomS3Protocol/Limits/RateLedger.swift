internal import StrongroomPolicy
internal import StrongroomSystem

/// What is left of the rates: a bucket of tokens for each requester that has been seen, as far as there is room; for
/// the newcomers of a kind one.
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

    let rates: RequestRates
    private var buckets = TokenBuckets<Holder>(countMax: bucketsMax)

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
        let holder = buckets.holder(.known(requester), otherwise: newcomers, at: nowNanoseconds)
        var bucket =
            buckets[holder] ?? TokenBucket(ratePerSecond: rate.perSecond, burst: rate.burst, at: nowNanoseconds)
        let isThere = bucket.wait(at: nowNanoseconds) == 0
        if isThere { bucket.take() }
        buckets[holder] = bucket
        return isThere
    }
}
