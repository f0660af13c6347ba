/// Buckets of tokens by whoever takes them.
///
/// Memory is bounded, however many come: a full bucket is no other than a new one, and goes; while there is none to go,
/// newcomers share one.
package struct TokenBuckets<Holder: Hashable & Sendable>: Sendable {
    /// How long nothing is looked for that could go, once nothing was found.
    private static var sweepPauseNanoseconds: UInt64 { 100_000_000 }

    private let countMax: Int
    private var buckets: [Holder: TokenBucket] = [:]
    private var nextSweepNanoseconds: UInt64 = 0

    package init(countMax: Int) { self.countMax = countMax }

    package var count: Int { buckets.count }

    /// Nil for who has not been seen, or has not taken anything for long.
    package subscript(holder: Holder) -> TokenBucket? {
        get { buckets[holder] }
        set { buckets[holder] = newValue }
    }

    /// Whose bucket is asked for whom: their own, or, where there is no room for another one, `shared`.
    package mutating func holder(
        _ wanted: Holder, otherwise shared: Holder, at nowNanoseconds: UInt64
    ) -> Holder {
        if buckets[wanted] != nil || buckets.count < countMax { return wanted }
        if nowNanoseconds >= nextSweepNanoseconds {
            buckets = buckets.filter { !$0.value.isFull(at: nowNanoseconds) }
            guard buckets.count >= countMax else { return wanted }
            nextSweepNanoseconds = nowNanoseconds + Self.sweepPauseNanoseconds
        }
        return shared
    }
}
