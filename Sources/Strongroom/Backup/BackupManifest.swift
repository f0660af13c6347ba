internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

/// `manifests/<number, 8 digits>.json` in a folder of backups: what one backup is made of. It is written last, so that
/// a backup with a manifest is whole. Holds no secret; names of objects are in the image of the catalog, as in the
/// store.
struct BackupManifest: Codable, Sendable {
    static let folderName = "manifests"
    static let currentFormat = 1
    /// A line or two a segment.
    static let limitBytes = 64 << 20

    /// A file that stands in the store's own folder, with what it holds.
    struct StoreFile: Codable, Sendable {
        var name: String
        /// Hexadecimal.
        var bytes: String
    }

    var format: Int
    /// 32 hexadecimal digits.
    var storeId: String
    /// From 1; one more than the backup's before.
    var number: UInt64
    var contents: BackupContents
    var files: [StoreFile]
    /// SHA-256 of the manifest before this one, in hexadecimal digits; nil for the first.
    var previousSha256: String?

    static func path(_ number: UInt64, in folder: FilePath) -> FilePath {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".json"
        return folder.appending(folderName).appending(name)
    }

    /// The numbers of the backups in a folder, in order.
    static func numbers(in folder: FilePath, _ fileSystem: any FileSystem) throws(StorageError) -> [UInt64] {
        let manifests = folder.appending(folderName)
        guard try fileSystem.status(manifests) != nil else { return [] }
        return try fileSystem.list(manifests).compactMap { name -> UInt64? in
            guard name.hasSuffix(".json"), let number = UInt64(name.dropLast(5)) else { return nil }
            return path(number, in: folder).lastComponent?.string == name ? number : nil
        }.sorted()
    }

    static func read(
        _ number: UInt64, in folder: FilePath, _ fileSystem: any FileSystem
    ) throws(StorageError) -> BackupManifest {
        let path = path(number, in: folder)
        let manifest = try CanonicalJSONFile.read(
            BackupManifest.self, from: path, in: fileSystem, limitBytes: limitBytes)
        guard manifest.format == currentFormat else {
            throw StorageError(
                .unsupportedFormat,
                "The backup has format \(manifest.format); this version of Strongroom knows \(currentFormat). "
                    + "Use the version that wrote it.", path: path)
        }
        guard manifest.contents.isPlausible, (1..<UInt64.max).contains(number) else {
            throw StorageError(.corrupted, "The manifest says what no backup has.", path: path)
        }
        guard manifest.number == number else {
            throw StorageError(.corrupted, "The manifest is of backup \(manifest.number).", path: path)
        }
        return manifest
    }

    /// Whether both are backups of one life of the store: a restore begins another one. What cannot be read says of
    /// nothing that it is one.
    func isOfHistory(of other: BackupManifest) -> Bool {
        do throws(StorageError) {
            return try description().timeline ?? StoreDescription.firstTimeline
                == other.description().timeline ?? StoreDescription.firstTimeline
        } catch {
            return false
        }
    }

    /// The store's description, as it was copied.
    func description() throws(StorageError) -> StoreDescription {
        let name = StoreDescription.fileName
        return try CanonicalJSONFile.decode(StoreDescription.self, try bytes(ofFile: name), path: FilePath(name))
    }

    /// One of the store's small files, which is what the store had.
    func bytes(ofFile name: String) throws(StorageError) -> [UInt8] {
        guard let file = files.first(where: { $0.name == name }), let bytes = Hexadecimal.decode(file.bytes) else {
            throw StorageError(.corrupted, "The manifest of backup \(number) lacks \(name).")
        }
        do throws(StorageError) {
            try CanonicalJSONFile.check(bytes, path: FilePath(name))
        } catch {
            throw StorageError(
                .corrupted, "\(name) in backup \(number) is damaged: restore another backup, or make a new one.")
        }
        return bytes
    }

    /// SHA-256 of the file of a manifest, in hexadecimal digits.
    static func hash(
        _ number: UInt64, in folder: FilePath, _ fileSystem: any FileSystem
    ) throws(StorageError) -> String {
        let file = try fileSystem.open(path(number, in: folder), .readOnly)
        let bytes = try file.readBytes(at: 0, count: Int(min(try file.sizeBytes(), UInt64(limitBytes))))
        do throws(SealError) {
            // Safe: a UInt8 has no padding that could be read uninitialised.
            return Hexadecimal.encode(try Digest.hash(.sha256, unsafe bytes.span.bytes))
        } catch {
            throw StorageError(StorageError.Code("cryptoFailure"), error.message, path: file.path)
        }
    }

    /// From then on there is no such backup. Durable on return.
    static func remove(
        _ number: UInt64, in folder: FilePath, _ fileSystem: any FileSystem
    ) throws(StorageError) {
        try fileSystem.remove(path(number, in: folder))
        try fileSystem.synchronizeDirectory(folder.appending(folderName))
    }

    func write(in folder: FilePath, _ fileSystem: any FileSystem) throws(StorageError) {
        let manifests = folder.appending(Self.folderName)
        if try fileSystem.status(manifests) == nil {
            try fileSystem.createDirectory(manifests)
            try fileSystem.synchronizeDirectory(folder)
        }
        try CanonicalJSONFile.write(self, to: Self.path(number, in: folder), in: fileSystem)
    }
}
