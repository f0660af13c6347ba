internal import StrongroomSystem
internal import Synchronization

/// Follows the commits of a store in memory.
final class InMemoryCommitFollower: CommitFollower {
    private let store: InMemoryMetadataStore
    private let lsn: Mutex<UInt64>

    init(_ store: InMemoryMetadataStore, after lsn: UInt64) {
        self.store = store
        self.lsn = Mutex(lsn)
    }

    func next() async throws(StorageError) -> [CommittedNote]? {
        while true {
            guard !Task.isCancelled else { throw StorageError(.cancelled, "the task was cancelled") }
            guard !store.commits.isFinished else { return nil }
            let found = try store.notes(after: lsn.withLock { $0 })
            lsn.withLock { $0 = found.lsn }
            if !found.notes.isEmpty { return found.notes }
            await store.commits.wait { store.lastLSN > found.lsn }
        }
    }
}
