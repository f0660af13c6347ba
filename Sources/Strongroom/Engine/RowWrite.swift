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

    var reads: [[UInt8]]
    /// Where the payload of a put is; `attachment(0)` where it travels in the commit.
    var payload = PayloadSource.none
    var attachments: [[UInt8]] = []
    /// Whether what it writes frees space: it then goes on when the disk is full.
    var frees = false
    /// Pure, runs on the committer, and may run again. Its attachments and reads are numbered from 0.
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

extension RowWrite {
    /// All of `writes` in one, which refuses with what the first of them to refuse says.
    fileprivate static func joining(_ writes: [RowWrite]) -> RowWrite {
        if writes.count == 1 { return writes[0] }
        return RowWrite(
            reads: writes.flatMap(\.reads), attachments: writes.flatMap(\.attachments),
            frees: writes.allSatisfy(\.frees)
        ) { (view) throws(Refusal) in
            var mutations: [RowMutation] = []
            var firstRead = 0
            var firstAttachment = 0
            for write in writes {
                var own = view
                own.rows = Array(view.rows[firstRead..<firstRead + write.reads.count])
                mutations += try write.decide(own).map { $0.shifted(reads: firstRead, attachments: firstAttachment) }
                firstRead += write.reads.count
                firstAttachment += write.attachments.count
            }
            return mutations
        }
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
        let joined = RowWrite.joining(writes)
        let frees = joined.frees
        let outcome = try await commit(
            reads: joined.reads, attachments: joined.attachments, meanwhile: meanwhile
        ) { view -> Decision<RowWrite.Refusal> in
            let mutations: [RowMutation]
            do throws(RowWrite.Refusal) {
                mutations = try joined.decide(
                    RowWrite.View(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds, rows: view.rows))
            } catch {
                return .refuse(error)
            }
            leavesParts.set(mutations.contains { $0.key.first == RowKey.abandonedPartsTable })
            return mutations.isEmpty ? .refuse(.nothingToDo) : .commit(mutations, frees: frees)
        }
        await saveLockClockIfDue()
        if case .committed = outcome, leavesParts.value { scheduleReaping() }
        return outcome
    }
}

extension RowMutation {
    /// The same change, where reads and attachments are numbered from elsewhere.
    fileprivate func shifted(reads: Int, attachments: Int) -> RowMutation {
        guard case .put(let value, let source) = change else { return self }
        var copy = self
        switch source {
        case .none, .blob: break
        case .attachment(let index): copy.change = .put(value: value, payload: .attachment(index + attachments))
        case .sameAs(let index): copy.change = .put(value: value, payload: .sameAs(read: index + reads))
        }
        return copy
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
