internal import StrongroomSystem

/// Time and chance as the protection of a backend needs them, injected so that tests can do without waiting.
package protocol BackendPacing: Sendable {
    /// Nanoseconds of the boot clock, on which deadlines are.
    func bootNanoseconds() -> UInt64
    /// Returns after so long; fails at once where the task is cancelled.
    func pause(nanoseconds: UInt64) async throws(CancellationError)
    /// A random number from zero to `bound`.
    func random(through bound: UInt64) -> UInt64
}

/// The machine's.
package struct SystemPacing: BackendPacing {
    package init() {}

    package func bootNanoseconds() -> UInt64 { PosixClock().bootNanoseconds() }

    package func pause(nanoseconds: UInt64) async throws(CancellationError) {
        do {
            try await Task.sleep(for: .nanoseconds(Int64(clamping: nanoseconds)))
        } catch {
            throw CancellationError()
        }
    }

    package func random(through bound: UInt64) -> UInt64 { .random(in: 0...bound) }
}
