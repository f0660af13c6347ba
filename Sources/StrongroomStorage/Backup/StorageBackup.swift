internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Copies a store that is open and in use. Everything here blocks.
///
/// The order is the rule. Nothing is recycled or unlinked from the start on. Blobs that the catalog names are copied
/// first, however long that takes; then it is said up to which commit the backup goes; then what these commits have
/// named since is copied. So every blob of every row as of that commit is there, and some that are not needed.
struct StorageBackup {
    let core: StorageCore
    let source: StorageDirectory
    let folder: BackupFolder
    let earlier: [BackupContents]
    /// Files of earlier backups, by name: they need not be read again to know their hash.
    let known: [String: BackupContents.Segment]
    /// Told after each file; whether to go on.
    let report: @Sendable (BackupProgress) -> Bool

    private var progress = BackupProgress()
    private var touchedEpochs: Set<UInt64> = []

    init(
        core: StorageCore, source: StorageDirectory, folder: BackupFolder, earlier: [BackupContents],
        report: @escaping @Sendable (BackupProgress) -> Bool
    ) {
        self.core = core
        self.source = source
        self.folder = folder
        self.report = report
        self.earlier = earlier
        known = Dictionary(earlier.flatMap(\.segments).map { ($0.file, $0) }, uniquingKeysWith: { $1 })
    }

    private var fileSystem: any FileSystem { folder.fileSystem }

    mutating func run() throws(StorageError) -> (BackupContents, BackupProgress) {
        core.view.epochs.hold()
        defer { core.view.epochs.releaseHold() }
        core.view.reclaiming.withLock { _ in }
        try folder.prepare()
        try checkJournal()
        do throws(StorageError) {
            return try copyEverything()
        } catch  where isOfUnreadableSegment(error) {
            // With an image that has its commits a restore does not need them. Where the checkpoint fails the image
            // lacks them, and the second attempt throws what the first one did.
            _ = core.checkpointer.runAndWait()
            _ = try core.images.take(of: core.view)
            return try copyEverything()
        }
    }

    private mutating func copyEverything() throws(StorageError) -> (BackupContents, BackupProgress) {
        progress = BackupProgress()
        let image = try copyImage()
        let startLSN = try StoreView.checkpointState(of: core.view.index).appliedLSN
        try copyCataloguedBlobs()
        let extent = core.journal.extent()
        let timeMilliseconds = core.view.withTables { $0.timeMilliseconds }
        try copyBlobs(ofCommitsAfter: startLSN, through: extent.lastLSN)
        let (segments, startsAfter) = try copySegments(extent, imageLSN: image?.appliedLSN ?? 0)
        try findMissingSegments()
        for directory in [folder.journal, folder.images] { try fileSystem.synchronizeDirectory(directory) }
        let contents = BackupContents(
            lsn: extent.lastLSN, timeMilliseconds: timeMilliseconds, image: image, segments: segments,
            journalStartLSN: startsAfter)
        return (contents, progress)
    }

    // MARK: Catalog

    /// What the catalog has, a restore replays from the journal since the image: where that cannot be read any more, a
    /// new image makes it unnecessary.
    private func checkJournal() throws(StorageError) {
        guard let imageLSN = core.images.coveredLSN else { return }
        let appliedLSN = try StoreView.checkpointState(of: core.view.index).appliedLSN
        var follower = core.journal.follow(after: imageLSN)
        do throws(StorageError) {
            while follower.lsn < appliedLSN { _ = try follower.read(upTo: appliedLSN, limitBytes: 1 << 20) }
        } catch  where [.corrupted, .inputOutput, .positionExpired].contains(error.code) {
            _ = try core.images.take(of: core.view)
        }
    }

    /// The image in use, or one that is taken now where there is none.
    private mutating func copyImage() throws(StorageError) -> BackupContents.Image? {
        if core.images.coveredLSN == nil { _ = try core.images.take(of: core.view) }
        // A newer one may take its place at any moment.
        for _ in 0..<10 {
            guard let lsn = core.images.coveredLSN else { break }
            guard lsn > 0 else { return nil }
            do throws(StorageError) {
                return try copyImage(lsn)
            } catch  where error.code == .notFound {
                continue
            }
        }
        throw StorageError(
            .diskFull, "there is no image of the catalog to back up, because the disk of the store is full; free space")
    }

