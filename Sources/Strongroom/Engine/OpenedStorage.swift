internal import StrongroomJournal
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// What the engine stands on: rows and blobs, and what only a store on disk has.
struct OpenedStorage: Sendable {
    let metadata: any MetadataStore
    let blobs: any BlobStore
    /// Nil in memory.
    let embedded: EmbeddedStorage?
    /// Nil in memory, and while the store is locked.
    let anchors: CatalogAnchors?

    init(_ embedded: EmbeddedStorage, anchors: CatalogAnchors? = nil) {
        metadata = embedded.metadata
        blobs = embedded.blobs
        self.embedded = embedded
        self.anchors = anchors
    }

    init(metadata: any MetadataStore, blobs: any BlobStore, embedded: EmbeddedStorage? = nil) {
        self.metadata = metadata
        self.blobs = blobs
        self.embedded = embedded
        anchors = nil
    }

    func close() async throws(StorageError) {
        metadata.endFollowing()
        try await embedded?.close()
    }
}

extension StoreOpening {
    /// - Parameters:
    ///   - keys: nil for a store that is opened locked: nothing is changed in its catalog then.
    ///   - acceptsRollback: whether it may be anything, whatever the anchors say.
    func openStorage(
        storeID: [UInt8], timeline: UInt32, _ keys: StoreKeys?, creates: Bool = false, acceptsRollback: Bool
    ) async throws(StoreError) -> OpenedStorage {
        var (storageOptions, environment) = (storageOptions, storageEnvironment)
        var anchors: CatalogAnchors?
        if let keys {
            let catalogKeys = try CatalogKeys(keys.metadataKey, storeID: storeID, timeline: timeline)
            let opened = try await onThread { () throws(StorageError) in
                try CatalogAnchors(
                    catalogKeys, keyring: keyring, outside: anchor, counter: anchorCounter, storeID: storeID,
                    timeline: timeline,
                    isNew: creates, acceptsRollback: acceptsRollback, fileSystem, logger)
            }
            environment.sums?.root = opened
            anchors = opened
        } else {
            storageOptions.changesCatalog = false
            storageOptions.images = nil
            storageOptions.compaction.isAutomatic = false
        }
        do throws(StorageError) {
            if creates {
                try await EmbeddedStorage.create(
                    directory: directory, storeID: storeID, options: storageOptions, environment: environment)
            }
            return OpenedStorage(
                try await EmbeddedStorage.open(
                    directory: directory, storeID: storeID, options: storageOptions, environment: environment),
                anchors: anchors)
        } catch {
            throw StoreError(error)
        }
    }

    var storageEnvironment: StorageEnvironment {
        StorageEnvironment(
            fileSystem: fileSystem, random: random, clock: PosixClock(), sums: KeyUsageIndex.definition)
    }

    var storageOptions: EmbeddedStorageOptions {
        var storageOptions = EmbeddedStorageOptions()
        storageOptions.memtableSizeBytes = options.memtableLimitBytes
        storageOptions.whenGroupEnds = { [metrics] in metrics.note($0) }
        storageOptions.holds.sizeBytesMaximum = UInt64(options.changeFeedLimitBytes)
        storageOptions.holds.ageSecondsMaximum = Int64(options.changeFeedLimitSeconds)
        storageOptions.holds.awaitsBeginning = true
        storageOptions.loneCommitSpinMicroseconds = options.loneCommitSpinMicroseconds
        storageOptions.journal.maximumSegmentBytes = UInt64(options.journalSegmentBytes)
        // A new store starts small, whatever its segments grow to.
        storageOptions.journal.initialSegmentBytes = min(
            storageOptions.journal.initialSegmentBytes, storageOptions.journal.maximumSegmentBytes)
        storageOptions.images = ImagePolicy()
        storageOptions.compaction.isAutomatic = options.compactsAutomatically
        return storageOptions
    }
}

extension Engine {
    func statistics() async throws(StoreError) -> StoreStatistics {
        guard let embedded = storage.embedded else { return try await statisticsInMemory() }
        do throws(StorageError) {
            let found = try await embedded.statistics()
            return StoreStatistics(
                tiny: .init(found.rows.inline), small: .init(found.rows.segments), large: .init(found.rows.blobs),
                segments: found.segments.map { .init(id: $0.id, sizeBytes: $0.sizeBytes, liveBytes: $0.liveBytes) },
                lastLSN: found.lastLSN, checkpointLSN: found.appliedLSN, checkpointCount: UInt64(found.checkpointCount),
                memtableBytes: found.memtableSizeBytes, checkpointFailure: found.checkpointFailure?.description,
                image: found.image.map { .init(lastLSN: $0.appliedLSN, sizeBytes: $0.sizeBytes) },
                imageFailure: found.imageFailure?.description, preparedBytes: found.preparedBytes,
                compaction: CompactionReport(found.compaction.total),
                compactionFailure: found.compaction.failure?.description,
                anchorFailure: storage.anchors?.failure?.description)
        } catch {
            throw StoreError(error)
        }
    }

