internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// The folder that backups of one store share:
///
///     journal/<segment id>-<salt>-<copied bytes>.wal       16 digits each
///     images/<applied LSN>-<start of the identity>.image   16 digits each
///     blobs/<epoch>/<id>.blob                              as in the store
///
/// (all digits hexadecimal). Salt and identity keep apart what two lives of a store wrote under the same number, of
/// which one goes on from a backup. A file with its final name is whole and is never written again; one that is being
/// written has `.partial` behind its name. What describes the backups stands beside these and belongs to the engine.
struct BackupFolder: Sendable {
    let root: FilePath
    let fileSystem: any FileSystem

    var journal: FilePath { root.appending("journal") }
    var images: FilePath { root.appending("images") }
    var blobs: BlobLayout { BlobLayout(directory: root.appending("blobs")) }

    private static let pieceBytes = 1 << 20
    /// Synced this often, a copy does not pile up in front of others' syncs.
    private static let syncBytes: UInt64 = 8 << 20

    /// Makes the folders that are missing. The root exists.
    func prepare() throws(StorageError) {
        for folder in [journal, images, blobs.directory] where try fileSystem.status(folder) == nil {
            try fileSystem.createDirectory(folder)
        }
        try fileSystem.synchronizeDirectory(root)
    }

    func segmentName(id: UInt64, salt: UInt64, copiedBytes: UInt64) -> String {
        "\(Self.digits(id))-\(Self.digits(salt))-\(Self.digits(copiedBytes)).wal"
    }

    func imageName(_ summary: ImageSummary) -> String {
        "\(Self.digits(summary.appliedLSN))-\(summary.identity.prefix(8).hexadecimalDigits).image"
    }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Copies

    /// Copies the first `count` bytes of `source` to `target`, which does not exist; durable but for the folder's
    /// entry. Returns their SHA-256.
    ///
    /// - Parameter extendedBytes: the size that the copy gets; zeros follow what was copied.
    @discardableResult
    func copy(
        _ source: any StorageFile, count: UInt64, to target: FilePath, extendedBytes: UInt64? = nil
    ) throws(StorageError) -> [UInt8] {
        let partial = FilePath(target.string + ".partial")
        if try fileSystem.status(partial) != nil { try fileSystem.remove(partial) }
        let file = try fileSystem.open(partial, .create)
        do throws(StorageError) {
            let hash = try Self.pieces(of: source, count: count) { (bytes, offset) throws(StorageError) in
                try file.write(bytes, at: offset)
                if (offset + UInt64(bytes.count)) % Self.syncBytes == 0 { try file.synchronizeData() }
            }
            if let extendedBytes, extendedBytes > count { try file.truncate(toBytes: extendedBytes) }
            try file.synchronizeData()
            file.close()
            try fileSystem.rename(partial, to: target)
            return hash
        } catch {
            // What is left of it is removed by the next attempt.
            try? fileSystem.remove(partial)
            throw error
        }
    }

    static func hash(_ file: any StorageFile, count: UInt64) throws(StorageError) -> [UInt8] {
        try pieces(of: file, count: count) { (_, _) throws(StorageError) in }
    }

    private static func pieces(
        of source: any StorageFile, count: UInt64, _ visit: ([UInt8], UInt64) throws(StorageError) -> Void
    ) throws(StorageError) -> [UInt8] {
        var hash = try Digest.forImage()
        var offset: UInt64 = 0
        while offset < count {
            let wanted = Int(min(count - offset, UInt64(pieceBytes)))
            let bytes = try source.readBytes(at: offset, count: wanted)
            guard bytes.count == wanted else {
                throw StorageError(
                    .corrupted, "the file ends before byte \(count)", path: source.path,
                    offset: offset + UInt64(bytes.count))
            }
            hash.update(bytes)
            try visit(bytes, offset)
            offset += UInt64(wanted)
        }
        return hash.finish()
    }

    // MARK: Blobs

    /// Copies a blob, unless it is there already; its bytes are checked against its own hash on the way.
    ///
    /// - Returns: how many bytes were copied; nil where it was there.
    func copyBlob(_ name: BlobName, from source: BlobLayout, to target: BlobLayout) throws(StorageError) -> UInt64? {
        let path = target.file(name)
        guard try fileSystem.status(path) == nil else { return nil }
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

extension Sequence<UInt8> {
    var hexadecimalDigits: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
