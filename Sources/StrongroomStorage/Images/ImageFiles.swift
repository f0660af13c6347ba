internal import StrongroomSystem
internal import SystemPackage

/// The images in a store's `catalog/`. Everything here blocks.
struct ImageFiles: Sendable {
    /// `catalog/`.
    let directory: FilePath
    let fileSystem: any FileSystem
    /// 16 bytes.
    let storeID: [UInt8]

    func path(_ name: ImageName) -> FilePath { directory.appending(name.text) }

    func names() throws(StorageError) -> [ImageName] {
        try fileSystem.list(directory).compactMap { ImageName($0) }.sorted()
    }

    /// LSNs of whole images, the newest first. Whether they can be read is another question.
    func lsns() throws(StorageError) -> [UInt64] {
        try names().reversed().compactMap { name in if case .whole(let lsn) = name { lsn } else { nil } }
    }

    func reader(lsn: UInt64) throws(StorageError) -> ImageReader {
        let path = path(.whole(lsn: lsn))
        let reader = try ImageReader(try fileSystem.open(path, .readOnly), storeID: storeID)
        guard reader.header.appliedLSN == lsn else {
            throw StorageError(
                .corrupted,
                "the image is one of LSN \(reader.header.appliedLSN) and has another's name; give it back its own",
                path: path)
        }
        return reader
    }

    /// The newest image that looks whole from its two ends; its blocks are not read.
    ///
    /// - Parameter reachLSN: how far back the journal goes without a gap. An older image is of no use.
    func newest(reachLSN: UInt64) throws(StorageError) -> (lsn: UInt64, sizeBytes: UInt64)? {
        for lsn in try lsns() where lsn >= reachLSN {
            let file = try fileSystem.open(path(.whole(lsn: lsn)), .readOnly)
            let sizeBytes = try file.sizeBytes()
            if try isWholeAtItsEnds(file, lsn: lsn, sizeBytes: sizeBytes) { return (lsn, sizeBytes) }
        }
        return nil
    }

    private func isWholeAtItsEnds(
        _ file: any StorageFile, lsn: UInt64, sizeBytes: UInt64
    ) throws(StorageError) -> Bool {
        let (headerBytes, trailerBytes) = (ImageFormat.headerSizeBytes, ImageFormat.trailerSizeBytes)
        guard sizeBytes >= UInt64(headerBytes + trailerBytes) else { return false }
        let header = try file.readBytes(at: 0, count: headerBytes)
        guard (try? ImageFormat.decodeHeader(header)) == .init(storeID: storeID, appliedLSN: lsn) else { return false }
        let trailer = try file.readBytes(at: sizeBytes - UInt64(trailerBytes), count: trailerBytes)
        return ImageFormat.isTrailer(trailer)
    }

    /// Removes what a crash left half written. Durable with the next sync of the directory: until then it does no harm.
    func removePartial() throws(StorageError) {
        for name in try names() {
            if case .partial = name { try fileSystem.remove(path(name)) }
        }
    }

    /// Removes images older than `lsn`.
    func remove(olderThan lsn: UInt64) throws(StorageError) {
        for older in try lsns() where older < lsn { try fileSystem.remove(path(.whole(lsn: older))) }
    }
}
