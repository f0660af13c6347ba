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
    /// - Throws: `corrupted` where a file of the backup is damaged or missing; `positionExpired` where the backup has
    ///   not all of that commit's payloads.
    package func run(upTo lsn: UInt64) throws(StorageError) -> BackupProgress {
        precondition(lsn >= contents.firstLSN && lsn <= contents.lsn, "the backup does not reach that commit")
        for path in directory.folders { try fileSystem.createDirectory(path) }
        var progress = BackupProgress()
        let index = try environment.makeIndex(directory.catalog, false)
        defer { index.close() }
        let filled = try fill(index)
        let state = try replay(into: index, after: filled, upTo: lsn)
        try copySegments(index, upTo: lsn, &progress)
        try copyBlobs(index, state, &progress)
        let journal = try Journal.condition(directory: directory.journal, fileSystem: fileSystem, storeID: storeID)
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
        _ index: any OrderedIndex, upTo lsn: UInt64, _ progress: inout BackupProgress
    ) throws(StorageError) {
        let used: [UInt64: SegmentUsage]
        do throws(OrderedIndexReadError<StorageError>) {
            used = try index.read { (snapshot) throws(StorageError) in try StoreView.segmentUsages(in: snapshot) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
        let there = Set(contents.segments.map(\.id))
        for missing in used.keys.filter({ !there.contains($0) }).sorted() {
            try tell(Self.gone("payloads of small objects, in segment \(missing) of the journal"), upTo: lsn, &progress)
        }
        for segment in contents.segments where used[segment.id] != nil {
            let file = try fileSystem.open(folder.journal.appending(segment.file), .readOnly)
            let target = directory.journal.appending(Journal.segmentFileName(id: segment.id))
            let hash = try folder.copy(
                file, count: segment.copiedBytes, to: target, extendedBytes: segment.sizeBytes)
            guard hash.hexadecimalDigits == segment.sha256 else { throw segment.changed(file.path) }
            try count(segment.copiedBytes, &progress)
        }
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

    /// Of the backup's last commit one payload that was damaged already must not keep the others from coming back; of
    /// an earlier one it means that the commit cannot be had.
    private func tell(
        _ error: StorageError, upTo lsn: UInt64, _ progress: inout BackupProgress
    ) throws(StorageError) {
        guard lsn == contents.lsn, !error.isShortage else { throw error }
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
