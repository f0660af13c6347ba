internal import StrongroomCatalog
internal import StrongroomJournal
package import StrongroomSystem
package import SystemPackage

/// Makes a store of a backup, as it was at one commit. Everything here blocks.
package struct StorageRestore: Sendable {
    private let folder: BackupFolder
    private let contents: BackupContents
    private let directory: StorageDirectory
    /// 16 bytes.
    private let storeID: [UInt8]
    private let options: EmbeddedStorageOptions
    private let environment: StorageEnvironment
    private let report: @Sendable (BackupProgress) -> Bool

    /// - Parameters:
    ///   - backup: the folder with the backups.
    ///   - directory: exists, and is empty.
    ///   - report: told after each file; whether to go on.
    package init(
        _ contents: BackupContents, in backup: FilePath, to directory: FilePath, storeID: [UInt8],
        options: EmbeddedStorageOptions, environment: StorageEnvironment,
        report: @escaping @Sendable (BackupProgress) -> Bool
    ) {
        folder = BackupFolder(root: backup, fileSystem: environment.fileSystem)
        self.contents = contents
        self.directory = StorageDirectory(root: directory)
        self.storeID = storeID
        self.options = options
        self.environment = environment
        self.report = report
    }

    private var fileSystem: any FileSystem { environment.fileSystem }

    /// - Parameter lsn: the last commit that the store is to have.
    /// - Throws: `corrupted` where what the rows are made of is damaged or missing; `positionExpired` where payloads of
    ///   that commit were deleted before the backup was made. Payloads that are damaged are among the findings.
    package func run(upTo lsn: UInt64) throws(StorageError) -> BackupProgress {
        precondition(lsn >= contents.firstLSN && lsn <= contents.lsn, "the backup does not reach that commit")
        for path in directory.folders { try fileSystem.createDirectory(path) }
        var progress = BackupProgress()
        let index = try environment.makeIndex(directory.catalog, false)
        defer { index.close() }
        let filled = try fill(index)
        let state = try replay(into: index, after: filled, upTo: lsn)
        let used = try StoreView.usedSegments(of: index)
        try copySegments(used, upTo: lsn, &progress)
        try copyBlobs(index, state, &progress)
        var journal = try Journal.condition(directory: directory.journal, fileSystem: fileSystem, storeID: storeID)
        // No new segment gets the number of one that rows name, though it may not be there.
        journal.reserve(used)
        try Journal.beginAnew(
            after: state.appliedLSN, journal, directory: directory.journal, fileSystem: fileSystem, storeID: storeID,
            random: environment.random, configuration: options.journal)
        for path in directory.folders { try fileSystem.synchronizeDirectory(path) }
        try fileSystem.synchronizeDirectory(directory.root)
        return progress
    }

    // MARK: Journal and catalog

    private func fill(_ index: any OrderedIndex) throws(StorageError) -> CheckpointState {
        let filling = CatalogFilling(
            index: index, storeID: storeID, sums: environment.sums,
            rowsPerTransaction: options.checkpointRowsPerTransaction)
        guard let image = contents.image else {
            try filling.fillEmpty()
            return CheckpointState(storeID: storeID)
        }
        let path = folder.images.appending(image.file)
        var reader = try ImageReader(try fileSystem.open(path, .readOnly), storeID: storeID)
        let state = try filling.fill(from: &reader)
        guard reader.summary?.identity.hexadecimalDigits == image.identity else {
            throw StorageError(.corrupted, "the backup's image of the catalog is another than it names", path: path)
        }
        return state
    }

    /// Moves the commits after the image, up to `lsn`, into the index.
    private func replay(
        into index: any OrderedIndex, after filled: CheckpointState, upTo lsn: UInt64
    ) throws(StorageError) -> CheckpointState {
        let frozen = try BackupCommits(
            of: contents, in: folder, storeID: storeID, after: filled, upTo: lsn
        ).frozen
        let writer = CheckpointWriter(
            index: index, rowsPerTransaction: options.checkpointRowsPerTransaction, sums: environment.sums)
        let epochs = try fileSystem.list(folder.blobs.directory).compactMap { BlobLayout.epoch(directoryName: $0) }
        return try writer.write(frozen, after: filled, sealedBlobEpoch: epochs.max() ?? 0)
    }

    /// Of the journal those segments are copied that hold payloads; what the others say is in the index.
    private func copySegments(
        _ used: Set<UInt64>, upTo lsn: UInt64, _ progress: inout BackupProgress
    ) throws(StorageError) {
        for missing in used.subtracting(contents.segments.map(\.id)).sorted() {
            try tell(Self.gone("payloads of small objects, in segment \(missing) of the journal"), upTo: lsn, &progress)
        }
        for segment in contents.segments where used.contains(segment.id) {
            let path = folder.journal.appending(segment.file)
            do throws(StorageError) {
                try copy(segment, from: path, upTo: lsn, &progress)
            } catch  where error.path == path && [.corrupted, .inputOutput, .notFound].contains(error.code) {
                // Left out: a segment whose header cannot be read would keep the store from opening.
                try tell(error, upTo: lsn, &progress)
            }
        }
    }

    private func copy(
        _ segment: BackupContents.Segment, from path: FilePath, upTo lsn: UInt64, _ progress: inout BackupProgress
    ) throws(StorageError) {
        let file = try fileSystem.open(path, .readOnly)
        // Commits after that one are given up: nothing may ever take them for the store's own.
        let end = try Journal.end(ofRecordsUpTo: lsn, in: file, segmentID: segment.id, storeID: storeID)
        let target = directory.journal.appending(Journal.segmentFileName(id: segment.id))
        let hash = try folder.copy(
            file, count: segment.copiedBytes, to: target, keptBytes: end, extendedBytes: segment.sizeBytes)
        if hash.hexadecimalDigits != segment.sha256 { try tell(segment.changed(path), upTo: lsn, &progress) }
        try count(segment.copiedBytes, &progress)
    }

    // MARK: Blobs

    private func copyBlobs(
        _ index: any OrderedIndex, _ state: CheckpointState, _ progress: inout BackupProgress
    ) throws(StorageError) {
        let target = BlobLayout(directory: directory.blobs)
        var epochs: Set<UInt64> = []
        for name in try BackupCommits.blobNames(in: index) {
            do throws(StorageError) {
                if let bytes = try folder.copyBlob(name, from: folder.blobs, to: target) {
                    try count(bytes, &progress)
                }
            } catch  where error.code == .notFound {
                try tell(Self.gone("the file \(folder.blobs.file(name))"), upTo: state.appliedLSN, &progress)
            } catch  where error.code == .corrupted {
                try tell(error, upTo: state.appliedLSN, &progress)
            }
            epochs.insert(name.epoch)
        }
        for epoch in epochs.sorted() where try fileSystem.status(target.epochDirectory(epoch)) != nil {
            try fileSystem.synchronizeDirectory(target.epochDirectory(epoch))
        }
    }

    /// Payloads that are damaged must not keep the others from coming back, nor may what was missing already when the
    /// backup was made; but of an earlier commit what is missing means that the commit cannot be had.
    private func tell(
        _ error: StorageError, upTo lsn: UInt64, _ progress: inout BackupProgress
    ) throws(StorageError) {
        let isDamage = error.code == .corrupted || error.code == .inputOutput
        guard lsn == contents.lsn || isDamage, !error.isShortage else { throw error }
        progress.findings.append(error)
    }

    private static func gone(_ what: String) -> StorageError {
        StorageError(
            .positionExpired,
            "the backup lacks \(what): it was deleted before the backup was made, or could not be read then. "
                + "Restore the last commit of a backup instead")
    }

    private func count(_ bytes: UInt64, _ progress: inout BackupProgress) throws(StorageError) {
        progress.fileCount += 1
        progress.bytes += bytes
        guard report(progress) else { throw StorageError(.cancelled, "the restore was cancelled") }
    }
}

extension BackupContents.Segment {
    func changed(_ path: FilePath) -> StorageError {
        StorageError(
            .corrupted, "the backup's copy of a journal segment has changed since it was made", path: path)
    }
}
