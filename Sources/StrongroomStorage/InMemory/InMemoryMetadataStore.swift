package import StrongroomSystem
internal import Synchronization

/// `MetadataStore` without a disk: the same promises but durability. For tests, and the second
/// implementation that keeps the waist honest.
package final class InMemoryMetadataStore: MetadataStore {
    fileprivate struct State {
        var rows = SortedRows()
        var lsn: UInt64 = 0
        var timeMilliseconds: Int64 = 0
        /// Of the last commits, in their order.
        var notes: [CommittedNote] = []
        /// The last commit whose note is not kept any more.
        var forgottenLSN: UInt64 = 0
    }

    /// How many notes are kept at least, and at most twice as many.
    fileprivate static let keptNoteCount = 50_000

    private let state = Mutex(State())
    let commits = CommitSignal()
    private let clock: any StoreClock
    private let blobs: InMemoryBlobStore?

    /// - Parameter blobs: where the payloads of deleted rows are freed.
    package init(clock: any StoreClock, blobs: InMemoryBlobStore? = nil) {
        self.clock = clock
        self.blobs = blobs
    }

    package func read<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
    ) async throws(MetadataReadError<Failure>) -> Value {
        let snapshot = state.withLock { InMemorySnapshot(rows: $0.rows, lsn: $0.lsn) }
        do throws(Failure) {
            return try body(snapshot)
        } catch {
            throw .body(error)
        }
    }

    package func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)? {
        // Under the lock: a commit that drops the row frees its blob only afterwards.
        state.withLock { state in
            state.rows[key].map { InMemoryPinnedRow(row: $0, lsn: state.lsn, blobs: blobs) }
        }
    }

    package func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower {
        InMemoryCommitFollower(self, after: lsn, through: last)
    }

    package func endFollowing() { commits.finish() }

    /// Notes of commits after `lsn`, and the last commit.
    ///
    /// - Throws: `positionExpired`.
    func notes(after lsn: UInt64) throws(StorageError) -> (notes: [CommittedNote], lsn: UInt64) {
        try state.withLock { (state) throws(StorageError) in
            guard lsn >= state.forgottenLSN else {
                throw StorageError(.positionExpired, "the commits after LSN \(lsn) are not kept any more")
            }
            // From the end: whoever follows is close behind.
            let known = state.notes.lastIndex { $0.lsn <= lsn }
            return (Array(state.notes[(known.map { $0 + 1 } ?? state.notes.startIndex)...]), state.lsn)
        }
    }

    /// The last commit.
    var lastLSN: UInt64 { state.withLock { $0.lsn } }

    package func commit<Refusal: Sendable>(
        reads: [[UInt8]],
        attachments: [[UInt8]],
        meanwhile: @escaping @Sendable () -> Void,
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal> {
        let wallMilliseconds = clock.wallMilliseconds()
        let (outcome, trash) = state.withLock { state -> (CommitOutcome<Refusal>, [BlobReference]) in
            let view = CommitView(
                lsn: state.lsn + 1,
                timeMilliseconds: max(state.timeMilliseconds, wallMilliseconds),
                rows: reads.map { state.rows[$0] })
            switch decide(view) {
            case .refuse(let refusal): return (.refused(refusal), [])
            case .commit(let mutations, _, let note):
                let trash = BlobTrash.references(freedBy: mutations, reads: reads, rows: view.rows)
                for mutation in mutations {
                    precondition(KeySpace.isEngineKey(mutation.key), "the key is outside the engine's key space")
                    state.rows[mutation.key] = Self.row(mutation.change, attachments: attachments, read: view.rows)
                }
                state.lsn = view.lsn
                state.timeMilliseconds = view.timeMilliseconds
                if !note.isEmpty { state.keep(note) }
                return (.committed(CommitReceipt(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds)), trash)
            }
        }
        commits.announce()
        meanwhile()
        for reference in trash { try await blobs?.delete(reference) }
        return outcome
    }

    private static func row(
        _ change: RowMutation.Change, attachments: [[UInt8]], read rows: [StoredRow?]
    ) -> StoredRow? {
        guard case .put(let value, let source) = change else { return nil }
        switch source {
        case .none: return StoredRow(value: value, payload: .none)
        case .attachment(let index): return StoredRow(value: value, payload: .inline(attachments[index]))
        case .blob(let reference): return StoredRow(value: value, payload: .blob(reference))
        case .sameAs(let index):
            guard let row = rows[index] else { preconditionFailure("sameAs names a row that does not exist") }
            return StoredRow(value: value, payload: row.payload)
        }
    }
}

extension InMemoryMetadataStore.State {
    fileprivate mutating func keep(_ note: [UInt8]) {
        notes.append(CommittedNote(lsn: lsn, timeMilliseconds: timeMilliseconds, note: note))
        guard notes.count > 2 * InMemoryMetadataStore.keptNoteCount else { return }
        notes.removeFirst(notes.count - InMemoryMetadataStore.keptNoteCount)
        forgottenLSN = notes[0].lsn - 1
    }
}
