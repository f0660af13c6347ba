internal import Synchronization

/// Lets one call do what is due while others wait for it, and none for a while after an attempt that failed: a disk
/// that is full would else be tried, and stores asked, by every call.
final class DueWork: Sendable {
    /// After an attempt that failed.
    static let pauseNanoseconds: UInt64 = 60_000_000_000

    struct Outcome: Sendable {
        var isDone: Bool
        /// The keys that stay though their day has come, each with another one.
        var postponed: [KeyID: Int64]
    }

    private struct State {
        var attempt: Task<Void, Never>?
        var pausesUntilNanoseconds: UInt64 = 0
        var postponed: [KeyID: Int64] = [:]
    }

    private let state = Mutex(State())

    /// As the last attempt found it.
    var postponed: [KeyID: Int64] { state.withLock { $0.postponed } }

    /// - Parameter now: on the boot clock.
    func attempt(at now: UInt64, _ body: @escaping @Sendable () async -> Outcome) async {
        let attempt = state.withLock { state -> Task<Void, Never>? in
            if let running = state.attempt { return running }
            guard now >= state.pausesUntilNanoseconds else { return nil }
            let attempt = Task { [self] in end(await body(), now) }
            state.attempt = attempt
            return attempt
        }
        await attempt?.value
    }

    private func end(_ outcome: Outcome, _ now: UInt64) {
        state.withLock { state in
            state.attempt = nil
            state.postponed = outcome.postponed
            state.pausesUntilNanoseconds = outcome.isDone ? 0 : now + Self.pauseNanoseconds
        }
    }
}
