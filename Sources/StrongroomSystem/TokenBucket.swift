/// So many of something a second, and some at once after a pause.
///
/// Pure, and exact: it counts in billionths of a token, because nanoseconds are what it is given. A bucket that has
/// been left alone for long enough is full, like a new one: nothing is lost with it.
package struct TokenBucket: Sendable, Equatable {
    package static let ratePerSecondMax = 1_000_000
    package static let burstMax = 1_000_000
    private static let billion: UInt64 = 1_000_000_000

    package let ratePerSecond: UInt64
    /// In billionths of a token.
    private let capacity: UInt64
    private var level: UInt64
    private var updatedNanoseconds: UInt64

    /// Full.
    ///
    /// - Parameter burst: how many tokens it holds; by default as many as a second brings.
    package init(ratePerSecond: Int, burst: Int? = nil, at nowNanoseconds: UInt64) {
        precondition((1...Self.ratePerSecondMax).contains(ratePerSecond), "checked where a rate is set")
        precondition((1...Self.burstMax).contains(burst ?? 1), "checked where a rate is set")
        self.ratePerSecond = UInt64(ratePerSecond)
        capacity = UInt64(burst ?? ratePerSecond) * Self.billion
        level = capacity
        updatedNanoseconds = nowNanoseconds
    }

    /// After how many nanoseconds there is a token; zero if there is one.
    package mutating func wait(at nowNanoseconds: UInt64) -> UInt64 {
        refill(at: nowNanoseconds)
        guard level < Self.billion else { return 0 }
        return (Self.billion - level + ratePerSecond - 1) / ratePerSecond
    }

    /// Takes the token that ``wait(at:)`` has found.
    package mutating func take() {
        assert(level >= Self.billion, "a token is looked for before it is taken")
        level -= Self.billion
    }

    package func isFull(at nowNanoseconds: UInt64) -> Bool {
        var bucket = self
        bucket.refill(at: nowNanoseconds)
        return bucket.level == bucket.capacity
    }

    private mutating func refill(at nowNanoseconds: UInt64) {
        // A host whose boot clock goes back brings no tokens, and takes none.
        guard nowNanoseconds > updatedNanoseconds else { return }
        // No longer than it takes to fill: the product cannot overflow.
        let elapsed = min(nowNanoseconds - updatedNanoseconds, (capacity + ratePerSecond - 1) / ratePerSecond)
        level = min(capacity, level + elapsed * ratePerSecond)
        updatedNanoseconds = nowNanoseconds
    }
}
