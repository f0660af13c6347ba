internal import StrongroomCrypto
internal import StrongroomJournal
internal import StrongroomSystem
internal import SystemPackage

/// The folder that backups of one store share:
///
///     journal/<segment id>-<salt>-<copied bytes>-<start of a hash over its records>.wal   16 digits each
///     images/<applied LSN>-<start of the identity>.image   16 digits each
///     blobs/<epoch>/<id>.blob                              as in the store
///
/// (all digits hexadecimal). Salt, hash and identity keep apart what two lives of a store wrote under the same number,
/// of which one goes on from a backup, or from a copy of the other's past. A file with its final name is whole and is
/// never written again; one that is being written has `.partial` behind its name. What describes the backups stands
/// beside these and belongs to the engine.
struct BackupFolder: Sendable {
    let root: FilePath
    let fileSystem: any FileSystem

    var journal: FilePath { root.appending("journal") }
    var images: FilePath { root.appending("images") }
    var blobs: BlobLayout { BlobLayout(directory: root.appending("blobs")) }

    /// Makes the folders that are missing. The root exists.
    func prepare() throws(StorageError) {
        for folder in [journal, images, blobs.directory] where try fileSystem.status(folder) == nil {
            try fileSystem.createDirectory(folder)
        }
        try fileSystem.synchronizeDirectory(root)
    }

    func segmentName(id: UInt64, _ extent: Journal.CopyExtent) throws(StorageError) -> String {
        let numbers = [id, extent.salt, extent.bytes].map(\.hexadecimalDigits).joined(separator: "-")
        return "\(numbers)-\(try Self.recordHash(extent)).wal"
    }

    /// 16 digits of a hash.
    static func recordHash(_ extent: Journal.CopyExtent) throws(StorageError) -> String {
        var hash = try Digest.forImage()
        hash.update(extent.records)
        return hash.finish().prefix(8).hexadecimalDigits
    }

    /// Nil for names that have none.
    static func recordHash(inName name: String) -> String? {
        let parts = name.prefix { $0 != "." }.split(separator: "-")
        return parts.count == 4 ? String(parts[3]) : nil
    }

    func imageName(_ summary: ImageSummary) -> String {
        "\(summary.appliedLSN.hexadecimalDigits)-\(summary.identity.prefix(8).hexadecimalDigits).image"
    }

    /// As `FileCopy.copy`.
    @discardableResult
    func copy(
        _ source: any StorageFile, count: UInt64, to target: FilePath, keptBytes: UInt64? = nil,
        extendedBytes: UInt64? = nil
    ) throws(StorageError) -> [UInt8] {
        try FileCopy(fileSystem: fileSystem).copy(
            source, count: count, to: target, keptBytes: keptBytes, extendedBytes: extendedBytes)
    }

    /// Whether there is a copy of that size. One that was cut off since is made again.
    func has(_ target: FilePath, sizeBytes: UInt64) throws(StorageError) -> Bool {
        guard let status = try fileSystem.status(target) else { return false }
        return status.kind == .file && status.sizeBytes == sizeBytes
    }

    // MARK: Blobs

    /// Copies a blob, unless it is there already; its bytes are checked against its own hash on the way.
    ///
    /// - Returns: how many bytes were copied; nil where it was there.
    func copyBlob(_ name: BlobName, from source: BlobLayout, to target: BlobLayout) throws(StorageError) -> UInt64? {
        let path = target.file(name)
        // What is not there any more cannot be copied again.
        let sourceBytes = try fileSystem.status(source.file(name))?.sizeBytes
        let ownBytes = try fileSystem.status(path)?.sizeBytes
        if let ownBytes, ownBytes == sourceBytes ?? ownBytes { return nil }
        let file = try fileSystem.open(source.file(name), .readOnly)
        let sizeBytes = try BlobCheck(file, name).run()
        let folder = target.epochDirectory(name.epoch)
        if try fileSystem.status(folder) == nil {
            try fileSystem.createDirectory(folder)
            try fileSystem.synchronizeDirectory(target.directory)
        }
        try copy(file, count: sizeBytes, to: path)
        return sizeBytes
    }
}
