internal import Glibc
internal import Synchronization

/// Where a task waits for what becomes of its commit. It is told once, on the committer's thread, which may be
/// before it begins to wait: then it does not sleep at all.
final class CommitWaiter: Sendable {
    typealias Completion = CommitRequest.Completion

    private enum State {
        case pending(CheckedContinuation<Completion, Never>?)
        case told(Completion)
    }

    private let state = Mutex(State.pending(nil))
    /// The same as `state`, to be looked at without the lock.
    private let isTold = Atomic(false)

    func tell(_ completion: Completion) {
        let sleeper = state.withLock { state in
            guard case .pending(let sleeper) = state else { preconditionFailure("a commit ends once") }
            state = .told(completion)
            return sleeper
        }
        isTold.store(true, ordering: .releasing)
        sleeper?.resume(returning: completion)
    }

    /// Looks out for the end for a while: to put a thread to sleep and to wake it can take longer than a fast disk
    /// takes to write. Threads that can use the processor get it.
    func lookOut(for duration: Duration, while isWorthwhile: () -> Bool) {
        let start = ContinuousClock.now
        while !isTold.load(ordering: .acquiring), isWorthwhile(), start.duration(to: .now) < duration { sched_yield() }
    }

    func wait() async -> Completion {
        if isTold.load(ordering: .acquiring), case .told(let completion) = state.withLock({ $0 }) { return completion }
        return await withCheckedContinuation { continuation in
            let completion: Completion? = state.withLock { state in
                if case .told(let completion) = state { return completion }
                state = .pending(continuation)
                return nil
            }
            if let completion { continuation.resume(returning: completion) }
        }
    }
}
