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
    let images: CatalogImages
    /// Whether to read every blob and compute its hash.
    let readsBlobs: Bool
    let sums: RowSumDefinition?
    /// Why the index's rows cannot be added up.
    let sumContradiction: StorageError?

    private var report = StorageVerification()
    /// Where in segments no whole record stands whose commits the catalog has, by the segments' ids.
    private var containedDamage: [UInt64: [Range<UInt64>]] = [:]

    init(
        directory: StorageDirectory, storeID: [UInt8], view: StoreView, journal: Journal, files: BlobFiles,
        images: CatalogImages, readsBlobs: Bool, sums: RowSumDefinition? = nil, sumContradiction: StorageError? = nil
    ) {
        self.directory = directory
        self.storeID = storeID
        self.view = view
        self.journal = journal
        self.files = files
        self.images = images
        self.readsBlobs = readsBlobs
        self.sums = sums
        self.sumContradiction = sumContradiction
    }

    mutating func run() throws(StorageError) -> StorageVerification {
        // Nothing is recycled or unlinked meanwhile, not even what was retired before.
        view.epochs.hold()
        defer { view.epochs.releaseHold() }
        view.reclaiming.withLock { _ in }
        try inspectJournal()
        try inspectRows()
        try inspectCounters()
        try inspectImage()
        try findOrphans()
        return report
    }

    private mutating func inspectJournal() throws(StorageError) {
        // The extent comes last: it reaches all that the catalog has.
        let appliedLSN = try StoreView.checkpointState(of: view.index).appliedLSN
        var report = report
        let found = try Journal.inspect(
            directory: directory.journal, fileSystem: files.fileSystem, storeID: storeID, appliedLSN: appliedLSN,
            upTo: journal.extent()
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
        let contained = Dictionary(found.contained.map { ($0.findingIndex, $0) }) { first, _ in first }
        for (index, finding) in found.findings.enumerated() {
            if let error = judge(finding, contained[index]) { report.note(.journal, error) }
        }
        containedDamage = Dictionary(grouping: found.contained, by: \.segmentID).mapValues { $0.map(\.range) }
        self.report = report
    }

    /// A repair could do nothing about commits that the catalog has. Nil where not even who makes the catalog anew from
    /// its image would need them: of those it only matters whether there are payloads in the damage.
    private func judge(_ finding: StorageError, _ part: JournalReport.DamagedPart?) -> StorageError? {
        guard let part, finding.code == .corrupted else { return finding }
        guard let lastLSN = part.lastLSN, lastLSN > images.heldLSN else { return nil }
        return StorageError(
            .corrupted,
            "a part of the journal is damaged whose commits the catalog has, and its newest image has not. Take care of "
                + "the catalog until the store has taken the next image, as it does by itself",
            path: finding.path, offset: finding.offset)
    }

    // MARK: Rows

    /// A page at a time: rows that change between two pages are found in either state, and what either
    /// names is still there (see `run`).
    private mutating func inspectRows() throws(StorageError) {
        var start: [UInt8]? = []
        while let lowerBound = start {
            var page = RowPage(directory, containedDamage: containedDamage)
            do throws(StorageError) {
                try page.read(from: lowerBound, view: view, journal: journal)
            } catch  where !error.isShortage {
                page.noteUnreadable(error)
            }
            report.rowCount += page.rowCount
            for (key, error, kind) in page.faults { report.note(kind, error, key: key) }
            // Outside the read transaction: hashing the blobs of a large store takes hours.
            for (key, reference) in page.blobs { try inspect(reference, key: key) }
            start = page.next
        }
    }

    private mutating func inspect(_ reference: BlobReference, key: [UInt8]) throws(StorageError) {
        report.blobCount += 1
        do throws(StorageError) {
            try inspect(reference)
        } catch  where !error.isShortage {
            report.note(.payload, error, key: key)
        }
    }

    private mutating func inspect(_ reference: BlobReference) throws(StorageError) {
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

    /// Counts the index's rows anew and compares with what checkpoints have counted. In one read
    /// transaction: counters and rows agree only at one moment. It looks at nothing but the index.
    private mutating func inspectCounters() throws(StorageError) {
        // Sums that are never complete are never compared.
        if let sumContradiction { report.note(.catalog, sumContradiction) }
        let counted: IndexCount
        do throws(StorageError) {
            if let fault = try view.index.pageFault() { report.note(.catalog, fault) }
            counted = try countedIndex()
        } catch  where !error.isShortage {
            report.note(.catalog, error)
            return
        }
        for difference in counted.differences {
            report.note(.catalog, StorageError(.corrupted, difference, path: directory.catalog))
        }
    }

    private func countedIndex() throws(StorageError) -> IndexCount {
        do throws(OrderedIndexReadError<StorageError>) {
            return try view.index.read { (snapshot) throws(StorageError) in try IndexCount(snapshot, sums) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    // MARK: Files

    private mutating func inspectImage() throws(StorageError) {
        do throws(StorageError) {
            try images.verify()
        } catch  where !error.isShortage {
            report.note(.image, error)
        }
    }

    private mutating func findOrphans() throws(StorageError) {
        let sweep = BlobSweep(files: files, view: view)
        for epoch in try sweep.epochs() {
            for name in try sweep.orphans(in: epoch) {
                // A writer that gave up after its file was listed has removed it before it left the registry.
                guard try files.fileSystem.status(files.layout.file(name)) != nil else { continue }
                report.note(
                    .orphan,
                    StorageError(
                        .notFound, "no row names this blob file; a sweep removes it", path: files.layout.file(name)))
            }
        }
    }
}
