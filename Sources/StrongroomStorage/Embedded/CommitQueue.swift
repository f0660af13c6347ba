internal import Glibc
internal import StrongroomSystem
internal import Synchronization

/// Hands commits from tasks to the committer's thread: a lock to join, and one wake-up a group, not
/// one a commit.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [CommitRequest] = []
        /// The committer sleeps until this many wait. Nobody wakes it while it works.
        var wakeCount = Int.max
        var isClosed = false
    }

    enum Event {
        case group([CommitRequest])
        /// Nothing came within the idle time.
        case idle
        /// Closed and drained.
        case closed
    }

    /// How long the committer waits for writers that it expects back.
    private static let gatherNanoseconds: UInt64 = 100_000
    private static let spinDuration = Duration.microseconds(50)

    private let monitor = Monitor(State())
    /// `waiting.count`, to be looked at without the lock.
    private let waitingCountHint = Atomic(0)

    /// False when the queue is closed; the request is then not taken.
    func submit(_ request: CommitRequest) -> Bool {
        let (isTaken, mustWake) = monitor.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(request)
            waitingCountHint.store(state.waiting.count, ordering: .relaxed)
            guard state.waiting.count >= state.wakeCount else { return (true, false) }
            state.wakeCount = .max
            return (true, true)
        }
        if mustWake { monitor.signal() }
        return isTaken
    }

    /// What waits already takes its way; nothing more is taken.
    func close() {
        monitor.withLock { $0.isClosed = true }
        monitor.signal()
    }

    var waitingCount: Int { monitor.withLock { $0.waiting.count } }

    /// Blocks until there is something to do.
    ///
    /// - Parameters:
    ///   - expected: how many writers there seem to be. When fewer wait, the rest is given a moment:
    ///     those just resumed come back within microseconds, and one sync then serves all of them. A
    ///     single writer (1) never waits.
    ///   - idleNanoseconds: after how long without any commit `.idle` is returned; nil never.
    func next(expecting expected: Int, idleNanoseconds: UInt64?) -> Event {
        if idleNanoseconds != nil { spin(until: expected) }
        let arrived: Bool
        if let idleNanoseconds {
            arrived = monitor.wait(until: Self.awaits(1), timeoutNanoseconds: idleNanoseconds) { !$1 }
        } else {
            monitor.wait(until: Self.awaits(1)) { _ in }
            arrived = true
        }
        guard arrived else { return .idle }
        return monitor.wait(until: Self.awaits(expected), timeoutNanoseconds: Self.gatherNanoseconds) { state, _ in
            state.wakeCount = .max
            guard !state.waiting.isEmpty else { return .closed }
            let group = state.waiting
            waitingCountHint.store(0, ordering: .relaxed)
            // The next group is likely as large: no growing by doubling under the lock.
            state.waiting = []
            state.waiting.reserveCapacity(group.count)
            return .group(group)
        }
    }

    /// Looks out for writers who were just told: they come back within microseconds, sooner than a
    /// sleeping thread wakes up. Others who can use the processor get it.
    private func spin(until expected: Int) {
        let start = ContinuousClock.now
        while waitingCountHint.load(ordering: .relaxed) < expected, start.duration(to: .now) < Self.spinDuration {
            sched_yield()
        }
    }

    private static func awaits(_ count: Int) -> (inout State) -> Bool {
        { state in
            if state.isClosed || state.waiting.count >= count { return true }
            state.wakeCount = count
            return false
        }
    }
}
