internal import StrongroomCrypto
internal import StrongroomSystem

/// Reads an image front to back and believes nothing: each block is checked before its rows are handed out, and the
/// end only counts where the trailer says the same of all of them.
struct ImageReader: ~Copyable {
    typealias Row = (key: [UInt8], value: [UInt8])

    let header: ImageFormat.Header
    private let file: any StorageFile
    private let sizeBytes: UInt64
    private var identity: Digest
    private var position = UInt64(ImageFormat.headerSizeBytes)
    private var rowCount: UInt64 = 0
    private var blockCount: UInt64 = 0
    private var lastKey: [UInt8] = []
    /// Known once the end was reached.
    private(set) var summary: ImageSummary?

    /// - Parameter storeID: an image of another store is refused; nil takes that of any.
    init(_ file: any StorageFile, storeID: [UInt8]?) throws(StorageError) {
        let bytes = try file.readBytes(at: 0, count: ImageFormat.headerSizeBytes)
        let header = try Self.header(bytes, file, storeID: storeID)
        let sizeBytes = try file.sizeBytes()
        var identity = try Digest.forImage()
        identity.update(bytes)
        self.file = file
        self.header = header
        self.sizeBytes = sizeBytes
        self.identity = identity
    }

    private static func header(
        _ bytes: [UInt8], _ file: any StorageFile, storeID: [UInt8]?
    ) throws(StorageError) -> ImageFormat.Header {
        let header: ImageFormat.Header
        do throws(ImageFormat.Fault) {
            header = try ImageFormat.decodeHeader(bytes)
        } catch {
            switch error {
            case .damaged: throw damaged("its header is damaged", file, at: 0)
            case .unknownFormat(let format):
                throw StorageError(
                    .unsupportedFormat,
                    "the image of the catalog has format \(format), which this version does not know; "
                        + "use a newer version", path: file.path)
            }
        }
        guard storeID == nil || storeID == header.storeID else {
            throw damaged("it belongs to another store", file, at: 16)
        }
        return header
    }

    /// The rows of the next block, at least one; nil at the end.
    mutating func next() throws(StorageError) -> [Row]? {
        guard summary == nil else { return nil }
        let head = try file.readBytes(at: position, count: ImageFormat.blockHeadSizeBytes)
        var reader = ByteReader(head)
        guard head.count == ImageFormat.blockHeadSizeBytes, let contentBytes = reader.integer(UInt32.self),
            let rows = reader.integer(UInt32.self), let hash = reader.bytes(ImageFormat.hashSizeBytes)
        else { throw damaged("it ends too early") }
        guard contentBytes > 0 else {
            try end()
            return nil
        }
        guard contentBytes <= ImageFormat.blockContentMaximumBytes else { throw damaged("a block has a wrong length") }
        let contentOffset = position + UInt64(ImageFormat.blockHeadSizeBytes)
        // Before room is made for what a damaged length says.
        guard UInt64(contentBytes) <= sizeBytes - min(contentOffset, sizeBytes) else {
            throw damaged("it ends too early")
        }
        let content = try file.readBytes(at: contentOffset, count: Int(contentBytes))
        var found = try Digest.forImage()
        found.update(content)
        guard content.count == Int(contentBytes), found.finish() == hash else { throw damaged("a block is damaged") }
        let decoded = try decode(content, count: Int(rows))
        identity.update(head)
        position = contentOffset + UInt64(contentBytes)
        rowCount += UInt64(rows)
        blockCount += 1
        return decoded
    }

    private mutating func decode(_ content: [UInt8], count: Int) throws(StorageError) -> [Row] {
        var reader = ByteReader(content)
        var rows: [Row] = []
        while reader.remaining > 0 {
            guard let keyLength = reader.integer(UInt16.self), let valueLength = reader.integer(UInt32.self),
                let key = reader.bytes(Int(keyLength)), let value = reader.bytes(Int(valueLength)),
                (1...KeySpace.keyLengthMaximum).contains(key.count), value.count <= KeySpace.rowLengthMaximum
            else { throw damaged("a row has a wrong length") }
            guard lastKey.lexicographicallyPrecedes(key) else { throw damaged("its rows are not in order") }
            lastKey = key
            rows.append((key, value))
        }
        guard rows.count == count else { throw damaged("a block has another number of rows than it says") }
        return rows
    }

    private mutating func end() throws(StorageError) {
        let trailer = try file.readBytes(at: position, count: ImageFormat.trailerSizeBytes)
        let identity = identity.finish()
        guard trailer == ImageFormat.trailer(rowCount: rowCount, blockCount: blockCount, identity: identity) else {
            throw damaged("its trailer contradicts its blocks")
        }
        guard position + UInt64(trailer.count) == sizeBytes else { throw damaged("something follows its trailer") }
        summary = ImageSummary(
            appliedLSN: header.appliedLSN, rowCount: rowCount, sizeBytes: sizeBytes, identity: identity)
    }

    /// Reads the rest and throws what is wrong with it.
    mutating func readToEnd() throws(StorageError) -> ImageSummary {
        while try next() != nil {}
        guard let summary else { preconditionFailure("a reader at its end knows the summary") }
        return summary
    }

    private func damaged(_ what: String) -> StorageError { Self.damaged(what, file, at: position) }

    private static func damaged(_ what: String, _ file: any StorageFile, at offset: UInt64) -> StorageError {
        StorageError(
            .corrupted, "the image of the catalog is damaged: \(what); remove it, and the store takes a new one",
            path: file.path, offset: offset)
    }
}
