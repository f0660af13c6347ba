package import StrongroomSystem
internal import Synchronization

/// `MetadataStore` without a disk: the same promises but durability. For tests, and the second
/// implementation that keeps the waist honest.
package final class InMemoryMetadataStore: MetadataStore {
    private struct State {
        var rows = SortedRows()
        var lsn: UInt64 = 0
        var timeMilliseconds: Int64 = 0
    }

    private let state = Mutex(State())
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
            case .commit(let mutations, _):
                let trash = BlobTrash.references(freedBy: mutations, reads: reads, rows: view.rows)
                for mutation in mutations {
                    precondition(KeySpace.isEngineKey(mutation.key), "the key is outside the engine's key space")
                    state.rows[mutation.key] = Self.row(mutation.change, attachments: attachments, read: view.rows)
                }
                state.lsn = view.lsn
                state.timeMilliseconds = view.timeMilliseconds
                return (.committed(CommitReceipt(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds)), trash)
            }
        }
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
