internal import StrongroomCatalog
internal import StrongroomJournal
package import StrongroomSystem
internal import Synchronization

/// `MetadataStore` on a disk of one's own: the journal is the truth about what was acknowledged, the
/// tables hold what the index does not have yet, the index holds the rest.
package final class EmbeddedMetadataStore: MetadataStore {
    let core: StorageCore
    /// Commits whose callers wait.
    private let openCommitCount = Atomic(0)

    init(core: StorageCore) {
        self.core = core
    }

    // MARK: Reading

    package func read<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
    ) async throws(MetadataReadError<Failure>) -> Value {
        do throws(StorageError) {
            try core.gate.enter()
        } catch {
            throw .storage(error)
        }
        defer { core.gate.leave() }
        let epoch = core.view.epochs.enter()
        defer { core.view.epochs.leave(epoch) }
        return try await core.pool.run { [view = core.view] () throws(MetadataReadError<Failure>) in
            try view.read { (snapshot) throws(Failure) in try body(snapshot) }
        }
    }

    package func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)? {
        try core.gate.enter()
        defer { core.gate.leave() }
        // Entered before the row is looked up, so that what the row names is not freed in between.
        let pin = EpochPin(core.view.epochs)
        let (encoded, lsn) = try await latestRow(key)
        guard let encoded else { return nil }
        return EmbeddedPinnedRow(row: try EmbeddedSnapshot.decoded(encoded), lsn: lsn, pin: pin, core: core)
    }

    /// From the tables, else from the index; without a hop between threads where that does not wait for the disk.
    private func latestRow(_ key: [UInt8]) async throws(StorageError) -> (encoded: [UInt8]?, lsn: UInt64) {
        let (entry, lsn) = core.view.withTables { ($0.entry(key), $0.lastLSN) }
        switch entry {
        case .put(let row): return (row, lsn)
        case .deleted: return (nil, lsn)
        case nil: return (try await core.pointReader.value(key), lsn)
        }
    }

    package func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower {
        EmbeddedCommitFollower(core, after: lsn, through: last)
    }

    package func endFollowing() { core.view.commits.finish() }

    // MARK: Committing

    package func commit<Refusal: Sendable>(
        reads: [[UInt8]],
        attachments: [[UInt8]],
        meanwhile: @escaping @Sendable () -> Void,
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal> {
        try core.gate.enter()
        defer { core.gate.leave() }
        let refusal = Mutex<Refusal?>(nil)
        var mustFetch = core.view.temperature.isCold
        while true {
            try core.poison.check()
            let completion = await submit(
                reads: reads, attachments: attachments, fetching: mustFetch, meanwhile: meanwhile
            ) { view in
                switch decide(view) {
                case .commit(let mutations, let frees, let note):
                    return DecidedCommit(mutations: mutations, frees: frees, note: note)
                case .refuse(let reason):
                    refusal.withLock { $0 = reason }
                    return nil
                }
            }
            switch completion {
            case .committed(let receipt): return .committed(receipt)
            case .refused:
                guard let reason = refusal.withLock({ $0 }) else { preconditionFailure("a refusal has a reason") }
                return .refused(reason)
            case .stale: mustFetch = true
            case .failed(let error): throw error
            }
        }
    }

    /// Hands the commit to the committer; `fetching` says to look up first what only the index knows, on a
    /// thread that may block and that hands the commit on: the task sleeps once.
    private func submit(
        reads: [[UInt8]], attachments: [[UInt8]], fetching: Bool, meanwhile: () -> Void,
        decide: @escaping @Sendable (CommitView) -> DecidedCommit?
    ) async -> CommitRequest.Completion {
        let waiter = CommitWaiter()
        let enqueue: @Sendable (PrefetchedRows?) -> Void = { [queue = core.queue] prefetched in
            let request = CommitRequest(
                reads: reads, prefetched: prefetched, attachments: attachments, decide: decide,
                complete: { waiter.tell($0) })
            if !queue.submit(request) { preconditionFailure("the queue closes after the gate") }
        }
        openCommitCount.add(1, ordering: .relaxed)
        defer { openCommitCount.subtract(1, ordering: .relaxed) }
        if fetching { fetch(reads, for: waiter, then: enqueue) } else { enqueue(nil) }
        meanwhile()
        let spinMicroseconds = core.options.loneCommitSpinMicroseconds
        if spinMicroseconds > 0, !fetching {
            // Whoever has company shares its sync, which takes longer, and its processor, which others need.
            waiter.lookOut(for: .microseconds(spinMicroseconds)) { openCommitCount.load(ordering: .relaxed) == 1 }
        }
        return await waiter.wait()
    }

    private func fetch(
        _ reads: [[UInt8]], for waiter: CommitWaiter, then enqueue: @escaping @Sendable (PrefetchedRows?) -> Void
    ) {
        let known = KnownRows(reads, in: core.view)
        guard !known.unknown.isEmpty else { return enqueue(known.completed(with: [])) }
        core.pointReader.look(up: known.unknown.map { reads[$0] }) { result in
            switch result {
            case .success(let values): enqueue(known.completed(with: values))
            case .failure(let error): waiter.tell(.failed(error))
            }
        }
    }
}
