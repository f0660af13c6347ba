internal import Synchronization

/// When a service is to look after its related keys: after it was opened or another was, after something changed that
/// they share, and again a while after an attempt that failed.
final class RelatedKeysUpkeep: Sendable {
    private struct State {
        var isDue = false
        var pausesUntilNanoseconds: UInt64 = 0
        var attempt: Task<Void, Never>?
    }

    private let state = Mutex(State())

    func markDue() {
        state.withLock { state in
            state.isDue = true
            state.pausesUntilNanoseconds = 0
        }
    }

    /// Whether there is something to do, or to wait for.
    func isWanted(at now: UInt64) -> Bool {
        state.withLock { state in
            state.attempt != nil || state.isDue && now >= state.pausesUntilNanoseconds
        }
    }

    /// Lets one caller do it while others wait for it.
    ///
    /// - Parameters:
    ///   - now: on the boot clock.
    ///   - body: returns whether all is done.
    func attempt(at now: UInt64, _ body: @escaping @Sendable () async -> Bool) async {
        let attempt = state.withLock { state -> Task<Void, Never>? in
            if let running = state.attempt { return running }
            guard state.isDue, now >= state.pausesUntilNanoseconds else { return nil }
            state.isDue = false
            let attempt = Task { [self] in end(isDone: await body(), now) }
            state.attempt = attempt
            return attempt
        }
        await attempt?.value
    }

    private func end(isDone: Bool, _ now: UInt64) {
        state.withLock { state in
            state.attempt = nil
            guard !isDone else { return }
            state.isDue = true
            state.pausesUntilNanoseconds = now + DueWork.pauseNanoseconds
        }
    }
}
