internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import SystemPackage

/// One run of a repair, under the store's lock: first the catalog, for what it has decides what the journal must
/// have; then the journal; then the blobs of commits that are lost.
struct RepairWork {
    let directory: StorageDirectory
    let storeID: [UInt8]
    let options: EmbeddedStorageOptions
    let environment: StorageEnvironment
    let isDryRun: Bool
    var report = StorageRepairReport()

    private var fileSystem: any FileSystem { environment.fileSystem }

    mutating func run(_ verdict: StorageRepair.CatalogVerdict) throws(StorageError) {
        let journal = try Journal.condition(directory: directory.journal, fileSystem: fileSystem, storeID: storeID)
        let state = try mendCatalog(verdict, journal)
        try mendImages()
        try mendHeaders(journal)
        var fault = try Journal.fault(
            directory: directory.journal, fileSystem: fileSystem, storeID: storeID, appliedLSN: state.appliedLSN,
            containedLSN: state.containedLSN, in: journal
        ) { [directory] (place, frame) throws(StorageError) in _ = try CommitFrame(frame, at: place, in: directory) }
        fault = fault ?? journal.unreadableEnd
        // Apart, for ?? carries no typed throws.
        if fault == nil { fault = try missingWhole(journal) }
        if let fault { try salvage(fault, journal, state) }
        // Last: a repair that ends before the journal has a new beginning must find again that its end is lost.
        try setAside(journal.unreadable)
    }

    private mutating func putAway(_ path: FilePath) throws(StorageError) {
        report.setAside.append(try SetAside(fileSystem: fileSystem)(path))
    }

    // MARK: Catalog

    /// - Returns: what the catalog has, or will have.
    private mutating func mendCatalog(
        _ verdict: StorageRepair.CatalogVerdict, _ journal: JournalCondition
    ) throws(StorageError) -> CheckpointState {
        let reason: String
        switch verdict {
        case .damaged(let why): reason = why
        case .walked:
            let found = try examineCatalog()
            switch found {
            case .success(let state): return state
            case .failure(let error): reason = error.message
            }
        }
        return try rebuildCatalog(reason, journal)
    }

    private func examineCatalog() throws(StorageError) -> Result<CheckpointState, StorageError> {
        do throws(StorageError) {
            let index = try environment.makeIndex(directory.catalog, true)
            defer { index.close() }
            let state = try StoreView.checkpointState(of: index)
            guard state.storeID == storeID else {
                return .failure(StorageError(.corrupted, "the catalog belongs to another store"))
            }
            // A page that the device does not give ends whoever reads it where it is mapped.
            do throws(StorageError) {
                if let fault = try index.pageFault() { return .failure(fault) }
            } catch  where error.code == .inputOutput {
                return .failure(error)
            }
            let count: IndexCount
            do throws(OrderedIndexReadError<StorageError>) {
                count = try index.read { (snapshot) throws(StorageError) in
                    try IndexCount(snapshot, environment.sums)
                }
            } catch {
                switch error {
                case .index(let error), .body(let error): throw error
                }
            }
            guard let difference = count.differences.first else { return .success(state) }
            return .failure(StorageError(.corrupted, difference))
        } catch  where error.code == .corrupted || error.code == .notFound {
            return .failure(error)
        }
    }

    private mutating func rebuildCatalog(
        _ reason: String, _ journal: JournalCondition
    ) throws(StorageError) -> CheckpointState {
        let images = ImageFiles(directory: directory.catalog, fileSystem: fileSystem, storeID: storeID)
        let base = try base(images, reachLSN: journal.reachLSN, reason)
        report.note(
            .catalogRebuilt, directory.catalog,
            "\(reason); made anew from " + (base.map { "the image of LSN \($0)" } ?? "the whole journal"))
        // Where it begins nobody but the catalog could have told.
        if journal.beginsUnchecked { report.isLossy = true }
        guard !isDryRun else { return state(of: base) }
        for name in ["data.mdb", "lock.mdb"] {
            let path = directory.catalog.appending(name)
            if try fileSystem.status(path) != nil { try putAway(path) }
        }
        let index = try environment.makeIndex(directory.catalog, false)
        defer { index.close() }
        let filling = CatalogFilling(
            index: index, storeID: storeID, sums: environment.sums,
            rowsPerTransaction: options.checkpointRowsPerTransaction)
        guard let base else {
            try filling.fillEmpty()
            return CheckpointState(storeID: storeID)
        }
        var image = try images.reader(lsn: base)
        return try filling.fill(from: &image)
    }

    /// As far as a dry run knows without reading the image's rows.
    private func state(of base: UInt64?) -> CheckpointState {
        var state = CheckpointState(storeID: storeID)
        state.appliedLSN = base ?? 0
        state.containedLSN = base ?? 0
        return state
    }

    /// The LSN of the newest image that can be read and that the journal goes on from; nil for the empty one.
    private func base(
        _ images: ImageFiles, reachLSN: UInt64, _ reason: String
    ) throws(StorageError) -> UInt64? {
        var last: StorageError?
        for lsn in try images.lsns() where lsn >= reachLSN {
            do throws(StorageError) {
                var reader = try images.reader(lsn: lsn)
                return try reader.readToEnd().appliedLSN
            } catch  where error.code == .corrupted {
                last = error
            }
        }
        guard reachLSN != 0 else { return nil }
        throw StorageError(
            .corrupted,
            "the catalog is damaged (\(reason)), and no image of it is left that the journal goes on from; "
                + "restore the store from a backup" + (last.map { ". \($0.message)" } ?? ""),
            path: last?.path ?? directory.catalog)
    }