    private mutating func copyImage(_ lsn: UInt64) throws(StorageError) -> BackupContents.Image {
        let path = core.images.path(lsn: lsn)
        let file = try fileSystem.open(path, .readOnly)
        var reader = try ImageReader(file, storeID: nil)
        let summary = try reader.readToEnd()
        let name = folder.imageName(summary)
        let target = folder.images.appending(name)
        if try !folder.has(target, sizeBytes: summary.sizeBytes) {
            try folder.copy(file, count: summary.sizeBytes, to: target)
            try count(summary.sizeBytes)
        } else {
            progress.reusedFileCount += 1
        }
        return BackupContents.Image(
            file: name, appliedLSN: lsn, sizeBytes: summary.sizeBytes, identity: summary.identity.hexadecimalDigits)
    }

    // MARK: Blobs

    /// A page at a time, so that no read transaction lasts for as long as copying does.
    private mutating func copyCataloguedBlobs() throws(StorageError) {
        var start: [UInt8]? = StoreKeys.blobPrefix
        while let lowerBound = start {
            let (names, next) = try page(from: lowerBound)
            for name in names { try copyBlob(name) }
            start = next
        }
        try synchronizeEpochs()
    }

    private static let namesPerPage = 1_000

    private func page(from lowerBound: [UInt8]) throws(StorageError) -> (names: [BlobName], next: [UInt8]?) {
        do throws(OrderedIndexReadError<StorageError>) {
            return try core.view.index.read { (snapshot) throws(StorageError) in
                var names: [BlobName] = []
                let cursor = try snapshot.cursor()
                var entry = try cursor.seek(lowerBound)
                while let (key, _) = entry, ByteOrder.isLess(key, StoreKeys.blobEnd) {
                    if names.count == Self.namesPerPage { return (names, key) }
                    guard let name = StoreKeys.blobName(key) else {
                        throw StorageError(.corrupted, "a blob's row in the catalog is damaged; run verify")
                    }
                    names.append(name)
                    entry = try cursor.next()
                }
                return (names, nil)
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    private mutating func copyBlobs(ofCommitsAfter lsn: UInt64, through last: UInt64) throws(StorageError) {
        var follower = core.journal.follow(after: lsn)
        while follower.lsn < last {
            for frame in try follower.read(upTo: last, limitBytes: 1 << 20) {
                guard frame.type == .commit, let commit = CommitFrame(body: frame.body) else { continue }
                for mutation in commit.mutations {
                    guard let row = mutation.row, let (payload, _) = StoredRowCodec.decodePayload(row),
                        case .blob(let reference) = payload
                    else { continue }
                    try copyBlob(BlobName(reference))
                }
            }
        }
        try synchronizeEpochs()
    }

    private mutating func copyBlob(_ name: BlobName) throws(StorageError) {
        let copiedBytes: UInt64?
        do throws(StorageError) {
            copiedBytes = try folder.copyBlob(name, from: core.files.layout, to: folder.blobs)
        } catch  where error.code == .corrupted || error.path == core.files.layout.file(name) {
            // The others are worth a backup all the same.
            if error.isShortage { throw error }
            progress.findings.append(error)
            return
        }
        // Whoever copied it before may have died before its name was durable.
        touchedEpochs.insert(name.epoch)
        guard let copiedBytes else {
            progress.reusedFileCount += 1
            return
        }
        try count(copiedBytes)
    }

    private mutating func synchronizeEpochs() throws(StorageError) {
        for epoch in touchedEpochs.sorted() {
            try fileSystem.synchronizeDirectory(folder.blobs.epochDirectory(epoch))
        }
        try fileSystem.synchronizeDirectory(folder.blobs.directory)
        touchedEpochs = []
    }

    // MARK: Journal

    /// - Returns: the segments, and after which commit there is every one in them.
    private mutating func copySegments(
        _ extent: JournalExtent, imageLSN: UInt64
    ) throws(StorageError) -> ([BackupContents.Segment], startsAfter: UInt64) {
        var segments: [BackupContents.Segment] = []
        var infos: [SegmentInfo] = []
        for info in core.journal.segments() where extent.segmentIDs.contains(info.id) {
            do throws(StorageError) {
                segments.append(
                    try copySegment(info, upTo: min(info.lastLSN, extent.lastLSN), imageLSN: imageLSN))
                infos.append(info)
            } catch  where isOfUnreadableSegment(error) && info.lastLSN <= imageLSN {
                // The others are worth a backup all the same: the image has its rows, and payloads alone are missing.
                progress.findings.append(error)
            }
        }
        guard var first = infos.last else { return (segments, extent.lastLSN) }
        // Of those that are older some may be gone between others that have payloads.
        for info in infos.dropLast().reversed() {
            guard first.predecessorID == info.id else { break }
            first = info
        }
        // Behind the last one there is nothing that any earlier backup could be joined with.
        if try hasForked(infos, first, extent) { return (segments, extent.lastLSN + 1) }
        // What the one before is not joined with, this one is not, either.
        let barrier = earlier.last.map { min($0.journalStartLSN ?? 0, $0.lsn) } ?? 0
        return (segments, max(first.lsnBefore, barrier))
    }

    /// Whether the store has other commits than the backup before it: it was put back, and its keyring with it, to an
    /// earlier time, and has gone on. Then no commit between the two is to be restored of both.
    private func hasForked(
        _ infos: [SegmentInfo], _ first: SegmentInfo, _ extent: JournalExtent
    ) throws(StorageError) -> Bool {
        guard let previous = earlier.last, let last = previous.segments.last else { return false }
        if previous.lsn > extent.lastLSN { return true }
        guard let info = infos.first(where: { $0.id == last.id }) else { return first.lsnBefore < previous.lsn }
        guard let hash = BackupFolder.recordHash(inName: last.file) else { return false }
        let records = try core.journal.copyExtent(of: info, upTo: min(info.lastLSN, previous.lsn))
        // Of what is damaged nothing is concluded.
        if records.isDamaged { return false }
        return try BackupFolder.recordHash(records) != hash
    }

    private func isOfUnreadableSegment(_ error: StorageError) -> Bool {
        let isDamage = error.code == .corrupted || error.code == .inputOutput
        return isDamage && error.path?.removingLastComponent() == source.journal
    }

    /// Payloads whose segment is gone cannot be backed up, and are told.
    private mutating func findMissingSegments() throws(StorageError) {
        let used = try core.view.segmentUsages().keys.sorted()
        // Asked for after them, and not as of the backup: a segment that was begun since is new, not missing. And
        // none of those that were there goes while the backup holds everything.
        let present = Set(core.journal.segments().map(\.id))
        for id in used where !present.contains(id) {
            progress.findings.append(
                StorageError(
                    .corrupted, "segment \(id), in which rows have payloads, is missing; run verify",
                    path: source.journal.appending(Journal.segmentFileName(id: id))))
        }
    }

    /// An earlier backup's whole copy of a segment that is damaged by now. Only of one whose commits the image has:
    /// payloads have codes of their own, whatever life of the store they are of.
    private func earlierCopy(
        of info: SegmentInfo, imageLSN: UInt64
    ) throws(StorageError) -> BackupContents.Segment? {
        guard info.lastLSN <= imageLSN else { return nil }
        for contents in earlier.reversed() {
            guard let copy = contents.segments.first(where: { $0.id == info.id && $0.copiedBytes == info.sizeBytes }),
                try folder.has(folder.journal.appending(copy.file), sizeBytes: info.sizeBytes)
            else { continue }
            return copy
        }
        return nil
    }

    private mutating func copySegment(
        _ info: SegmentInfo, upTo lsn: UInt64, imageLSN: UInt64
    ) throws(StorageError) -> BackupContents.Segment {
        let extent: Journal.CopyExtent
        do throws(StorageError) {
            extent = try core.journal.copyExtent(of: info, upTo: lsn)
        } catch  where isOfUnreadableSegment(error) {
            guard let copy = try earlierCopy(of: info, imageLSN: imageLSN) else { throw error }
            progress.reusedFileCount += 1
            return copy
        }
        if extent.isDamaged, let copy = try earlierCopy(of: info, imageLSN: imageLSN) {
            progress.reusedFileCount += 1
            return copy
        }
        let usedBytes = extent.bytes
        let name = try folder.segmentName(id: info.id, extent)
        let target = folder.journal.appending(name)
        let hash: String
        if try !folder.has(target, sizeBytes: info.sizeBytes) {
            hash = try folder.copy(
                try fileSystem.open(info.path, .readOnly), count: usedBytes, to: target, extendedBytes: info.sizeBytes
            ).hexadecimalDigits
            try count(usedBytes)
        } else if let copied = known[name] {
            hash = copied.sha256
            progress.reusedFileCount += 1
        } else {
            hash = try FileCopy.hash(try fileSystem.open(target, .readOnly), count: usedBytes).hexadecimalDigits
            progress.reusedFileCount += 1
        }
        return BackupContents.Segment(
            id: info.id, file: name, copiedBytes: usedBytes, sizeBytes: info.sizeBytes, sha256: hash)
    }

    private mutating func count(_ bytes: UInt64) throws(StorageError) {
        progress.fileCount += 1
        progress.bytes += bytes
        guard report(progress) else {
            throw StorageError(.cancelled, "the backup was cancelled; the next one goes on with what was copied")
        }
    }
}
