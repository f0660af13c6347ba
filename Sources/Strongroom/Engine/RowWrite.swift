internal import StrongroomStorage
internal import Synchronization

/// A part of a commit: the rows it looks at, the payloads it brings, and the decision.
///
/// Several parts commit together, or none of them: `Engine.commit(_:)` joins them, so that a part knows
/// nothing of the others. Parts of one commit concern different objects.
struct RowWrite: Sendable {
    /// What the decision sees: positions in `rows` are those of `reads`.
    struct View: Sendable {
        var lsn: UInt64
        var timeMilliseconds: Int64
        var rows: [StoredRow?]
    }

    enum Refusal: Error, Sendable {
        /// The bucket's row is no longer the one that the encryption plan was made from.
        case stalePlan
        /// Rows that the write was planned by have changed: read them anew.
        case staleRows
        /// Everything is as the write wants it already: nothing is written.
        case nothingToDo
        case failed(StoreError)
    }

    /// What the change feed says it concerns; nil where no user sees a change.
    var subject: ChangeSubject?
    var reads: [[UInt8]]
    /// Where the payload of a put is; `attachment(0)` where it travels in the commit.
    var payload = PayloadSource.none
    var attachments: [[UInt8]] = []
    /// Whether what it writes frees space: it then goes on when the disk is full.
    var frees = false
    /// Pure, runs on the committer, and may run again. Its attachments and reads are numbered from 0.
    ///
    /// Rows of users are the exception: they are sealed here, as LSN and time stand inside of what is sealed. Another
    /// run draws other random bytes, which is no harm, and changes of users are few and small, so that nobody waits.
    var decide: @Sendable (View) throws(Refusal) -> [RowMutation]
}

extension RowWrite {
    /// The same write, refused as stale unless another row is as it was found.
    func holding(_ rowKey: [UInt8], as value: [UInt8]) -> RowWrite {
        var copy = self
        let position = reads.count
        copy.reads.append(rowKey)
        copy.decide = { [decide] (view) throws(Refusal) in
            guard view.rows[position]?.value == value else { throw .staleRows }
            var own = view
            own.rows.removeLast()
            return try decide(own)
        }
        return copy
    }
}

/// Set by a decision, which may run again: the last run counts.
final class DecisionFlag: Sendable {
    private let flag = Mutex(false)
    var value: Bool { flag.withLock { $0 } }
    func set(_ value: Bool) { flag.withLock { $0 = value } }
}

extension Engine {
    /// Commits all of `writes` in one frame, or refuses with what the first of them to refuse says.
    func commit(
        _ writes: [RowWrite], meanwhile: @escaping @Sendable () -> Void = {}
    ) async throws(StoreError) -> CommitOutcome<RowWrite.Refusal> {
        let leavesParts = DecisionFlag()
        let joined = JoinedWrites(writes)
        let outcome = try await commit(
            reads: joined.reads, attachments: joined.attachments, meanwhile: meanwhile
        ) { [keys, timeline] view -> Decision<RowWrite.Refusal> in
            let mutations: [RowMutation]
            let note: [UInt8]
            do throws(RowWrite.Refusal) {
                let decided = try joined.decide(
                    RowWrite.View(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds, rows: view.rows))
                mutations = decided.mutations
                note = try keys.note(decided.changes, timeline, view)
            } catch {
                return .refuse(error)
            }
            leavesParts.set(mutations.contains { $0.key.first == RowKey.abandonedPartsTable })
            return mutations.isEmpty ? .refuse(.nothingToDo) : .commit(mutations, frees: joined.frees, note: note)
        }
        await saveLockClockIfDue()
        if case .committed = outcome, leavesParts.value { scheduleReaping() }
        return outcome
    }
}

extension StoreKeys? {
    /// `note`, for a decision.
    fileprivate func note(
        _ changes: [ChangeRecord], _ timeline: UInt32, _ view: CommitView
    ) throws(RowWrite.Refusal) -> [UInt8] {
        guard !changes.isEmpty else { return [] }
        guard let keys = self else { preconditionFailure("a locked store was written to") }
        do throws(StoreError) {
            return try keys.note(changes, timeline: timeline, lsn: view.lsn, timeMilliseconds: view.timeMilliseconds)
        } catch {
            throw .failed(error)
        }
    }
}

extension BucketKeys {
    /// `authenticated`, for a decision.
    func refusingFault(_ value: [UInt8], rowKey: [UInt8]) throws(RowWrite.Refusal) -> [UInt8] {
        do throws(StoreError) {
            return try authenticated(value, rowKey: rowKey)
        } catch {
            throw .failed(error)
        }
    }
}
