internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// How the anchors go with a counter outside: an anchor says what the counter was when it was written, and is the
/// store's last one only while that is true.
///
/// A step is taken at each opening and closing, and at a checkpoint where the last attempt was a while ago: what a
/// TPM's memory bears is some hundred thousand. First the anchors are written with the value to come, and say that from
/// then on; then the counter is advanced, unless the attempt before may have done it. So whoever dies anywhere between,
/// or never gets an answer, has anchors that are right or one ahead, and those count as well. What was copied before a
/// step is behind after it.
///
/// Used by one thread at a time: at the opening, then by the one for what is outside (`CatalogAnchors`).
final class AnchorCounter: Sendable {
    private struct State {
        /// What the counter was when it last answered as it should.
        var value: UInt64 = 0
        /// What the anchors say: that, or one more. Nil before the counter was asked.
        var said: UInt64?
        var triedNanoseconds: UInt64 = 0
        var failure: StorageError?
    }

    static let pauseSeconds: UInt64 = 600

    private let program: CounterProgram
    private let clock: any StoreClock
    private let state = Mutex(State())

    init(_ program: CounterProgram, _ clock: any StoreClock) {
        self.program = program
        self.clock = clock
    }

    /// What anchors that are written now say; nil before the counter was asked.
    var said: UInt64? { state.withLock { $0.said } }

    /// Why the last step was not taken; nil where it was.
    var failure: StorageError? { state.withLock { $0.failure } }

    /// Whether the last attempt was long enough ago for another. One that failed wears the memory, too.
    var isDue: Bool {
        let now = clock.bootNanoseconds()
        return state.withLock { $0.said != nil && now >= $0.triedNanoseconds + Self.pauseSeconds * 1_000_000_000 }
    }

    /// Asks what the counter is.
    func begin() throws(StorageError) -> UInt64 {
        let value = try program.read()
        guard value < UInt64.max - 1 else {
            throw StorageError(.anchorUnavailable, "the counter is at its end; name another one", path: program.path)
        }
        state.withLock { ($0.value, $0.said) = (value, value) }
        return value
    }

    /// Whether an anchor that says `said` may be the last one.
    private static func isLast(_ said: UInt64, _ value: UInt64) -> Bool { said == value || said == value + 1 }

    /// Of the anchors that may be the last one that of the latest commit, and what the furthest of them says; nil where
    /// there is none. A disk that was away when a commit was noted may have been there for the step.
    static func last(of anchors: [AnchorFile], at value: UInt64) -> (anchor: AnchorFile, said: UInt64)? {
        let last = anchors.filter { anchor in anchor.counter.map { isLast($0, value) } ?? false }
        guard let anchor = last.max(by: { $0.lsn < $1.lsn }), let said = last.compactMap(\.counter).max() else {
            return nil
        }
        return (anchor, said)
    }

    /// Takes a step, once `write` has written anchors that say what will be then.
    ///
    /// - Throws: what `write` throws, and then the counter is as it was; or why the counter did not answer.
    func step(_ write: (UInt64) throws(StorageError) -> Void) throws(StorageError) {
        let now = clock.bootNanoseconds()
        let (value, next, isUncertain) = state.withLock { state in
            state.triedNanoseconds = now
            // From here on until the step is taken: some of the anchors may have been written.
            state.said = state.value + 1
            return (state.value, state.value + 1, state.failure != nil)
        }
        do throws(StorageError) {
            try write(next)
            // The answer to the last attempt may have got lost, or have come too late.
            let found = isUncertain ? try program.read() : value
            let reached = found == value ? try program.advance() : found
            guard reached == next else { throw taken(from: value, to: reached) }
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
        state.withLock { ($0.value, $0.failure) = (next, nil) }
    }

    private func taken(from value: UInt64, to reached: UInt64) -> StorageError {
        StorageError(
            .anchorUnavailable,
            "the counter was \(value) and is \(reached) a step later: something else uses it as well. Give the store a "
                + "counter of its own, and open it once with StoreOptions.whenRolledBack = .accept (--accept-rollback)",
            path: program.path)
    }
}
