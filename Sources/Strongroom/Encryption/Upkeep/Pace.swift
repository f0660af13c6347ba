internal import StrongroomSystem
internal import Synchronization

/// Keeps work from being done faster than was asked for.
final class Pace: Sendable {
    private let intervalNanoseconds: UInt64?
    private let nextNanoseconds = Mutex<UInt64>(0)

    init(_ ratePerSecond: Int?) {
        intervalNanoseconds = ratePerSecond.map { 1_000_000_000 / UInt64($0) }
    }

    /// Called behind each piece of work.
    func wait() async throws(StoreError) {
        guard let intervalNanoseconds else { return }
        let now = PosixClock().bootNanoseconds()
        let due = nextNanoseconds.withLock { next in
            next = max(next, now) + intervalNanoseconds
            return next
        }
        guard due > now else { return }
        do {
            try await Task.sleep(for: .nanoseconds(Int64(due - now)))
        } catch {
            throw StoreError(.cancelled, "The work was cancelled; what is done is done, and it can be taken up again.")
        }
    }
}
