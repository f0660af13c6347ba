internal import StrongroomSystem

/// Work on what may not answer: a disk on another machine, a program. Done by a thread that lives for as long as there
/// is some, so that nobody has to wait for its end.
///
/// One piece is done after the other, and of what waits only the newest is kept: each does all that is to be done.
final class NewestWork: Sendable {
    private struct State {
        var next: (@Sendable () -> Void)?
        var isRunning = false
        /// Somebody has waited for the end, and it did not come in time.
        var isLate = false
    }

    private let state = Monitor(State())

    /// Whether some is under way.
    var isRunning: Bool { state.withLock { $0.isRunning } }
    /// Whether it has taken longer than somebody wanted to wait, and goes on.
    var isLate: Bool { state.withLock { $0.isLate } }

    /// Has `work` done next, in the place of what waits.
    func begin(_ work: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.next = work
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { _ = DedicatedThread(name: "strongroom-anchr") { self.run() } }
    }

    private func run() {
        while let work = take() { work() }
        state.broadcast()
    }

    private func take() -> (@Sendable () -> Void)? {
        state.withLock { state in
            defer { state.next = nil }
            if state.next == nil { (state.isRunning, state.isLate) = (false, false) }
            return state.next
        }
    }

    /// Blocks until all is done, or for so long; whether all is.
    func wait(seconds: UInt64) -> Bool {
        state.wait(until: { !$0.isRunning }, timeoutNanoseconds: seconds * 1_000_000_000) { state, timedOut in
            if timedOut { state.isLate = true }
            return !timedOut
        }
    }
}
