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

    /// - Parameter payload: which bytes of `piece` are payload and not prelude.
    func write(_ piece: [UInt8], payload: Range<Int>) throws(StorageError) {
        assert(fileOffset % UInt64(BlobFormat.blockSizeBytes) == 0)
        hash.update(piece, payload)
        try file.write(piece, at: fileOffset)
        fileOffset += UInt64(piece.count)
    }

    /// Writes the last piece with trailer and padding, and makes the file's content durable.
    func finish(_ piece: [UInt8], payload: Range<Int>, payloadLengthBytes: UInt64) throws(StorageError) -> [UInt8] {
        hash.update(piece, payload)
        let treeHash = hash.finish()
        var last = piece
        last.append(
            contentsOf: BlobFormat.encode(BlobFormat.Trailer(lengthBytes: payloadLengthBytes, treeHash: treeHash)))
        let end = BlobFormat.fileSizeBytes(payloadLengthBytes: payloadLengthBytes)
        last.append(contentsOf: repeatElement(0, count: Int(end - fileOffset) - last.count))
        try file.write(last, at: fileOffset)
        try file.synchronizeData()
        file.close()
        return treeHash
    }

    func close() { file.close() }
}
