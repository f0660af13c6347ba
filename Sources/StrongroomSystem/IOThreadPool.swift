internal import DequeModule

/// Threads for calls that block, so that Swift's cooperative pool never does.
///
/// A thread that finishes takes the next waiting work without sleeping in between; a thread is woken
/// only when one sleeps, so that under load handing over costs a lock and no system call.
package final class IOThreadPool: Sendable {
    private let queue: Queue
    private let threadCount: Int

    /// What the threads hold. Not the pool itself: dropping it must end them.
    private typealias Queue = Monitor<QueueState>

    private struct QueueState {
        var waiting = Deque<@Sendable () -> Void>()
        var sleepingThreads = 0
        var runningThreads: Int
        var isShutDown = false
        var whenEnded: [@Sendable () -> Void] = []
    }

    package init(threadCount: Int, name: String = "strongroom-io") {
        precondition(threadCount > 0, "a pool needs a thread")
        let queue = Queue(QueueState(runningThreads: threadCount))
        self.queue = queue
        self.threadCount = threadCount
        for _ in 0..<threadCount {
            _ = DedicatedThread(name: name) { Self.work(queue) }
        }
    }

    deinit {
        queue.withLock { $0.isShutDown = true }
        queue.broadcast()
    }

    /// Runs `work` on one of the threads. Traps after `shutDown`.
    ///
    /// Cancelling the task does not interrupt work that waits or runs: its effects would be unknown.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        typealias Continuation = CheckedContinuation<Result<Value, Failure>, Never>
        let result = await withCheckedContinuation { (continuation: Continuation) in
            submit { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }

    /// Queues `work` and returns at once. Traps after `shutDown`.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        let mustWake = queue.withLock { state in
            precondition(!state.isShutDown, "a pool was used after its shutdown")
            state.waiting.append(work)
            return state.sleepingThreads > 0
        }
        if mustWake { queue.signal() }
    }

    /// Takes no more work, and returns when all that was queued is done and the threads have ended.
    package func shutDown() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let hasEnded = queue.withLock { state in
                state.isShutDown = true
                if state.runningThreads == 0 { return true }
                state.whenEnded.append { continuation.resume() }
                return false
            }
            queue.broadcast()
            if hasEnded { continuation.resume() }
        }
    }

    private static func work(_ queue: Queue) {
        while let work = next(queue) { work() }
        let whenEnded: [@Sendable () -> Void] = queue.withLock { state in
            state.runningThreads -= 1
            return state.runningThreads == 0 ? state.whenEnded : []
        }
        for callback in whenEnded { callback() }
    }

    private static func next(_ queue: Queue) -> (@Sendable () -> Void)? {
        var isSleeping = false
        return queue.wait(
            until: { state in
                if !state.waiting.isEmpty || state.isShutDown {
                    if isSleeping { state.sleepingThreads -= 1 }
                    return true
                }
                if !isSleeping { state.sleepingThreads += 1 }
                isSleeping = true
                return false
            },
            { state in state.waiting.popFirst() })
    }
}
