internal import StrongroomSystem
internal import Synchronization

/// Empties segments of which little lives, so that their space comes back: in the background on a thread of its own,
/// or by hand.
///
/// Nothing of this is needed for being right: it may end anywhere, and the counters of the index say what is left
/// to do.
final class Compactor: Sendable {
    private struct State {
        var hasEnded: Bool
        var statistics = CompactionStatistics()
    }

    /// How often the thread looks whether there was a checkpoint, without which no counter changes.
    private static let lookNanoseconds: UInt64 = 1_000_000_000
    private static let retryNanoseconds: UInt64 = 10_000_000_000

    /// Whether it wants a thread for `run`.
    let isAutomatic: Bool
    private let control: CompactionControl
    private let checkpointer: Checkpointer
    private let options: CompactionOptions
    private let monitor: Monitor<State>
    /// One round at a time.
    private let rounds: Mutex<CompactionRounds>

    init(_ parts: StorageParts) {
        options = parts.options.compaction
        isAutomatic = options.isAutomatic && parts.options.isTimed
        checkpointer = parts.checkpointer
        control = CompactionControl(parts.poison, parts.view.epochs, isTimed: parts.options.isTimed)
        monitor = Monitor(State(hasEnded: !isAutomatic))
        rounds = Mutex(CompactionRounds(parts, control))
    }

    // MARK: For other threads

    /// What goes on ends soon, and nothing begins any more.
    func stop() { control.stop() }

    /// Blocks until the thread, if there is one, uses nothing of the store any more.
    func waitForEnd() { monitor.wait(until: { $0.hasEnded }) { _ in } }

    var statistics: CompactionStatistics { monitor.withLock { $0.statistics } }

    /// Runs one round for somebody who waits. Nil where there is nothing to gain, or readers keep what was emptied
    /// last. Blocks.
    ///
    /// - Parameter segmentID: the last segment that is looked at.
    func compactOnce(through segmentID: UInt64) throws(StorageError) -> CompactionReport? {
        do throws(StorageError) {
            let result = try round(.everything(through: segmentID), afterCheckpoint: true)
            if result.report == nil {
                // What could be done is done.
                if let damage = result.damage { throw damage }
                noteFailure(nil)
            }
            return result.report
        } catch {
            if error.code != .closed { noteFailure(error) }
            throw error
        }
    }

    // MARK: On its thread

    /// The thread's body.
    func run() {
        let goal = SegmentShares.Goal.ratio(options.spaceRatio, segmentsMinimum: options.segmentsMinimum)
        var seenCount: Int?
        var pauseNanoseconds = Self.lookNanoseconds
        while control.rest(pauseNanoseconds) {
            pauseNanoseconds = Self.lookNanoseconds
            let count = checkpointer.completedCount
            guard count != seenCount else { continue }
            do throws(StorageError) {
                let result = try round(goal, afterCheckpoint: false)
                noteFailure(result.damage)
                if result.isWaiting {
                    seenCount = nil
                } else if result.report != nil, result.isGain {
                    seenCount = nil
                    pauseNanoseconds = 0
                } else {
                    // When there is something new. Its own checkpoints are nothing new: what gained nothing must not
                    // be tried for ever.
                    seenCount = checkpointer.completedCount
                }
            } catch  where error.code == .durabilityUnknown {
                // Nothing is written any more until the store is opened again.
                noteFailure(error)
                break
            } catch {
                if error.code != .closed { noteFailure(error) }
                pauseNanoseconds = Self.retryNanoseconds
            }
        }
        monitor.withLock { $0.hasEnded = true }
        monitor.broadcast()
    }

    private func round(
        _ goal: SegmentShares.Goal, afterCheckpoint: Bool
    ) throws(StorageError) -> CompactionRounds.Result {
        try rounds.withLock { (rounds) throws(StorageError) in
            let before = rounds.total
            defer {
                let total = rounds.total
                if total != before { monitor.withLock { $0.statistics.total = total } }
            }
            return try rounds.run(goal, afterCheckpoint: afterCheckpoint)
        }
    }

    private func noteFailure(_ error: StorageError?) { monitor.withLock { $0.statistics.failure = error } }
}
