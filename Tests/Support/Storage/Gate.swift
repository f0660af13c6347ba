internal import StrongroomSystem

/// Holds one thread, once armed, until it is let go: what happens between two steps of the code under test
/// is then for the test to say.
package final class Gate: Sendable {
    private enum State { case open, armed, held }

    private let state = Monitor(State.open)

    package init() {}

    /// The next who passes is held.
    package func arm() { state.withLock { $0 = .armed } }

    /// Waits, on a thread that may block, until somebody is held.
    package func waitUntilHeld() async {
        await IOThreadPool(threadCount: 1).run { [state] in state.wait(until: { $0 == .held }) { _ in } }
    }

    package func letGo() {
        state.withLock { $0 = .open }
        state.broadcast()
    }

    /// Called by the thread that may be held. Blocks.
    package func pass() {
        let isHeld = state.withLock { state in
            guard state == .armed else { return false }
            state = .held
            return true
        }
        guard isHeld else { return }
        state.broadcast()
        state.wait(until: { $0 != .held }) { _ in }
    }
}
