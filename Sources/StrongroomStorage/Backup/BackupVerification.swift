internal import StrongroomCatalog
internal import StrongroomJournal
package import StrongroomSystem
package import SystemPackage

/// Reads all of a backup and checks it against the hashes that were written with it. Needs no key. Blocks.
package struct BackupVerification {
    private let folder: BackupFolder
    private let contents: BackupContents
    private let storeID: [UInt8]
    private let report: @Sendable (BackupProgress) -> Bool
    private var progress = BackupProgress()

    /// - Parameter report: told after each file; whether to go on.
    package init(
        _ contents: BackupContents, in backup: FilePath, _ fileSystem: any FileSystem, storeID: [UInt8],
        report: @escaping @Sendable (BackupProgress) -> Bool
    ) {
        folder = BackupFolder(root: backup, fileSystem: fileSystem)
        self.contents = contents
        self.storeID = storeID
        self.report = report
    }

    /// What is wrong is in the findings.
    package mutating func run() throws(StorageError) -> BackupProgress {
        for segment in contents.segments { try noting { (work) throws(StorageError) in try work.check(segment) } }
        try noting { (work) throws(StorageError) in try work.checkRows() }
        return progress
    }

    private mutating func noting(
        _ body: (inout BackupVerification) throws(StorageError) -> Void
    ) throws(StorageError) {
        do throws(StorageError) {
            try body(&self)
        } catch  where error.code != .cancelled && !error.isShortage {
            progress.findings.append(error)
        }
    }

    private mutating func check(_ segment: BackupContents.Segment) throws(StorageError) {
        let file = try folder.fileSystem.open(folder.journal.appending(segment.file), .readOnly)
        let hash = try FileCopy.hash(file, count: segment.copiedBytes)
        guard hash.hexadecimalDigits == segment.sha256 else { throw segment.changed(file.path) }
        try count(segment.copiedBytes)
    }

    /// Rows of the image that no later commit has changed, and what the commits have put.
    private mutating func checkRows() throws(StorageError) {
        var state = CheckpointState(storeID: storeID)
        state.appliedLSN = contents.firstLSN
        state.containedLSN = contents.firstLSN
        let table = try BackupCommits(
            of: contents, in: folder, storeID: storeID, after: state, upTo: contents.lsn
        ).frozen.table
        if let image = contents.image { try checkRows(of: image, unlessIn: table) }
        var cursor = table.cursor()
        var entry = cursor.seek([])
        while let (_, change) = entry {
            if case .put(let row) = change { try checkBlob(of: row) }
            entry = cursor.next()
        }
    }

    private mutating func checkRows(
        of image: BackupContents.Image, unlessIn table: RowTable
    ) throws(StorageError) {
        let path = folder.images.appending(image.file)
        var reader = try ImageReader(try folder.fileSystem.open(path, .readOnly), storeID: storeID)
        while let rows = try reader.next() {
            for (key, row) in rows where KeySpace.isEngineKey(key) && table.value(key) == nil {
                try checkBlob(of: row)
            }
        }
        guard reader.summary?.identity.hexadecimalDigits == image.identity else {
            throw StorageError(.corrupted, "the backup's image of the catalog is another than it names", path: path)
        }
        try count(image.sizeBytes)
    }

    private mutating func checkBlob(of row: [UInt8]) throws(StorageError) {
        guard let (payload, _) = StoredRowCodec.decodePayload(row) else {
            throw StorageError(.corrupted, "a row of the backup's catalog is damaged", path: folder.images)
        }
        if case .segment(let id, _, _) = payload, !contents.segments.contains(where: { $0.id == id }) {
            try noting { (_) throws(StorageError) in
                throw StorageError(.corrupted, "the backup lacks segment \(id), in which a row has its payload")
            }
        }
        guard case .blob(let reference) = payload else { return }
        try noting { (work) throws(StorageError) in
            let name = BlobName(reference)
            let file = try work.folder.fileSystem.open(work.folder.blobs.file(name), .readOnly)
            try work.count(try BlobCheck(file, name).run())
        }
    }

    private mutating func count(_ bytes: UInt64) throws(StorageError) {
        progress.fileCount += 1
        progress.bytes += bytes
        guard report(progress) else { throw StorageError(.cancelled, "the verification was cancelled") }
    }
}
