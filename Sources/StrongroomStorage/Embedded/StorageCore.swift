internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization

/// What the faces of an open store share. When the last of them is dropped the threads end and the
/// lock is free; `close` does the same in order, with a last checkpoint.
///
/// The threads hold the parts, never this: else it would never be dropped.
final class StorageCore: Sendable {
    let view: StoreView
    let journal: Journal
    let files: BlobFiles
    let poison: StorePoison
    let gate = OperationGate()
    let pool: IOThreadPool
    let pointReader: PointReader
    let queue: CommitQueue
    let checkpointer: Checkpointer
    let images: CatalogImages
    let compactor: Compactor
    let options: EmbeddedStorageOptions
    private let lock: any FileLock
    private let committerThread: DedicatedThread
    private let checkpointerThread: DedicatedThread
    /// Nil where images are taken only when told.
    private let imageThread: DedicatedThread?
    private let compactorThread: DedicatedThread?

    init(_ parts: StorageParts) {
        lock = parts.lock
        view = parts.view
        journal = parts.journal
        files = parts.files
        poison = parts.poison
        pool = parts.pool
        pointReader = PointReader(view: parts.view, pool: pool, clock: parts.clock)
        queue = parts.queue
        checkpointer = parts.checkpointer
        images = parts.images
        options = parts.options
        let compactor = Compactor(parts)
        self.compactor = compactor
        // Each thread keeps the lock until it has ended: nobody may open the directory before.
        committerThread = DedicatedThread(name: "strongroom-commit") {
            var committer = parts.makeCommitter()
            committer.run()
            withExtendedLifetime(parts.lock) {}
        }
        checkpointerThread = DedicatedThread(name: "strongroom-checkp") {
            parts.checkpointer.run()
            compactor.waitForEnd()
            parts.view.index.close()
            withExtendedLifetime(parts.lock) {}
        }
        imageThread =
            parts.options.images != nil && parts.options.isTimed
            ? DedicatedThread(name: "strongroom-image") {
                parts.images.run(parts.view, parts.poison) { parts.checkpointer.request() }
                withExtendedLifetime(parts.lock) {}
            } : nil
        compactorThread =
            compactor.isAutomatic
            ? DedicatedThread(name: "strongroom-cmpct") {
                compactor.run()
                withExtendedLifetime(parts.lock) {}
            } : nil
    }

    deinit {
        compactor.stop()
        queue.close()
        checkpointer.stop()
        images.stop()
    }

    /// Refuses what comes from now on, waits for what is under way, and writes what the index lacks.
    ///
    /// The store is closed however this ends. An error says that the last checkpoint failed: the next
    /// opening replays the journal instead, and nothing is lost.
    func close() async throws(StorageError) {
        compactor.stop()
        images.stop()
        guard await gate.close() else { return }
        view.commits.finish()
        // What it commits is to be part of the last checkpoint.
        await pool.run { [compactorThread] in compactorThread?.join() }
        let result = await withCheckedContinuation { continuation in
            checkpointer.request { continuation.resume(returning: $0) }
        }
        queue.close()
        checkpointer.stop()
        await pool.run { [committerThread, checkpointerThread, imageThread] in
            committerThread.join()
            checkpointerThread.join()
            imageThread?.join()
        }
        let ending = await pool.run { [checkpointer] in
            Result { () throws(StorageError) in try checkpointer.endRoot() }
        }
        await pool.shutDown()
        lock.release()
        try result.get()
        try ending.get()
    }

    func checkpoint() async throws(StorageError) {
        try gate.enter()
        defer { gate.leave() }
        let result = await withCheckedContinuation { continuation in
            checkpointer.request { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    /// Runs blocking work, unless the store is closed.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try await pool.run(work)
    }

    /// Blocks.
    func statistics() throws(StorageError) -> StorageStatistics {
        let usages = try view.segmentUsages()
        let state = try StoreView.checkpointState(of: view.index)
        let tables = view.withTables { $0 }
        let segments = journal.segments().map { segment in
            let usage = usages[segment.id]?.clamped(to: segment) ?? SegmentUsage()
            return StorageStatistics.Segment(
                id: segment.id, sizeBytes: segment.sizeBytes, liveBytes: usage.liveBytes, liveRows: usage.liveRows,
                isNewest: segment.state == .newest)
        }
        return StorageStatistics(
            rows: state.statistics, lastLSN: tables.lastLSN, appliedLSN: state.appliedLSN,
            memtableRowCount: tables.rowCount, memtableSizeBytes: tables.sizeBytes, segments: segments,
            preparedBytes: journal.room().preparedBytes, compaction: compactor.statistics,
            timeMilliseconds: tables.timeMilliseconds, readerCount: view.epochs.readerCount,
            checkpointCount: checkpointer.completedCount, checkpointFailure: checkpointer.failure,
            cleanUpFailure: checkpointer.cleanUpFailure, poison: poison.error,
            image: images.coveredLSN.map { .init(appliedLSN: $0, sizeBytes: images.imageBytes) },
            imageFailure: images.failure)
    }
}
