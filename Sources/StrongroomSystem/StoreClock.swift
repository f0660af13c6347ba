/// Wall and boot time, injected so that a simulated run is a pure function of its seed.
package protocol StoreClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    func wallMilliseconds() -> Int64
    /// Nanoseconds since boot; never goes back.
    func bootNanoseconds() -> UInt64
}
