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

    /// How long the committer looks out for a lone writer before it sleeps. Waking a thread takes longer than a
    /// writer needs to come back.
    private static let spinDuration = Duration.microseconds(200)

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
    ///   - expected: how many writers there seem to be. When fewer wait, the rest is given a moment: those
    ///     just told come back soon, and one sync then serves all of them. A single writer (1) never waits.
    ///   - gatherNanoseconds: how long that moment is.
    ///   - idleNanoseconds: after how long without any commit `.idle` is returned; nil never.
    func next(expecting expected: Int, gatherNanoseconds: UInt64, idleNanoseconds: UInt64?) -> Event {
        if expected > 1 {
            // All who were just told are awaited with one wake-up, not with one for the first of them.
            if let event = gather(expected, gatherNanoseconds) { return event }
        } else if idleNanoseconds != nil {
            spin()
        }
        let hasArrived: Bool
        if let idleNanoseconds {
            hasArrived = monitor.wait(until: Self.awaits(1), timeoutNanoseconds: idleNanoseconds) { !$1 }
        } else {
            monitor.wait(until: Self.awaits(1)) { _ in }
            hasArrived = true
        }
        guard hasArrived else { return .idle }
        return gather(expected, gatherNanoseconds) ?? .idle
    }

    /// Nil when nobody came.
    private func gather(_ expected: Int, _ nanoseconds: UInt64) -> Event? {
        monitor.wait(until: Self.awaits(expected), timeoutNanoseconds: nanoseconds) { state, _ in
            state.wakeCount = .max
            guard !state.waiting.isEmpty else { return state.isClosed ? .closed : nil }
            let group = state.waiting
            waitingCountHint.store(0, ordering: .relaxed)
            // The next group is likely as large: no growing by doubling under the lock.
            state.waiting = []
            state.waiting.reserveCapacity(group.count)
            return .group(group)
        }
    }

    /// Others who can use the processor get it.
    private func spin() {
        let start = ContinuousClock.now
        while waitingCountHint.load(ordering: .relaxed) == 0, start.duration(to: .now) < Self.spinDuration {
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
