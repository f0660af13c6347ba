internal import StrongroomSystem
internal import Synchronization

/// How the anchors go with a counter outside: an anchor says what the counter was when it was written, and is the
/// store's last one only while that is true.
///
/// A step is taken at each opening and closing, and at a checkpoint where the last step was a while ago; what a TPM's
/// memory bears is some hundred thousand. First the anchors are written with the value to come, then the step is
/// taken: whoever dies between has anchors that are one ahead, which is as good. What was copied before a step is one
/// behind after it, or more.
final class AnchorCounter: Sendable {
    private struct State {
        /// What the counter is.
        var value: UInt64?
        var steppedNanoseconds: UInt64 = 0
    }

    static let pauseSeconds: UInt64 = 600

    private let program: CounterProgram
    private let clock: any StoreClock
    private let state = Mutex(State())

    init(_ program: CounterProgram, _ clock: any StoreClock) {
        self.program = program
        self.clock = clock
    }

    /// What anchors that are written now say; nil before the counter was read.
    var value: UInt64? { state.withLock { $0.value } }

    /// Whether the last step was long enough ago for another.
    var isDue: Bool {
        let now = clock.bootNanoseconds()
        return state.withLock { $0.value != nil && now >= $0.steppedNanoseconds + Self.pauseSeconds * 1_000_000_000 }
    }

    /// Asks for the value.
    func read() throws(StorageError) -> UInt64 {
        let value = try program.read()
        state.withLock { $0.value = value }
        return value
    }

    /// Whether an anchor that says `said` may be the last one.
    static func isLast(_ said: UInt64, _ value: UInt64) -> Bool { said == value || said == value &+ 1 }

    /// Takes a step, once `write` has written anchors that say what will be then.
    func step(_ write: (UInt64) throws(StorageError) -> Void) throws(StorageError) {
        // Not with ??, whose right side forgets what it throws.
        let value = if let known = self.value { known } else { try read() }
        guard value < UInt64.max else {
            throw StorageError(.anchorUnavailable, "the counter is at its end; name another one", path: program.path)
        }
        try write(value + 1)
        let stepped = try program.advance()
        guard stepped == value + 1 else {
            throw StorageError(
                .anchorUnavailable,
                "the counter was \(value) and is \(stepped) after a step: something else uses it as well. Give the "
                    + "store a counter of its own, and open it once with StoreOptions.whenRolledBack = .accept "
                    + "(--accept-rollback)", path: program.path)
        }
        let now = clock.bootNanoseconds()
        state.withLock { state in
            state.value = stepped
            state.steppedNanoseconds = now
        }
    }
}
