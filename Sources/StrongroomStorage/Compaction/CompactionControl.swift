internal import StrongroomSystem

/// Ends and slows compaction.
final class CompactionControl: Sendable {
    private let poison: StorePoison
    private let epochs: ReadEpochs
    private let isStopping = Monitor(false)
    /// False in simulations, which do not wait.
    let isTimed: Bool

    /// How often it is asked whether somebody who is in the way is gone.
    static let pollNanoseconds: UInt64 = 20_000_000

    init(_ poison: StorePoison, _ epochs: ReadEpochs, isTimed: Bool) {
        self.poison = poison
        self.epochs = epochs
        self.isTimed = isTimed
    }

    /// What goes on ends soon, and nothing begins any more.
    func stop() {
        isStopping.withLock { $0 = true }
        isStopping.broadcast()
    }

    /// Blocks for that time; false, at once, when it is to end.
    func rest(_ nanoseconds: UInt64) -> Bool {
        isStopping.wait(until: { $0 }, timeoutNanoseconds: nanoseconds) { isStopping, _ in !isStopping }
    }

    /// Throws when it is to end. Blocks while somebody keeps everything, as a verification does: to move what he
    /// keeps would take space and give none.
    func checkMayGoOn() throws(StorageError) {
        while true {
            try poison.check()
            if isStopping.withLock({ $0 }) { throw Self.closed }
            guard epochs.isHeld else { return }
            _ = rest(Self.pollNanoseconds)
        }
    }

    /// As `checkMayGoOn`, after a rest that leaves the disk to others.
    func goOn(afterNanoseconds nanoseconds: UInt64, _ pace: CompactionPace) throws(StorageError) {
        let restNanoseconds = pace.restNanoseconds(afterNanoseconds: nanoseconds)
        if isTimed, restNanoseconds > 0 { _ = rest(restNanoseconds) }
        try checkMayGoOn()
    }

    static var closed: StorageError { StorageError(.closed, "the store is closed; open it again") }
}
