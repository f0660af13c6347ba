/// When a server, or a ``LifecycleService``, deletes what the rules of buckets have come to.
public enum LifecycleRuns: Sendable, Hashable {
    /// Never: somebody else calls `Store.runLifecycle`.
    case never
    /// At the start, and then each day after midnight of UTC, when things become due.
    case daily
    /// At the start, and then so many seconds after the end of each run, 1 to 31,536,000.
    case every(seconds: Int)

    /// Behind midnight by the wall clock, so that it is past midnight by the store's, too.
    static let delaySeconds = 300
    /// A year: nobody waits longer.
    static let secondsMaximum = 31_536_000
    private static let daySeconds = 86_400

    func check() throws(S3ServerError) {
        guard case .every(let seconds) = self, !(1...Self.secondsMaximum).contains(seconds) else { return }
        throw S3ServerError(.invalidOption, "Lifecycle rules are run every 1 to \(Self.secondsMaximum) s.")
    }

    /// When the next run begins after one that began and ended at these moments, in seconds since 1970.
    func nextSeconds(begun: Int, ended: Int) -> Int {
        switch self {
        case .never: return .max
        case .every(let seconds): return ended + seconds
        case .daily:
            // A run that began before the moment of its day has not seen what became due then.
            let day = (begun - Self.delaySeconds).quotientRoundedDown(by: Self.daySeconds)
            return (day + 1) * Self.daySeconds + Self.delaySeconds
        }
    }
}

extension Int {
    fileprivate func quotientRoundedDown(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