    /// A damaged image would be found out when it is needed.
    private mutating func mendImages() throws(StorageError) {
        let images = ImageFiles(directory: directory.catalog, fileSystem: fileSystem, storeID: storeID)
        for lsn in try images.lsns() {
            do throws(StorageError) {
                var reader = try images.reader(lsn: lsn)
                _ = try reader.readToEnd()
            } catch  where error.code == .corrupted {
                let path = images.path(.whole(lsn: lsn))
                report.note(.imageSetAside, path, error.message)
                if !isDryRun { try putAway(path) }
            }
        }
    }

    // MARK: Journal

    private mutating func mendHeaders(_ journal: JournalCondition) throws(StorageError) {
        for path in journal.halfHeaders {
            report.note(.headerMended, path, "one of the two copies of the segment's header was damaged")
        }
        let rebuilt = journal.rebuiltPaths(in: directory.journal)
        for path in rebuilt {
            report.note(
                .headerMended, path, "both copies of the segment's header were damaged; made anew from its records")
        }
        for path in journal.halfHeaders + rebuilt where !isDryRun {
            try Journal.mendHeader(path, journal, fileSystem: fileSystem, storeID: storeID)
        }
    }

    private mutating func setAside(_ unreadable: [StorageError]) throws(StorageError) {
        for error in unreadable {
            guard let path = error.path else { continue }
            report.note(.segmentSetAside, path, error.message)
            if !isDryRun { try putAway(path) }
        }
    }

    /// Where not one segment is left, nobody knows what the journal had: a store without any commit has none either,
    /// but neither files of blobs nor a catalog that was lost.
    private func missingWhole(_ journal: JournalCondition) throws(StorageError) -> StorageError? {
        guard journal.isEmpty else { return nil }
        let isCatalogLost = report.steps.contains { $0.kind == .catalogRebuilt }
        let hasNoBlobs = try blobEpochs().isEmpty
        guard isCatalogLost || !hasNoBlobs else { return nil }
        return StorageError(
            .corrupted, "there is no segment of the journal, and so none of the commits that the catalog lacks",
            path: directory.journal)
    }

    private mutating func salvage(
        _ fault: StorageError, _ journal: JournalCondition, _ state: CheckpointState
    ) throws(StorageError) {
        let salvage = try JournalSalvage(
            directory.journal, fileSystem, storeID: storeID, in: journal, after: state)
        // What the device does not give now it may give later: it is not lost.
        if let other = salvage.findings.first(where: { $0.code != .corrupted }) { throw other }
        guard salvage.canGoOn else {
            throw StorageError(
                .corrupted,
                "the journal says that it came to LSN \(salvage.lastLSN), which no store does; restore the store from a "
                    + "backup", path: directory.journal)
        }
        report.lostLSNs = salvage.lostLSNs
        report.isLossy = true
        report.note(
            .journalSalvaged, fault.path ?? directory.journal,
            "\(fault.message). \(salvage.commitCount) commits that the catalog lacks were read")
        guard !isDryRun else { return }
        let index = try environment.makeIndex(directory.catalog, true)
        defer { index.close() }
        let writer = CheckpointWriter(
            index: index, rowsPerTransaction: options.checkpointRowsPerTransaction, sums: environment.sums)
        // From the index itself: filled just now, it may have more than a dry run would know.
        let before = try StoreView.checkpointState(of: index)
        let epochs = try blobEpochs()
        let after = try writer.write(
            salvage.frozen(after: before), after: before, sealedBlobEpoch: epochs.max() ?? before.sealedBlobEpoch)
        try setAsideBlobs(epochs, index)
        try keepDamaged(salvage.findings, but: Set(journal.unreadable.compactMap(\.path)))
        // Rows may name a segment whose file is lost: no other one may get its number.
        var journal = journal
        journal.reserve(try StoreView.usedSegments(of: index))
        try Journal.beginAnew(
            after: after.appliedLSN, journal, directory: directory.journal, fileSystem: fileSystem, storeID: storeID,
            random: environment.random, configuration: options.journal)
    }

    /// Copies of segments of which not all could be read: the files themselves are recycled once nothing lives in them.
    private mutating func keepDamaged(_ findings: [StorageError], but others: Set<FilePath>) throws(StorageError) {
        for path in Set(findings.compactMap(\.path)).subtracting(others).sorted(by: { $0.string < $1.string }) {
            guard try fileSystem.status(path)?.kind == .file else { continue }
            report.setAside.append(try SetAside(fileSystem: fileSystem).copy(path))
        }
    }

    // MARK: Blobs

    private func blobEpochs() throws(StorageError) -> [UInt64] {
        try fileSystem.list(directory.blobs).compactMap { BlobLayout.epoch(directoryName: $0) }.sorted()
    }

    /// The commits of these may be the lost ones: a sweep would remove them for good.
    private mutating func setAsideBlobs(_ epochs: [UInt64], _ index: any OrderedIndex) throws(StorageError) {
        let layout = BlobLayout(directory: directory.blobs)
        for epoch in epochs {
            let ids = try fileSystem.list(layout.epochDirectory(epoch)).compactMap { BlobLayout.id(fileName: $0) }
            for name in try unnamed(ids.map { BlobName(epoch: epoch, id: $0) }, index) {
                report.note(.blobSetAside, layout.file(name), "no row names it")
                try putAway(layout.file(name))
            }
        }
    }

    private func unnamed(_ names: [BlobName], _ index: any OrderedIndex) throws(StorageError) -> [BlobName] {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                var unnamed: [BlobName] = []
                for name in names {
                    let owner = try snapshot.value(StoreKeys.blob(name))
                    let trash = try snapshot.value(KeySpace.trashKey(name))
                    if owner == nil, trash == nil { unnamed.append(name) }
                }
                return unnamed
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }
}