    /// Payloads are counted where a store on disk would have them, and nothing is behind.
    private func statisticsInMemory() async throws(StoreError) -> StoreStatistics {
        try checkOpen()
        let tinyLimitBytes = EmbeddedStorageOptions().inlinePayloadMaximumBytes
        return try await readStorage { snapshot throws(StorageError) in
            var found = StoreStatistics(
                tiny: .init(), small: .init(), large: .init(), segments: [], lastLSN: snapshot.lsn,
                checkpointLSN: snapshot.lsn, checkpointCount: 0, memtableBytes: 0)
            try snapshot.scan(from: [], to: nil) { _, row in
                switch row.payload {
                case .none: break
                case .inline(let bytes) where bytes.count <= tinyLimitBytes: found.tiny.count(UInt64(bytes.count))
                case .inline(let bytes): found.small.count(UInt64(bytes.count))
                case .segment(_, _, let lengthBytes): found.small.count(UInt64(lengthBytes))
                case .blob(let reference): found.large.count(reference.lengthBytes)
                }
                return .next
            }
            return found
        }
    }

    func checkpoint() async throws(StoreError) {
        _ = try unlockedKeys()
        guard let embedded = storage.embedded else { return try checkOpen() }
        do throws(StorageError) {
            try await embedded.checkpoint()
        } catch {
            throw StoreError(error)
        }
    }

    /// Catalog against journal against blobs, as far as that needs no key.
    ///
    /// - Parameter onlyDamage: of a second look, after which what the first one told is not told again.
    func verifyStorage(
        _ report: inout VerificationReport, readingBlobs: Bool, onlyDamage: Bool = false
    ) async throws(StoreError) {
        // In memory no file can contradict a row: whoever verifies looks at the rows themselves next.
        guard let embedded = storage.embedded else { return try checkOpen() }
        let found: StorageVerification
        do throws(StorageError) {
            found = try await embedded.verify(readingBlobs: readingBlobs)
        } catch {
            throw StoreError(error)
        }
        let names = Dictionary(buckets.all.map { ($0.bucket.row.uid, $0.name) }) { first, _ in first }
        for finding in found.findings {
            guard finding.kind != .orphan else {
                if !onlyDamage { report.orphanCount += 1 }
                continue
            }
            let path = finding.error.path.map { "\($0)" + (finding.error.offset.map { " at byte \($0)" } ?? "") }
            let row = finding.key.map { "row \(Hexadecimal.encode($0))" }
            let place = path ?? row ?? "the store"
            let owner = finding.key.flatMap { Self.owner(ofRow: $0, names) }.map { " of \($0)" } ?? ""
            let reason = "\(finding.kind.rawValue)\(owner): \(finding.error.message)"
            if !onlyDamage || !report.findings.contains(.init(place: place, reason: reason)) {
                report.note(place, reason)
            }
        }
        if !onlyDamage { report.unlistedFindingCount += UInt64(found.findingCount - found.findings.count) }
    }

    /// The object whose row it is, which people copy or delete by its name; nil where the row's key does not tell.
    ///
    /// - Parameter names: of buckets, by their uids.
    private static func owner(ofRow rowKey: [UInt8], _ names: [[UInt8]: BucketName]) -> String? {
        guard let bucket = names[Array(rowKey.dropFirst().prefix(RowKey.prefixBytes - 1))] else { return nil }
        if let key = RowKey.objectKey(in: rowKey) {
            return "\(bucket)/\(String(decoding: key, as: UTF8.self))".debugDescription
        }
        return rowKey.first == RowKey.partTable ? "a part of an object in \(bucket)" : nil
    }
}

extension StoreStatistics.Home {
    fileprivate init() {
        self.init(objectCount: 0, storedBytes: 0)
    }

    fileprivate init(_ home: RowStatistics.Home) {
        self.init(objectCount: home.count, storedBytes: home.bytes)
    }

    fileprivate mutating func count(_ bytes: UInt64) {
        objectCount += 1
        storedBytes += bytes
    }
}
