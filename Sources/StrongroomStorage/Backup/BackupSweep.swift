internal import StrongroomCatalog
internal import StrongroomJournal
package import StrongroomSystem
package import SystemPackage

/// Removes what no backup in a folder needs any more: after one of them was removed, and what an interrupted one left.
/// Everything here blocks.
package struct BackupSweep {
    private let folder: BackupFolder
    private let kept: [BackupContents]
    private let storeID: [UInt8]
    private let report: @Sendable (BackupProgress) -> Bool
    private var progress = BackupProgress()

    /// - Parameters:
    ///   - kept: all backups that are to stay.
    ///   - report: told after each file that was removed; whether to go on.
    package init(
        keeping kept: [BackupContents], in backup: FilePath, _ fileSystem: any FileSystem, storeID: [UInt8],
        report: @escaping @Sendable (BackupProgress) -> Bool
    ) {
        folder = BackupFolder(root: backup, fileSystem: fileSystem)
        self.kept = kept
        self.storeID = storeID
        self.report = report
    }

    private var fileSystem: any FileSystem { folder.fileSystem }

    /// - Parameter begin: called once it is known what is needed, before anything is removed: from then on only what is
    ///   kept counts as a backup.
    /// - Returns: the files that were removed, and their bytes.
    /// - Throws: `corrupted` where a backup that stays cannot be read: then it is not known what it needs, and nothing
    ///   was removed.
    package mutating func run(_ begin: () throws(StorageError) -> Void) throws(StorageError) -> BackupProgress {
        var blobs: Set<BlobName> = []
        for contents in kept { try note(contents, &blobs) }
        try begin()
        try sweep(folder.journal, keeping: Set(kept.flatMap { $0.segments.map(\.file) }))
        try sweep(folder.images, keeping: Set(kept.compactMap { $0.image?.file }))
        try sweepBlobs(keeping: blobs)
        return progress
    }

    // MARK: What is needed

    /// Whatever a row of the image or of the journal names may be asked for: by which commit it was named or deleted
    /// does not count, for every commit may be restored.
    private func note(_ contents: BackupContents, _ blobs: inout Set<BlobName>) throws(StorageError) {
        if let image = contents.image {
            let path = folder.images.appending(image.file)
            var reader = try ImageReader(try fileSystem.open(path, .readOnly), storeID: storeID)
            while let rows = try reader.next() {
                for (key, row) in rows where KeySpace.isEngineKey(key) { Self.note(row, &blobs) }
            }
        }
        var found = blobs
        let files = Dictionary(contents.segments.map { ($0.id, $0.file) }, uniquingKeysWith: { $1 })
        // Nothing is ever replayed onto an image that none of them has.
        let earliest = kept.map(\.firstLSN).min() ?? 0
        let start = max(earliest, min(contents.journalStartLSN ?? contents.firstLSN, contents.firstLSN))
        let inspection = try Journal.inspect(
            directory: folder.journal, fileSystem: fileSystem, storeID: storeID, appliedLSN: start,
            upTo: JournalExtent(lastLSN: contents.lsn, segmentIDs: contents.segments.map(\.id)),
            fileName: { files[$0] ?? "" }
        ) { (_, frame) throws(StorageError) in
            guard frame.type == .commit, let commit = CommitFrame(body: frame.body) else { return }
            for mutation in commit.mutations { if let row = mutation.row { Self.note(row, &found) } }
        }
        // Where the commits are no more that stood in the damage, nothing of this backup is replayed from there: its
        // image has their rows.
        let contained = Set(inspection.contained.map(\.findingIndex))
        let findings = inspection.findings.enumerated().filter { index, error in
            error.code != .corrupted || !contained.contains(index)
        }
        if let finding = findings.first?.element {
            throw StorageError(
                .corrupted,
                "a backup that is to stay cannot be read whole, so that nothing is removed: "
                    + finding.message, path: finding.path ?? folder.root)
        }
        blobs = found
    }

    private static func note(_ row: [UInt8], _ blobs: inout Set<BlobName>) {
        guard let (payload, _) = StoredRowCodec.decodePayload(row), case .blob(let reference) = payload else { return }
        blobs.insert(BlobName(reference))
    }

    // MARK: What is not

    private mutating func sweep(_ directory: FilePath, keeping names: Set<String>) throws(StorageError) {
        for name in try fileSystem.list(directory) where !names.contains(name) {
            try remove(directory.appending(name))
        }
        try fileSystem.synchronizeDirectory(directory)
    }

    private mutating func sweepBlobs(keeping blobs: Set<BlobName>) throws(StorageError) {
        for entry in try fileSystem.list(folder.blobs.directory) {
            guard let epoch = BlobLayout.epoch(directoryName: entry) else { continue }
            let directory = folder.blobs.epochDirectory(epoch)
            for name in try fileSystem.list(directory) {
                if let id = BlobLayout.id(fileName: name), blobs.contains(BlobName(epoch: epoch, id: id)) { continue }
                try remove(directory.appending(name))
            }
            try fileSystem.synchronizeDirectory(directory)
            if try fileSystem.list(directory).isEmpty { try fileSystem.removeDirectory(directory) }
        }
        try fileSystem.synchronizeDirectory(folder.blobs.directory)
    }

    private mutating func remove(_ path: FilePath) throws(StorageError) {
        let sizeBytes = try fileSystem.status(path)?.sizeBytes ?? 0
        try fileSystem.remove(path)
        progress.fileCount += 1
        progress.bytes += sizeBytes
        guard report(progress) else {
            throw StorageError(.cancelled, "the removal was cancelled; the next one goes on with what no backup needs")
        }
    }
}
