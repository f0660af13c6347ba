internal import StrongroomSystem
internal import Synchronization

/// Follows the commits of a store in memory.
final class InMemoryCommitFollower: CommitFollower {
    private let store: InMemoryMetadataStore
    private let lsn: Mutex<UInt64>
    /// Where to end; nil to wait for what is to come.
    private let last: UInt64?

    init(_ store: InMemoryMetadataStore, after lsn: UInt64, through last: UInt64?) {
        self.store = store
        self.last = last
        self.lsn = Mutex(lsn)
    }

    func next() async throws(StorageError) -> [CommittedNote]? {
        while true {
            guard !Task.isCancelled else { throw StorageError(.cancelled, "the task was cancelled") }
            guard !store.commits.isFinished else { return nil }
            let found = try store.notes(after: lsn.withLock { $0 })
            lsn.withLock { $0 = found.lsn }
            let wanted = found.notes.filter { $0.lsn <= last ?? .max }
            if !wanted.isEmpty { return wanted }
            if let last, found.lsn >= last { return nil }
            await store.commits.wait { store.lastLSN > found.lsn }
        }
    }
}
