internal import StrongroomSystem
internal import SystemPackage

/// The blocking half of a blob writer: hashes and writes one piece at a time.
final class BlobFileSink: @unchecked Sendable {
    // Safe although mutable: the writer hands over a piece only after the one before is done.
    private let file: any StorageFile
    private var hash: PayloadHash
    private var fileOffset: UInt64 = 0

    init(file: any StorageFile) throws(StorageError) {
        self.file = file
        hash = try PayloadHash()
    }

    /// May run beside `write` of the same piece.
    func hash(_ piece: BlobPiece) { piece.withBytes(piece.payload) { hash.update($0) } }

    /// Writes a piece that is followed by another. The blob is a large one, then: its bytes would only
    /// push others out of the page cache, and copying them there costs as much as the disk takes.
    func write(_ piece: BlobPiece) throws(StorageError) {
        if fileOffset == 0 { _ = file.bypassPageCache() }
        try writeBlocks(piece)
    }

    /// Writes the last piece with trailer and padding, and makes the file's content durable.
    func finish(_ piece: BlobPiece, payloadLengthBytes: UInt64) throws(StorageError) -> [UInt8] {
        hash(piece)
        let treeHash = hash.finish()
        let trailer = BlobFormat.Trailer(lengthBytes: payloadLengthBytes, treeHash: treeHash)
        piece.append(BlobFormat.encode(trailer)[...])
        piece.pad(toMultipleOf: BlobFormat.blockSizeBytes)
        try writeBlocks(piece)
        assert(fileOffset == BlobFormat.fileSizeBytes(payloadLengthBytes: payloadLengthBytes))
        try file.synchronizeData()
        file.close()
        return treeHash
    }

    private func writeBlocks(_ piece: BlobPiece) throws(StorageError) {
        let block = BlobFormat.blockSizeBytes
        precondition(fileOffset % UInt64(block) == 0 && piece.count % block == 0, "blobs are written in whole blocks")
        try piece.withBytes(0..<piece.count) { (bytes) throws(StorageError) in try file.write(bytes, at: fileOffset) }
        fileOffset += UInt64(piece.count)
    }

    func close() { file.close() }
}
