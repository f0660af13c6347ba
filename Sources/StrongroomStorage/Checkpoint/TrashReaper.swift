internal import StrongroomCatalog
internal import StrongroomSystem
internal import Synchronization

/// Unlinks blobs whose last row is gone, and then removes their trash rows.
///
/// The order makes it safe to stop anywhere: the trash row is durable before the file goes, the file's
/// removal before the trash row does.
final class TrashReaper: Sendable {
    private struct State {
        /// Retired by this process; their rows are still there.
        var underway: Set<[UInt8]> = []
        var retirements = Retirements<[UInt8]>()
        /// Rows whose removal is committed and not yet in the index.
        var removed: [(lsn: UInt64, keys: [[UInt8]])] = []
    }

    /// One commit removes at most so many trash rows.
    private static let rowsPerCommit = 1_000
    /// One round retires at most so many, to bound memory; the next goes on.
    private static let namesPerRound = 100_000

    private let files: BlobFiles
    private let view: StoreView
    private let queue: CommitQueue
    private let state = Mutex(State())

    init(files: BlobFiles, view: StoreView, queue: CommitQueue) {
        self.files = files
        self.view = view
        self.queue = queue
    }

    var isWaiting: Bool { state.withLock { !$0.retirements.isEmpty } }

    /// Retires the blobs whose trash rows the last checkpoint brought into the index. Blocks.
    func retireCheckpointed() throws(StorageError) {
        var keys: [[UInt8]] = []
        do throws(OrderedIndexReadError<StorageError>) {
            keys = try view.index.read { (snapshot) throws(StorageError) in
                var keys: [[UInt8]] = []
                let cursor = try snapshot.cursor()
                var entry = try cursor.seek([KeySpace.trashByte])
                while let (key, _) = entry, keys.count < Self.namesPerRound {
                    keys.append(key)
                    entry = try cursor.next()
                }
                return keys
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
        guard !keys.isEmpty else { return }
        let epoch = view.epochs.retire()
        state.withLock { state in
            state.retirements.add(keys.filter { state.underway.insert($0).inserted }, epoch: epoch)
        }
    }

    /// Unlinks what nobody can read any more. Blocks.
    func unlinkDrained() throws(StorageError) {
        try view.reclaiming.withLock { _ throws(StorageError) in
            let keys = state.withLock { $0.retirements.takeDrained(view.epochs) }
            guard !keys.isEmpty else { return }
            do throws(StorageError) {
                try unlink(keys)
            } catch {
                state.withLock { $0.underway.subtract(keys) }
                throw error
            }
        }
    }

    private func unlink(_ keys: [[UInt8]]) throws(StorageError) {
        try files.poison.check()
        var epochs: Set<UInt64> = []
        for key in keys {
            guard let name = KeySpace.trashedName(key) else {
                throw StorageError(.corrupted, "a trash row of the catalog is damaged; rebuild the catalog")
            }
            try files.remove(name)
            epochs.insert(name.epoch)
        }
        try files.synchronizeEpochs(epochs)
        for start in stride(from: 0, to: keys.count, by: Self.rowsPerCommit) {
            removeRows(Array(keys[start..<min(start + Self.rowsPerCommit, keys.count)]))
        }
    }

    /// When it fails, or the store is closed before, the rows stay, and a later round finds their files gone.
    private func removeRows(_ keys: [[UInt8]]) {
        let request = CommitRequest(
            reads: [], prefetched: PrefetchedRows(rows: [], lsn: 0), attachments: [], isInternal: true,
            decide: { _ in keys.map { RowMutation(key: $0, change: .delete) } },
            complete: { [weak self] completion in
                // Committed ones leave the index with the next checkpoint; until then they are underway.
                guard case .committed(let receipt) = completion else {
                    self?.state.withLock { $0.underway.subtract(keys) }
                    return
                }
                self?.state.withLock { $0.removed.append((receipt.lsn, keys)) }
            })
        if !queue.submit(request) { state.withLock { $0.underway.subtract(keys) } }
    }

    /// The index has every commit up to `appliedLSN`.
    func forgetRemoved(appliedLSN: UInt64) {
        state.withLock { state in
            for (lsn, keys) in state.removed where lsn <= appliedLSN { state.underway.subtract(keys) }
            state.removed.removeAll { $0.lsn <= appliedLSN }
        }
    }
}
