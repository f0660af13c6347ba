internal import StrongroomCatalog
internal import StrongroomSystem
internal import SystemPackage

/// Removes blob files that no row names: left behind by a crash between a file and its commit.
///
/// The order is the rule: names are listed first, then it is asked which are in flight, then the
/// snapshot is taken. A file is entered before it exists and left after its commit is visible, so what
/// is listed and is neither in flight nor in the later snapshot will never be committed.
struct BlobSweep {
    let files: BlobFiles
    let view: StoreView

    /// The epochs that have a folder.
    func epochs() throws(StorageError) -> [UInt64] {
        try files.fileSystem.list(files.layout.directory).compactMap { BlobLayout.epoch(directoryName: $0) }.sorted()
    }

    /// Makes durable what processes before this one have removed from epochs younger than `sealedEpoch`. Blocks.
    ///
    /// One may have died between a removal and its sync. Nobody finds such a file to sweep it, the next checkpoint
    /// seals its epoch, and a power failure after that would bring it back for good.
    func synchronizeFound(after sealedEpoch: UInt64) throws(StorageError) {
        try files.synchronizeEpochs(Set(try epochs().filter { $0 > sealedEpoch }))
    }

    /// Sweeps epochs younger than `sealedEpoch`; 0 sweeps all. Blocks. Returns how many files it removed.
    @discardableResult
    func run(after sealedEpoch: UInt64) throws(StorageError) -> Int {
        try files.poison.check()
        var removedCount = 0
        for epoch in try epochs() where epoch > sealedEpoch {
            let garbage = try orphans(in: epoch)
            for name in garbage { try files.remove(name) }
            if !garbage.isEmpty { try files.synchronizeEpochs([epoch]) }
            removedCount += garbage.count
            try files.removeIfEmpty([epoch])
        }
        return removedCount
    }

    /// Files of an epoch that no row names and no writer will commit.
    func orphans(in epoch: UInt64) throws(StorageError) -> [BlobName] {
        let ids = try fileNames(in: epoch).compactMap { BlobLayout.id(fileName: $0) }
        let listed = ids.map { BlobName(epoch: epoch, id: $0) }
        let settled = listed.filter { !files.registry.isInFlight($0) }
        guard !settled.isEmpty else { return [] }
        do throws(MetadataReadError<StorageError>) {
            return try view.read { (snapshot) throws(StorageError) in
                let owned = try snapshot.blobNames(in: epoch)
                return settled.filter { !owned.contains($0) }
            }
        } catch {
            switch error {
            case .storage(let error), .body(let error): throw error
            }
        }
    }

    /// None where the epoch's directory is gone: it was empty, and removed since the epochs were listed.
    private func fileNames(in epoch: UInt64) throws(StorageError) -> [String] {
        do throws(StorageError) {
            return try files.fileSystem.list(files.layout.epochDirectory(epoch))
        } catch  where error.code == .notFound {
            return []
        }
    }
}

extension EmbeddedSnapshot {
    /// Every blob of an epoch that a row names, or that waits in the trash for its file to be unlinked.
    ///
    /// Rows above the index are looked through; those in the index are found by the owner rows that a
    /// checkpoint writes beside them, so the cost is that of the epoch and not of the store. An owner
    /// row may be older than a deletion above the index: then the trash row is there, too.
    func blobNames(in epoch: UInt64) throws(StorageError) -> Set<BlobName> {
        var names: Set<BlobName> = []
        for layer in tableLayers {
            var cursor = layer.cursor()
            var entry = cursor.seek([])
            while let (key, value) = entry {
                if let name = KeySpace.trashedName(key) {
                    names.insert(name)
                } else if case .put(let row) = value, row.first == StoredRowCodec.Home.blob.rawValue,
                    case .blob(let reference)? = StoredRowCodec.decodePayload(row)?.payload
                {
                    names.insert(BlobName(reference))
                }
                entry = cursor.next()
            }
        }
        for prefix in [StoreKeys.blobPrefix, [KeySpace.trashByte]] {
            var start = prefix
            start.appendBigEndian(epoch)
            let cursor = try base.cursor()
            var entry = try cursor.seek(start)
            while let (key, _) = entry, key.starts(with: start), key.count == start.count + BlobReference.idSizeBytes {
                names.insert(BlobName(epoch: epoch, id: Array(key[start.count...])))
                entry = try cursor.next()
            }
        }
        return names
    }
}
