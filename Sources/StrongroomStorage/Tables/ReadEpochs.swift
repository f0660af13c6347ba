internal import Synchronization

/// Who may still be reading what has been freed.
///
/// A reader enters before it takes its snapshot and leaves when it has copied its payload out or has
/// the file open. What is freed is retired at the current epoch, and may be overwritten only when no
/// reader of that or an older epoch is left: all who could have learnt of it are gone.
final class ReadEpochs: Sendable {
    private struct State {
        var current: UInt64 = 1
        /// Readers per epoch; none of the counts is zero.
        var readers: [UInt64: Int] = [:]
        /// Those who keep everything that is retired, whenever it was.
        var holdCount = 0
    }

    private let state = Mutex(State())

    /// Returns the ticket for `leave`.
    func enter() -> UInt64 {
        state.withLock { state in
            state.readers[state.current, default: 0] += 1
            return state.current
        }
    }

    func leave(_ epoch: UInt64) {
        state.withLock { state in
            guard let count = state.readers[epoch] else { preconditionFailure("left without having entered") }
            state.readers[epoch] = count > 1 ? count - 1 : nil
        }
    }

    /// The epoch of what is freed now; readers who come later are in a younger one.
    func retire() -> UInt64 {
        state.withLock { state in
            defer { state.current += 1 }
            return state.current
        }
    }

    /// Whether nobody who entered at `epoch` or before is left.
    func isDrained(through epoch: UInt64) -> Bool {
        state.withLock { state in state.holdCount == 0 && !state.readers.keys.contains { $0 <= epoch } }
    }

    /// From now on nothing counts as drained. What was found so before may be in the middle of being
    /// overwritten: `StoreView.reclaiming` waits for that.
    func hold() { state.withLock { $0.holdCount += 1 } }

    func releaseHold() {
        state.withLock { state in
            precondition(state.holdCount > 0, "released without having held")
            state.holdCount -= 1
        }
    }

    /// Whether somebody keeps everything.
    var isHeld: Bool { state.withLock { $0.holdCount > 0 } }

    var readerCount: Int { state.withLock { $0.readers.values.reduce(0, +) } }
}
