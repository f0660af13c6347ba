internal import Synchronization

/// Wakes those who wait for commits. While nobody waits it costs the committer one look at a flag for each group.
final class CommitSignal: Sendable {
    private struct State {
        var sleepers: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextSleeper: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())
    private let hasSleepers = Atomic(false)

    /// Commits have become visible.
    func announce() {
        // In one order with the sleeper's: it says that it sleeps, then looks for commits; here they are made
        // visible, then is looked for sleepers. One of the two sees the other.
        guard hasSleepers.load(ordering: .sequentiallyConsistent) else { return }
        wakeAll()
    }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    /// Nobody waits from now on.
    func finish() {
        state.withLock { $0.isFinished = true }
        wakeAll()
    }

    private func wakeAll() {
        let sleepers = state.withLock { state in
            defer { state.sleepers = [:] }
            hasSleepers.store(false, ordering: .sequentiallyConsistent)
            return state.sleepers
        }
        for sleeper in sleepers.values { sleeper.resume() }
    }

    /// Returns when there may be something new, when the store is closed, or when the task is cancelled.
    ///
    /// - Parameter hasNews: asked again once the caller is sure to be woken.
    func wait(unless hasNews: () -> Bool) async {
        let sleeper = state.withLock { state in
            defer { state.nextSleeper += 1 }
            return state.nextSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let sleeps = state.withLock { state in
                    guard !state.isFinished else { return false }
                    state.sleepers[sleeper] = continuation
                    hasSleepers.store(true, ordering: .sequentiallyConsistent)
                    return true
                }
                if !sleeps { continuation.resume() } else if hasNews() || Task.isCancelled { wake(sleeper) }
            }
        } onCancel: {
            wake(sleeper)
        }
    }

    private func wake(_ sleeper: UInt64) {
        state.withLock { $0.sleepers.removeValue(forKey: sleeper) }?.resume()
    }
}
