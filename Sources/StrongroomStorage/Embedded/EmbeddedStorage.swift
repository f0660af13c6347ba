internal import StrongroomJournal
package import StrongroomSystem
package import SystemPackage

/// Metadata and blobs of one store in one directory, opened together: one lock, one committer, one
/// recovery. Dropping the last reference to it and to what it handed out ends its threads and frees
/// the lock; `close` does so in order and leaves nothing to replay.
///
/// The directory's `journal/`, `blobs/`, `catalog/` and `LOCK` belong to it; what else lies there is
/// the engine's.
package final class EmbeddedStorage: Sendable {
    package let metadata: EmbeddedMetadataStore
    package let blobs: FileBlobStore
    let core: StorageCore

    private let directory: StorageDirectory
    private let storeID: [UInt8]
    private let sums: RowSumDefinition?

    private init(_ parts: StorageParts, _ recovery: StorageRecovery) {
        directory = recovery.directory
        storeID = recovery.storeID
        sums = recovery.environment.sums
        core = StorageCore(parts)
        metadata = EmbeddedMetadataStore(core: core)
        blobs = FileBlobStore(
            files: parts.files, random: recovery.environment.random, pool: parts.pool, gate: core.gate, lifetime: core)
    }

    /// Makes an empty store in `directory`, which exists; everything is durable on return.
    ///
    /// - Parameter storeID: 16 bytes; stands in the catalog and in every journal segment.
    package static func create(
        directory: FilePath, storeID: [UInt8], options: EmbeddedStorageOptions = .init(),
        environment: StorageEnvironment
    ) async throws(StorageError) {
        let recovery = Self.recovery(directory, storeID, options, environment)
        let pool = IOThreadPool(threadCount: 1)
        try await pool.run { () throws(StorageError) in try recovery.create() }
    }

    /// Opens a store: recovers what was acknowledged, and runs.
    package static func open(
        directory: FilePath, storeID: [UInt8], options: EmbeddedStorageOptions = .init(),
        environment: StorageEnvironment
    ) async throws(StorageError) -> EmbeddedStorage {
        let recovery = Self.recovery(directory, storeID, options, environment)
        let pool = IOThreadPool(threadCount: options.ioThreadCount)
        let parts = try await pool.run { () throws(StorageError) in try recovery.open(pool: pool) }
        return EmbeddedStorage(parts, recovery)
    }

    private static func recovery(
        _ directory: FilePath, _ storeID: [UInt8], _ options: EmbeddedStorageOptions,
        _ environment: StorageEnvironment
    ) -> StorageRecovery {
        precondition(storeID.count == CheckpointState.storeIDSizeBytes, "a store id has 16 bytes")
        options.checkRelations()
        return StorageRecovery(
            directory: StorageDirectory(root: directory), storeID: storeID, environment: environment, options: options)
    }

    /// Refuses what comes from now on, waits for what is under way, writes a last checkpoint, and frees
    /// the lock. The store is closed however this ends: an error says that the next opening has to
    /// replay the journal, and nothing is lost. Closing twice is no error.
    package func close() async throws(StorageError) { try await core.close() }

    /// What of the journal is kept for those who follow it.
    package var holds: JournalHolds { core.view.holds }

    /// Moves everything that is committed now into the catalog, and frees what can be freed.
    package func checkpoint() async throws(StorageError) { try await core.checkpoint() }

    /// Takes an image of the catalog as of the last checkpoint: with the journal since it rebuilds the catalog.
    @discardableResult
    package func takeImage() async throws(StorageError) -> ImageSummary {
        try await core.run { [core] () throws(StorageError) in try core.images.take(of: core.view) }
    }

    /// Copies the store as of its last commit into a folder, which exists and may hold earlier backups of it.
    ///
    /// - Parameters:
    ///   - earlier: what these are made of.
    ///   - report: told after each file; whether to go on.
    /// - Returns: what describes the backup. Nothing counts as one until that is written beside it.
    package func backUp(
        to folder: FilePath, earlier: [BackupContents], report: @escaping @Sendable (BackupProgress) -> Bool
    ) async throws(StorageError) -> (contents: BackupContents, progress: BackupProgress) {
        try await core.run { [core, directory] () throws(StorageError) in
            var backup = StorageBackup(
                core: core, source: directory,
                folder: BackupFolder(root: folder, fileSystem: core.files.fileSystem), earlier: earlier,
                report: report)
            return try backup.run()
        }
    }

    /// Empties some of the segments of which little lives, those with least first, whatever the options say of when
    /// that happens by itself. Nil where there is nothing to gain any more, or where readers keep what was emptied
    /// last.
    ///
    /// - Parameter segmentID: the last segment that is looked at, by default the newest one now. Whoever goes on until
    ///   there is nothing to gain says where he began: what is moved comes into segments behind it.
    package func compact(through segmentID: UInt64? = nil) async throws(StorageError) -> CompactionReport? {
        let segmentID = segmentID ?? newestSegmentID
        return try await core.run { [compactor = core.compactor] () throws(StorageError) in
            try compactor.compactOnce(through: segmentID)
        }
    }

    /// The segment that takes the next commit.
    package var newestSegmentID: UInt64 { core.journal.segments().last?.id ?? 0 }

    /// Removes blob files that no row names, in all epochs. Returns how many.
    package func sweepBlobs() async throws(StorageError) -> Int {
        let sweep = BlobSweep(files: core.files, view: core.view)
        return try await core.run { () throws(StorageError) in try sweep.run(after: 0) }
    }

    /// What every change fails with since a write or sync failed; nil while the storage is sound.
    package var writeFailure: StorageError? { core.poison.error }

    package func statistics() async throws(StorageError) -> StorageStatistics {
        try await core.run { [core] () throws(StorageError) in try core.statistics() }
    }

    /// Walks journal, catalog and blobs, changing nothing, and says what is not as it should be.
    ///
    /// - Parameter readingBlobs: whether to read every blob and compute its hash; else their ends are read.
    package func verify(readingBlobs: Bool) async throws(StorageError) -> StorageVerification {
        try await core.run { [core, directory, storeID, sums] () throws(StorageError) in
            var verifier = StorageVerifier(
                directory: directory, storeID: storeID, view: core.view, journal: core.journal, files: core.files,
                images: core.images, readsBlobs: readingBlobs, sums: sums,
                sumContradiction: core.checkpointer.sumContradiction)
            return try verifier.run()
        }
    }
}
