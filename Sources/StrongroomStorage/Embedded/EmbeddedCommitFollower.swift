internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization

/// Follows the commits of a store on disk: reads the journal, on a thread that may block, from where it is.
final class EmbeddedCommitFollower: CommitFollower {
    private let core: StorageCore
    private let holder: JournalHolds.Holder
    private let follower: Mutex<JournalFollower>
    /// Where to end; nil to wait for what is to come.
    private let last: UInt64?

    /// How much of the journal is read at once.
    private static let batchBytes = 1 << 20

    init(_ core: StorageCore, after lsn: UInt64, through last: UInt64?) {
        self.core = core
        self.last = last
        holder = core.view.holds.makeReader()
        follower = Mutex(core.journal.follow(after: lsn))
        core.view.holds.set(holder, lsn: lsn)
    }

    deinit { core.view.holds.remove(holder) }

    func next() async throws(StorageError) -> [CommittedNote]? {
        while true {
            guard !Task.isCancelled else { throw StorageError(.cancelled, "the task was cancelled") }
            let batch: (notes: [CommittedNote], lsn: UInt64)
            do throws(StorageError) {
                batch = try await core.run { [self] () throws(StorageError) in try read() }
            } catch  where error.code == .closed {
                return nil
            }
            if !batch.notes.isEmpty { return batch.notes }
            if let last, batch.lsn >= last { return nil }
            // Not within the gate, which closing waits for.
            await core.view.commits.wait { core.view.withTables { $0.lastLSN } > batch.lsn }
        }
    }

    /// Blocks.
    private func read() throws(StorageError) -> (notes: [CommittedNote], lsn: UInt64) {
        // Commits that readers see are durable.
        let visibleLSN = min(core.view.withTables { $0.lastLSN }, last ?? .max)
        let (frames, lsn) = try follower.withLock { (follower) throws(StorageError) in
            (try follower.read(upTo: visibleLSN, limitBytes: Self.batchBytes), follower.lsn)
        }
        core.view.holds.set(holder, lsn: lsn)
        var notes: [CommittedNote] = []
        for frame in frames {
            guard let commit = CommitFrame(body: frame.body) else {
                throw StorageError(.corrupted, "record \(frame.lsn) of the journal is whole and no commit; run verify")
            }
            guard !commit.note.isEmpty else { continue }
            notes.append(
                CommittedNote(lsn: frame.lsn, timeMilliseconds: commit.timeMilliseconds, note: commit.note))
        }
        return (notes, lsn)
    }
}
