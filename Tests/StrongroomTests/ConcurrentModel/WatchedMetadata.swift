import StrongroomStorage
import StrongroomSystem
import Synchronization

@testable import Strongroom

/// A store's rows, with a note of every commit for whoever asked for it: some calls return no receipt, and the
/// order of commits is what a model is replayed in.
struct WatchedMetadata: MetadataStore {
    /// Where the calls of one task leave the first commit that they make.
    final class Note: Sendable {
        private let receipt = Mutex<CommitReceipt?>(nil)
        var value: CommitReceipt? { receipt.withLock { $0 } }

        fileprivate func leave(_ new: CommitReceipt) {
            receipt.withLock { if $0 == nil { $0 = new } }
        }
    }

    @TaskLocal static var note: Note?

    let base: any MetadataStore

    func read<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
    ) async throws(MetadataReadError<Failure>) -> Value {
        try await base.read(body)
    }

    func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)? {
        try await base.pinnedRow(key)
    }

    func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower {
        base.follow(after: lsn, through: last)
    }
    func endFollowing() { base.endFollowing() }

    func commit<Refusal: Sendable>(
        reads: [[UInt8]], attachments: [[UInt8]], meanwhile: @escaping @Sendable () -> Void,
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal> {
        guard let note = Self.note else {
            return try await base.commit(
                reads: reads, attachments: attachments, meanwhile: meanwhile, decide: decide)
        }
        let concernsObjects = DecisionFlag()
        let outcome = try await base.commit(reads: reads, attachments: attachments, meanwhile: meanwhile) { view in
            let decision = decide(view)
            if case .commit(let mutations, _, _) = decision {
                concernsObjects.set(mutations.contains(where: Self.isOwn))
            }
            return decision
        }
        if case .committed(let receipt) = outcome, concernsObjects.value { note.leave(receipt) }
        return outcome
    }

    /// Whether it is of a call's own, and not made on the way: the lock clock is saved, Bucket Keys are made, and
    /// whoever lets go of an object in parts may begin the removal of parts that nobody owns.
    private static func isOwn(_ mutation: RowMutation) -> Bool {
        switch mutation.key.first {
        case RowKey.lockClockTable, RowKey.bucketKeyTable: false
        case RowKey.partTable, RowKey.abandonedPartsTable: mutation.change != .delete
        default: true
        }
    }
}

extension Store {
    /// The same store, watched.
    func watched() async throws -> Store { try await over { WatchedMetadata(base: $0) } }

    /// The same store over what `wrap` makes of its rows, and `wrapBlobs` of its files.
    func over(
        _ wrap: (any MetadataStore) -> any MetadataStore,
        blobs wrapBlobs: (any BlobStore) -> any BlobStore = { $0 }
    ) async throws -> Store {
        // It has looked for what a crash left already; two that remove parts would not know of each other's readers.
        await engine.parts.settle(forever: true)
        let storage = OpenedStorage(
            metadata: wrap(engine.metadata), blobs: wrapBlobs(engine.blobs), embedded: engine.storage.embedded)
        let wrapped = Engine(
            directory: engine.directory, storeID: engine.storeID, storage: storage, threads: engine.threads,
            random: engine.random, settings: engine.settings, logger: engine.logger, keys: engine.keys,
            metrics: engine.metrics)
        try await wrapped.loadBuckets()
        try await wrapped.loadLockClock()
        wrapped.scheduleReaping()
        return Store(engine: wrapped, requester: .root)
    }
}
