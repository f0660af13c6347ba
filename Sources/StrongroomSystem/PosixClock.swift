internal import Glibc

/// The machine's clocks.
package struct PosixClock: StoreClock {
    package init() {}

    package func wallMilliseconds() -> Int64 {
        let time = now(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    package func bootNanoseconds() -> UInt64 {
        // CLOCK_BOOTTIME and not CLOCK_MONOTONIC: it also counts while the machine is suspended.
        let time = now(CLOCK_BOOTTIME)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func now(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Safe: `time` outlives the call.
        let result = unsafe clock_gettime(clock, &time)
        precondition(result == 0, "Linux has these clocks since 2.6.39")
        return time
    }
}
