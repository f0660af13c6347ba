internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// `store.json`: what kind of store this is. Written last when a store is made, so that a directory
/// without it is no store. Holds no secret.
struct StoreDescription: Codable, Sendable {
    static let fileName = "store.json"

    /// The version of everything in the directory. A paragraph per value:
    ///
    /// 1: the first. Journal, catalog, blobs, rows and keys as `Formats` in the documentation says.
    static let currentFormat = 1
    static let software = "strongroom \(Store.softwareVersion)"

    var format: Int
    /// 32 hexadecimal digits.
    var storeId: String
    var createdBy: String
    /// The key backend that wraps the metadata key and the data keys of mode SSE-S3.
    var keyBackend: String
    /// Nil for the first: stores of the first version do not say.
    var timeline: UInt32?
    /// The key backend of mode SSE-KMS; nil until the store is opened with one.
    var keyService: String?

    static let firstTimeline: UInt32 = 1

    static func read(
        in directory: FilePath, _ fileSystem: any FileSystem, named name: String = fileName
    ) throws(StorageError) -> StoreDescription {
        let path = directory.appending(name)
        let description = try CanonicalJSONFile.read(StoreDescription.self, from: path, in: fileSystem)
        guard description.format == currentFormat else {
            throw StorageError(
                .unsupportedFormat,
                "The store has format \(description.format); this version of Strongroom knows \(currentFormat). "
                    + "Use the version that wrote it. Nothing was changed.",
                path: path)
        }
        return description
    }

    /// On a timeline that no other life of the store has.
    func onNewTimeline(_ random: any RandomSource) -> StoreDescription {
        var copy = self
        let before = timeline ?? Self.firstTimeline
        repeat {
            let drawn = random.bytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            copy.timeline = max(drawn, Self.firstTimeline + 1)
        } while copy.timeline == before
        return copy
    }

    func storeIDBytes(in directory: FilePath) throws(StorageError) -> [UInt8] {
        guard let bytes = Hexadecimal.decode(storeId), bytes.count == 16 else {
            throw StorageError(
                .corrupted, "The store id is not 32 hexadecimal digits.", path: directory.appending(Self.fileName))
        }
        return bytes
    }
}
