internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// Makes directories into a store and a store's directories into its parts. Everything here blocks.
struct StorageRecovery {
    let directory: StorageDirectory
    /// 16 bytes.
    let storeID: [UInt8]
    let environment: StorageEnvironment
    let options: EmbeddedStorageOptions

    private var fileSystem: any FileSystem { environment.fileSystem }

    /// Makes an empty store, durable on return. The root folder exists and has none of the store's folders.
    func create() throws(StorageError) {
        let lock = try fileSystem.lockExclusively(directory.lock)
        defer { lock.release() }
        for folder in directory.folders { try fileSystem.createDirectory(folder) }
        let index = try environment.makeIndex(directory.catalog, false)
        defer { index.close() }
        let filling = CatalogFilling(
            index: index, storeID: storeID, sums: environment.sums,
            rowsPerTransaction: options.checkpointRowsPerTransaction)
        try filling.fillEmpty()
        for folder in directory.folders { try fileSystem.synchronizeDirectory(folder) }
        try fileSystem.synchronizeDirectory(directory.root)
    }

    /// Locks the store, replays what the index lacks, and sweeps blobs that nobody committed.
    func open(pool: IOThreadPool) throws(StorageError) -> StorageParts {
        let lock = try fileSystem.lockExclusively(directory.lock)
        let index = try environment.makeIndex(directory.catalog, true)
        do throws(StorageError) {
            return try open(lock, index, pool)
        } catch {
            index.close()
            lock.release()
            throw error
        }
    }

    private func open(
        _ lock: any FileLock, _ index: any OrderedIndex, _ pool: IOThreadPool
    ) throws(StorageError) -> StorageParts {
        let state = try StoreView.checkpointState(of: index)
        guard state.storeID == storeID else {
            throw StorageError(
                .corrupted, "the catalog belongs to another store; put back the one of this store",
                path: directory.catalog)
        }
        var tables = RowTables(baseLSN: state.appliedLSN, timeMilliseconds: state.timeMilliseconds)
        let anchoredLSNs = environment.sums?.root?.anchoredLSNs ?? []
        var anchored: [RowTables] = []
        let journal = try Journal.open(
            directory: directory.journal, fileSystem: fileSystem, storeID: storeID, appliedLSN: state.appliedLSN,
            containedLSN: state.containedLSN, random: environment.random, configuration: options.journal
        ) { (place, frame) throws(StorageError) in
            let commit = try CommitFrame(frame, at: place, in: directory)
            tables.apply(lsn: frame.lsn, timeMilliseconds: commit.timeMilliseconds, commit.changes(at: place))
            if anchoredLSNs.contains(frame.lsn) { anchored.append(tables) }
        }
        let view = StoreView(tables: tables, index: index, holds: JournalHolds(options.holds))
        if let sums = environment.sums, let root = sums.root {
            try CatalogRootOpening(index: index, sums: sums, root: root).run(tables, anchored: anchored)
        }
        let poison = StorePoison()
        let files = try openBlobs(state, poison)
        let sweep = BlobSweep(files: files, view: view)
        try sweep.synchronizeFound(after: state.sealedBlobEpoch)
        try sweep.run(after: state.sealedBlobEpoch)
        let queue = CommitQueue()
        let reaper = TrashReaper(files: files, view: view, queue: queue)
        var builder: RowSumBuilder?
        if options.changesCatalog, let sums = environment.sums {
            builder = try RowSumBuilder(sums, index, rowsPerStep: options.sumRowsPerTransaction)
        }
        let images = try CatalogImages(
            ImageFiles(directory: directory.catalog, fileSystem: fileSystem, storeID: storeID),
            policy: options.images, reachLSN: journal.reachLSN)
        let checkpointer = Checkpointer(
            view: view, journal: journal, files: files, reaper: reaper, images: images, poison: poison,
            clock: environment.clock, options: options, sums: environment.sums, sumBuilder: builder)
        return StorageParts(
            lock: lock, view: view, journal: journal, files: files, poison: poison, queue: queue,
            checkpointer: checkpointer, images: images, pool: pool, clock: environment.clock, options: options)
    }

    private func openBlobs(_ state: CheckpointState, _ poison: StorePoison) throws(StorageError) -> BlobFiles {
        let epochs = try fileSystem.list(directory.blobs).compactMap { BlobLayout.epoch(directoryName: $0) }
        return BlobFiles(
            directory: directory.blobs, fileSystem: fileSystem, poison: poison,
            firstEpoch: max(epochs.max() ?? 0, state.sealedBlobEpoch) + 1, foundEpochs: Set(epochs))
    }
}

extension CommitFrame {
    init(_ frame: JournalFrame, at place: FrameLocation, in directory: StorageDirectory) throws(StorageError) {
        guard frame.type == .commit, let commit = CommitFrame(body: frame.body) else {
            throw StorageError(
                .corrupted,
                "record \(frame.lsn) of segment \(place.segmentID) is whole and no commit; "
                    + "open the store with a newer version, or run verify",
                path: directory.journal, offset: place.bodyOffset)
        }
        self = commit
    }
}
