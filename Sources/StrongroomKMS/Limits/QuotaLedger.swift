internal import StrongroomSystem

/// What is left of the quotas: a bucket for each account and class that has been seen, and for each principal where
/// one may have only a part, as far as there is room; for the newcomers of an account one.
struct QuotaLedger: Sendable {
    static let bucketsMax = 4_096

    private struct Holder: Hashable {
        let operations: KeyOperationClass
        /// Nil stands for all accounts that found no room.
        let account: String?
        var principal: String?
        /// Whether these are the newcomers of the account.
        var isShared = false
    }

    let quotas: KeyQuotas
    private var buckets = TokenBuckets<Holder>(countMax: bucketsMax)
    /// How many requests found nothing left.
    private(set) var throttledCount = 0

    init(_ quotas: KeyQuotas) { self.quotas = quotas }

    var bucketCount: Int { buckets.count }

    /// Takes a token of the account's and of the caller's bucket, or of neither.
    ///
    /// - Returns: nil where there was one; else after how many nanoseconds there is.
    mutating func take(
        _ operation: KeyOperation, account: String, principal: String, at nowNanoseconds: UInt64
    ) -> UInt64? {
        let operations = KeyOperationClass(of: operation)
        guard let rate = quotas[operations] else { return nil }
        let accounts = buckets.holder(
            Holder(operations: operations, account: account), otherwise: Holder(operations: operations, account: nil),
            at: nowNanoseconds)
        var bucket = buckets[accounts] ?? TokenBucket(ratePerSecond: rate, at: nowNanoseconds)
        var wait = bucket.wait(at: nowNanoseconds)
        guard quotas.callerPercent < 100 else { return settle(wait, [(accounts, bucket)]) }
        let callers = buckets.holder(
            Holder(operations: operations, account: account, principal: principal),
            otherwise: Holder(operations: operations, account: accounts.account, isShared: true), at: nowNanoseconds)
        var own =
            buckets[callers]
            ?? TokenBucket(ratePerSecond: max(1, rate * quotas.callerPercent / 100), at: nowNanoseconds)
        wait = max(wait, own.wait(at: nowNanoseconds))
        return settle(wait, [(accounts, bucket), (callers, own)])
    }

    private mutating func settle(_ wait: UInt64, _ taken: [(holder: Holder, bucket: TokenBucket)]) -> UInt64? {
        for (holder, bucket) in taken {
            var bucket = bucket
            if wait == 0 { bucket.take() }
            buckets[holder] = bucket
        }
        guard wait > 0 else { return nil }
        throttledCount += 1
        return wait
    }
}
