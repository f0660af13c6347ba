internal import StrongroomSystem
internal import Synchronization

/// A clock that moves only when told to. For simulations: time that stands still would keep locks
/// and retention of a real store from ever ending.
package final class ManualClock: StoreClock {
    private struct Time {
        var wallMilliseconds: Int64
        var bootNanoseconds: UInt64
    }

    private let time: Mutex<Time>

    package init(wallMilliseconds: Int64 = 1_700_000_000_000, bootNanoseconds: UInt64 = 1_000_000_000) {
        time = Mutex(Time(wallMilliseconds: wallMilliseconds, bootNanoseconds: bootNanoseconds))
    }

    package func wallMilliseconds() -> Int64 { time.withLock { $0.wallMilliseconds } }

    package func bootNanoseconds() -> UInt64 { time.withLock { $0.bootNanoseconds } }

    /// Moves both clocks on.
    package func advance(milliseconds: UInt64) {
        time.withLock { time in
            time.wallMilliseconds += Int64(milliseconds)
            time.bootNanoseconds += milliseconds * 1_000_000
        }
    }

    /// Sets the wall clock alone, as an administrator or a time server does; also backwards.
    package func setWall(milliseconds: Int64) {
        time.withLock { $0.wallMilliseconds = milliseconds }
    }
}
