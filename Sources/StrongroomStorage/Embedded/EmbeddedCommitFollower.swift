internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization

/// Follows the commits of a store on disk: reads the journal, on a thread that may block, from where it is.
final class EmbeddedCommitFollower: CommitFollower {
    private let core: StorageCore
    private let holder: JournalHolds.Holder
    private let follower: Mutex<JournalFollower>

    /// How much of the journal is read at once.
    private static let batchBytes = 1 << 20

    init(_ core: StorageCore, after lsn: UInt64) {
        self.core = core
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
            // Not within the gate, which closing waits for.
            await core.view.commits.wait { core.view.withTables { $0.lastLSN } > batch.lsn }
        }
    }

    /// Blocks.
    private func read() throws(StorageError) -> (notes: [CommittedNote], lsn: UInt64) {
        // Commits that readers see are durable.
        let visibleLSN = core.view.withTables { $0.lastLSN }
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
