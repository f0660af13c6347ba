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

    var isWaiting: Bool { state.withLock { $0.retirements.isWaiting } }

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
    ///
    /// A file that cannot be unlinked is no obstacle to the others: its row stays, and is retired anew
    /// after the next checkpoint. Throws the first failure, after all were tried.
    func unlinkDrained() throws(StorageError) {
        try view.reclaiming.withLock { _ throws(StorageError) in
            let keys = state.withLock { $0.retirements.takeDrained(view.epochs) }
            guard !keys.isEmpty else { return }
            var unlinked: [[UInt8]] = []
            var epochs: Set<UInt64> = []
            var failure: StorageError?
            for key in keys {
                do throws(StorageError) {
                    epochs.insert(try unlink(key))
                    unlinked.append(key)
                } catch {
                    failure = failure ?? error
                    state.withLock { _ = $0.underway.remove(key) }
                }
            }
            do throws(StorageError) {
                try files.synchronizeEpochs(epochs)
            } catch {
                state.withLock { $0.underway.subtract(unlinked) }
                throw error
            }
            for start in stride(from: 0, to: unlinked.count, by: Self.rowsPerCommit) {
                removeRows(Array(unlinked[start..<min(start + Self.rowsPerCommit, unlinked.count)]))
            }
            if let failure { throw failure }
        }
    }

    /// Returns the epoch whose directory has to be synced.
    private func unlink(_ key: [UInt8]) throws(StorageError) -> UInt64 {
        try files.poison.check()
        guard let name = KeySpace.trashedName(key) else {
            throw StorageError(.corrupted, "a trash row of the catalog is damaged; rebuild the catalog")
        }
        try files.remove(name)
        return name.epoch
    }

    /// When it fails, or the store is closed before, the rows stay, and a later round finds their files gone.
    private func removeRows(_ keys: [[UInt8]]) {
        let request = CommitRequest(
            origin: .reaper, reads: [], prefetched: PrefetchedRows(rows: [], lsn: 0), attachments: [],
            decide: { _ in DecidedCommit(mutations: keys.map { RowMutation(key: $0, change: .delete) }) },
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
