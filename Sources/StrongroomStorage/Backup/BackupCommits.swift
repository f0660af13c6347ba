internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import SystemPackage

/// The commits that a backup's journal has after its image, up to one of them: all of them, or it is damaged.
struct BackupCommits {
    let frozen: RowTables.Frozen

    /// Blocks.
    ///
    /// - Parameter state: of the image.
    init(
        of contents: BackupContents, in folder: BackupFolder, storeID: [UInt8], after state: CheckpointState,
        upTo lsn: UInt64
    ) throws(StorageError) {
        let directory = folder.journal
        let files = Dictionary(contents.segments.map { ($0.id, $0.file) }, uniquingKeysWith: { $1 })
        let extent = JournalExtent(lastLSN: contents.lsn, segmentIDs: contents.segments.map(\.id))
        var tables = RowTables(baseLSN: state.appliedLSN, timeMilliseconds: state.timeMilliseconds)
        let report = try Journal.inspect(
            directory: directory, fileSystem: folder.fileSystem, storeID: storeID, appliedLSN: state.appliedLSN,
            upTo: extent, fileName: { files[$0] ?? "" }
        ) { (place, frame) throws(StorageError) in
            guard frame.lsn > state.appliedLSN, frame.lsn <= lsn, frame.type == .commit,
                let commit = CommitFrame(body: frame.body)
            else { return }
            guard frame.lsn == tables.lastLSN + 1 else {
                throw StorageError(
                    .corrupted, "the backup lacks the commits after LSN \(tables.lastLSN); restore an earlier one",
                    path: directory)
            }
            tables.apply(lsn: frame.lsn, timeMilliseconds: commit.timeMilliseconds, commit.changes(at: place))
        }
        guard tables.lastLSN == lsn else {
            let finding = report.findings.first.map { ": \($0.message)" } ?? ""
            throw StorageError(
                .corrupted, "the backup's journal ends at LSN \(tables.lastLSN), before LSN \(lsn)\(finding)",
                path: directory)
        }
        frozen = tables.freeze()
    }

    /// The blobs that rows of an index name.
    static func blobNames(in index: any OrderedIndex) throws(StorageError) -> [BlobName] {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                var names: [BlobName] = []
                let cursor = try snapshot.cursor()
                var entry = try cursor.seek(StoreKeys.blobPrefix)
                while let (key, _) = entry, ByteOrder.isLess(key, StoreKeys.blobEnd) {
                    guard let name = StoreKeys.blobName(key) else {
                        throw StorageError(.corrupted, "a blob's row in the backup's catalog is damaged")
                    }
                    names.append(name)
                    entry = try cursor.next()
                }
                return names
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }
}
