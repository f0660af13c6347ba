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
    func hash(_ piece: BlobPiece) { hash.update(piece.bytes, piece.payload) }

    func write(_ piece: BlobPiece) throws(StorageError) {
        assert(fileOffset % UInt64(BlobFormat.blockSizeBytes) == 0)
        try file.write(piece.bytes, at: fileOffset)
        fileOffset += UInt64(piece.bytes.count)
    }

    /// Writes the last piece with trailer and padding, and makes the file's content durable.
    func finish(_ piece: BlobPiece, payloadLengthBytes: UInt64) throws(StorageError) -> [UInt8] {
        hash.update(piece.bytes, piece.payload)
        let treeHash = hash.finish()
        let trailer = BlobFormat.Trailer(lengthBytes: payloadLengthBytes, treeHash: treeHash)
        piece.bytes.append(contentsOf: BlobFormat.encode(trailer))
        let end = BlobFormat.fileSizeBytes(payloadLengthBytes: payloadLengthBytes)
        piece.bytes.append(contentsOf: repeatElement(0, count: Int(end - fileOffset) - piece.bytes.count))
        try file.write(piece.bytes, at: fileOffset)
        try file.synchronizeData()
        file.close()
        return treeHash
    }

    func close() { file.close() }
}
