/// A quota as KMS has them: so many a second, and at once as many as a second brings.
///
/// Pure, and exact: it counts in billionths of a token, because nanoseconds are what it is given. A bucket that has
/// been left alone for a second is full, like a new one: nothing is lost with it.
struct TokenBucket: Sendable, Equatable {
    static let ratePerSecondMax = 1_000_000
    private static let billion: UInt64 = 1_000_000_000

    let ratePerSecond: UInt64
    /// In billionths of a token.
    private var level: UInt64
    private var updatedNanoseconds: UInt64

    /// Full.
    init(ratePerSecond: Int, at nowNanoseconds: UInt64) {
        precondition((1...Self.ratePerSecondMax).contains(ratePerSecond), "checked where a quota is set")
        self.ratePerSecond = UInt64(ratePerSecond)
        level = self.ratePerSecond * Self.billion
        updatedNanoseconds = nowNanoseconds
    }

    /// After how many nanoseconds there is a token; zero if there is one.
    mutating func wait(at nowNanoseconds: UInt64) -> UInt64 {
        refill(at: nowNanoseconds)
        guard level < Self.billion else { return 0 }
        return (Self.billion - level + ratePerSecond - 1) / ratePerSecond
    }

    /// Takes the token that ``wait(at:)`` has found.
    mutating func take() {
        assert(level >= Self.billion, "a token is looked for before it is taken")
        level -= Self.billion
    }

    func isFull(at nowNanoseconds: UInt64) -> Bool {
        var bucket = self
        bucket.refill(at: nowNanoseconds)
        return bucket.level == bucket.capacity
    }

    private var capacity: UInt64 { ratePerSecond * Self.billion }

    private mutating func refill(at nowNanoseconds: UInt64) {
        // A host whose boot clock goes back brings no tokens, and takes none.
        guard nowNanoseconds > updatedNanoseconds else { return }
        let elapsed = min(nowNanoseconds - updatedNanoseconds, Self.billion)
        level = min(capacity, level + elapsed * ratePerSecond)
        updatedNanoseconds = nowNanoseconds
    }
}
