internal import StrongroomCatalog
internal import StrongroomCrypto
internal import StrongroomSystem

/// Writes rows into a file as an image. Memory is bounded by the largest row.
struct ImageWriter: ~Copyable {
    private let file: any StorageFile
    private let appliedLSN: UInt64
    private var identity: Digest
    private var position: UInt64 = 0
    private var content: [UInt8] = []
    private var contentRowCount: UInt32 = 0
    private var rowCount: UInt64 = 0
    private var blockCount: UInt64 = 0
    private var unwritten: [UInt8] = []
    private var unsyncedBytes = 0

    private static let writeBytes = 1 << 20
    /// Syncing this often keeps the image from piling up in front of a commit's own sync.
    private static let syncBytes = 4 << 20

    init(_ file: any StorageFile, storeID: [UInt8], appliedLSN: UInt64) throws(StorageError) {
        self.file = file
        self.appliedLSN = appliedLSN
        identity = try .forImage()
        let header = ImageFormat.header(storeID: storeID, appliedLSN: appliedLSN)
        identity.update(header)
        unwritten = header
    }

    /// - Parameter key: greater than the one before.
    mutating func add(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        content.appendLittleEndian(UInt16(key.count))
        content.appendLittleEndian(UInt32(value.count))
        content.append(contentsOf: key)
        content.append(contentsOf: value)
        contentRowCount += 1
        if content.count >= ImageFormat.blockContentBytes { try closeBlock() }
    }

    private mutating func closeBlock() throws(StorageError) {
        guard !content.isEmpty else { return }
        assert(content.count <= ImageFormat.blockContentMaximumBytes)
        var head: [UInt8] = []
        head.appendLittleEndian(UInt32(content.count))
        head.appendLittleEndian(contentRowCount)
        var hash = try Digest.forImage()
        hash.update(content)
        head.append(contentsOf: hash.finish())
        identity.update(head)
        unwritten.append(contentsOf: head)
        unwritten.append(contentsOf: content)
        rowCount += UInt64(contentRowCount)
        blockCount += 1
        content.removeAll(keepingCapacity: true)
        contentRowCount = 0
        if unwritten.count >= Self.writeBytes { try write() }
    }

    private mutating func write() throws(StorageError) {
        try file.write(unwritten, at: position)
        position += UInt64(unwritten.count)
        unsyncedBytes += unwritten.count
        unwritten.removeAll(keepingCapacity: true)
        guard unsyncedBytes >= Self.syncBytes else { return }
        try file.synchronizeData()
        unsyncedBytes = 0
    }

    /// Writes the trailer and syncs the file.
    mutating func finish() throws(StorageError) -> ImageSummary {
        try closeBlock()
        let identity = identity.finish()
        unwritten.append(
            contentsOf: ImageFormat.trailer(rowCount: rowCount, blockCount: blockCount, identity: identity))
        try write()
        // Room that was reserved and is not needed.
        if try file.sizeBytes() > position { try file.truncate(toBytes: position) }
        try file.synchronizeData()
        return ImageSummary(
            appliedLSN: appliedLSN, rowCount: rowCount, sizeBytes: position, identity: identity)
    }
}

extension Digest {
    static func forImage() throws(StorageError) -> Digest {
        do throws(SealError) {
            return try Digest(.sha256)
        } catch {
            throw StorageError(
                StorageError.Code("cryptoFailure"),
                "the system's libcrypto does not offer SHA-256, so no image of the catalog can be written or read; "
                    + "check its configuration")
        }
    }

    mutating func update(_ bytes: [UInt8]) {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        unsafe update(bytes.span.bytes)
    }
}
