internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization

/// Walks a store that is open and in use, changing nothing. Everything here blocks.
///
/// It needs no key: it compares what the parts of the store say of each other, and checksums. Whether a
/// payload is the right one only those can tell who open it.
struct StorageVerifier {
    let directory: StorageDirectory
    let storeID: [UInt8]
    let view: StoreView
    let journal: Journal
    let files: BlobFiles
    /// Whether to read every blob and compute its hash.
    let readsBlobs: Bool

    private var report = StorageVerification()

    init(
        directory: StorageDirectory, storeID: [UInt8], view: StoreView, journal: Journal, files: BlobFiles,
        readsBlobs: Bool
    ) {
        self.directory = directory
        self.storeID = storeID
        self.view = view
        self.journal = journal
        self.files = files
        self.readsBlobs = readsBlobs
    }

    mutating func run() throws(StorageError) -> StorageVerification {
        // Nothing is recycled or unlinked meanwhile, not even what was retired before.
        view.epochs.hold()
        defer { view.epochs.releaseHold() }
        view.reclaiming.withLock { _ in }
        try inspectJournal()
        try inspectRows()
        try inspectCounters()
        try findOrphans()
        return report
    }

    private mutating func inspectJournal() throws(StorageError) {
        let appliedLSN = try StoreView.checkpointState(of: view.index).appliedLSN
        var report = report
        let found = try Journal.inspect(
            directory: directory.journal, fileSystem: files.fileSystem, storeID: storeID, appliedLSN: appliedLSN
        ) { (place, frame) throws(StorageError) in
            report.recordCount += 1
            guard frame.type == .commit, CommitFrame(body: frame.body) != nil else {
                report.note(
                    .journal,
                    StorageError(
                        .corrupted, "record \(frame.lsn) of segment \(place.segmentID) is whole and no commit",
                        path: directory.journal, offset: place.bodyOffset))
                return
            }
        }
        for finding in found.findings { report.note(.journal, finding) }
        self.report = report
    }

    // MARK: Rows

    private mutating func inspectRows() throws(StorageError) {
        var report = report
        do throws(MetadataReadError<StorageError>) {
            try view.read { (snapshot) throws(StorageError) in
                // The list is younger than the snapshot's rows and nothing leaves it: see `run`.
                let segments = Dictionary(
                    journal.segments().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
                try snapshot.scanEncoded(from: [], to: nil) { (key, row) throws(StorageError) in
                    report.rowCount += 1
                    try inspect(row, key: key, segments, &report)
                    return .next
                }
            }
        } catch {
            switch error {
            case .storage(let error), .body(let error): report.note(.catalog, error)
            }
        }
        self.report = report
    }

    private func inspect(
        _ row: [UInt8], key: [UInt8], _ segments: [UInt64: SegmentInfo], _ report: inout StorageVerification
    ) throws(StorageError) {
        guard let (payload, _) = StoredRowCodec.decodePayload(row) else {
            report.note(.catalog, StorageError(.corrupted, "a row is damaged", path: directory.catalog), key: key)
            return
        }
        switch payload {
        case .none, .inline: break
        case .segment(let id, let offset, let lengthBytes):
            let end = offset.addingReportingOverflow(UInt64(lengthBytes))
            if let segment = segments[id], !end.overflow, end.partialValue <= segment.sizeBytes { break }
            report.note(
                .payload,
                StorageError(
                    .corrupted,
                    "the row's payload of \(lengthBytes) bytes is in segment \(id), which has no such place",
                    path: segments[id]?.path ?? directory.journal, offset: offset), key: key)
        case .blob(let reference):
            report.blobCount += 1
            do throws(StorageError) {
                try inspect(reference, &report)
            } catch  where error.code == .corrupted || error.code == .inputOutput || error.code == .unsupportedFormat {
                report.note(.payload, error, key: key)
            }
        }
    }

    private func inspect(_ reference: BlobReference, _ report: inout StorageVerification) throws(StorageError) {
        let (file, _) = try files.openChecked(reference)
        guard readsBlobs else { return }
        let trailer = try files.checkedTrailer(file, reference)
        var hash = try PayloadHash()
        var offset: UInt64 = 0
        while offset < reference.lengthBytes {
            let count = Int(min(reference.lengthBytes - offset, UInt64(BlobPiece.sizeBytes)))
            let bytes = try file.readBytes(at: UInt64(BlobFormat.blockSizeBytes) + offset, count: count)
            hash.update(bytes, bytes.indices)
            offset += UInt64(count)
        }
        report.hashedBytes += reference.lengthBytes
        guard hash.finish() == trailer.treeHash else {
            throw StorageError(
                .corrupted, "the blob's bytes have changed since they were written; restore it from a backup",
                path: file.path)
        }
    }

    // MARK: Counters

    /// Counts the index's rows anew and compares with what checkpoints have counted.
    private mutating func inspectCounters() throws(StorageError) {
        let counted: IndexCount
        do throws(OrderedIndexReadError<StorageError>) {
            counted = try view.index.read { (snapshot) throws(StorageError) in try IndexCount(snapshot) }
        } catch {
            switch error {
            case .index(let error), .body(let error): report.note(.catalog, error)
            }
            return
        }
        for difference in counted.differences {
            report.note(.catalog, StorageError(.corrupted, difference, path: directory.catalog))
        }
    }

    private mutating func findOrphans() throws(StorageError) {
        let sweep = BlobSweep(files: files, view: view)
        for epoch in try sweep.epochs() {
            for name in try sweep.orphans(in: epoch) {
                report.note(
                    .orphan,
                    StorageError(
                        .notFound, "no row names this blob file; a sweep removes it", path: files.layout.file(name)))
            }
        }
    }
}
