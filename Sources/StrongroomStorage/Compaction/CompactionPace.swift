/// How long compaction rests after each of its commits, so that writers keep the disk.
struct CompactionPace {
    /// In multiples of the time that the commit took.
    let restFactor: Double

    /// Nobody waits for it, until space gets short: the further the store has grown beyond its live payloads, the
    /// less it rests, for it has to keep up with the writers that make it grow.
    init(_ spaceRatio: Double) {
        restFactor = min(4, max(0.25, 16 * (1.6 - spaceRatio)))
    }

    private init(restFactor: Double) { self.restFactor = restFactor }

    /// Somebody waits for it.
    static let none = CompactionPace(restFactor: 0)

    func restNanoseconds(afterNanoseconds nanoseconds: UInt64) -> UInt64 {
        // A commit that waited for a checkpoint says nothing of the disk.
        UInt64(restFactor * Double(min(nanoseconds, 250_000_000)))
    }
}
