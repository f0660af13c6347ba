internal import StrongroomCatalog
internal import StrongroomSystem

/// Takes one image: copies all rows of the index as one snapshot has them, syncs the copy, reads it back from the
/// device, and only then gives it its name.
struct ImageTaker {
    let files: ImageFiles
    let index: any OrderedIndex
    /// So much room is reserved before anything is written: a disk without it is not filled up first.
    var expectedBytes: UInt64 = 0
    /// Asked between rows: whether to give up.
    let isStopping: @Sendable () -> Bool

    /// How many rows are copied between two looks at `isStopping`.
    private static let rowsPerLook = 1_000

    /// Blocks for as long as reading and writing the whole catalog takes.
    ///
    /// - Throws: `corrupted` where the rows contradict the index's own counters: such a state is no copy to keep, and
    ///   an older image stays. `cancelled` when it was to stop.
    func take() throws(StorageError) -> ImageSummary {
        try files.removePartial()
        var partial: ImageName?
        do throws(StorageError) {
            let written = try write(&partial)
            let summary = try verified(written)
            try files.fileSystem.rename(
                files.path(.partial(lsn: summary.appliedLSN)), to: files.path(.whole(lsn: summary.appliedLSN)))
            try files.fileSystem.synchronizeDirectory(files.directory)
            return summary
        } catch {
            // What cannot be removed now is removed before the next attempt.
            if let partial { try? files.fileSystem.remove(files.path(partial)) }
            throw error
        }
    }

    private func write(_ partial: inout ImageName?) throws(StorageError) -> ImageSummary {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                let state = try StoreView.checkpointState(in: snapshot)
                // Its rows would be of no one moment: replay has to go on to where the newest of them are.
                guard state.containedLSN == state.appliedLSN else {
                    throw StorageError(
                        .cancelled, "a checkpoint is under way or did not come to its end; try again after the next one"
                    )
                }
                let name = ImageName.partial(lsn: state.appliedLSN)
                let file = try files.fileSystem.open(files.path(name), .create)
                partial = name
                if expectedBytes > 0 { try file.allocate(sizeBytes: expectedBytes) }
                var writer = try ImageWriter(file, storeID: files.storeID, appliedLSN: state.appliedLSN)
                try copy(snapshot, to: &writer, state)
                return try writer.finish()
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    private func copy(
        _ snapshot: any OrderedIndexSnapshot, to writer: inout ImageWriter, _ state: CheckpointState
    ) throws(StorageError) {
        var counted = RowStatistics()
        var untilLook = Self.rowsPerLook
        let cursor = try snapshot.cursor()
        var entry = try cursor.seek([])
        while let (key, value) = entry {
            if KeySpace.isEngineKey(key) {
                guard let (payload, _) = StoredRowCodec.decodePayload(value) else {
                    throw StorageError(
                        .corrupted, "a row is damaged, so no image of the catalog is taken; run verify",
                        path: files.directory)
                }
                counted.count(payload, adding: true)
            }
            try writer.add(key, value)
            untilLook -= 1
            if untilLook == 0 {
                if isStopping() { throw StorageError(.cancelled, "the image of the catalog was given up") }
                untilLook = Self.rowsPerLook
            }
            entry = try cursor.next()
        }
        guard counted == state.statistics else {
            throw StorageError(
                .corrupted,
                "the catalog's rows contradict its statistics, so no image of it is taken; run verify",
                path: files.directory)
        }
    }

    /// What stands on the device is read again: an image that cannot be read is none.
    private func verified(_ written: ImageSummary) throws(StorageError) -> ImageSummary {
        let path = files.path(.partial(lsn: written.appliedLSN))
        let file = try files.fileSystem.open(path, .readWrite)
        try file.evictCachedPages()
        var reader = try ImageReader(file, storeID: files.storeID)
        while try reader.next() != nil {
            if isStopping() { throw StorageError(.cancelled, "the image of the catalog was given up") }
        }
        guard reader.summary == written else {
            throw StorageError(
                .corrupted, "the image of the catalog reads otherwise than it was written; the disk may be failing",
                path: path)
        }
        return written
    }
}
