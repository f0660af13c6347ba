internal import StrongroomSystem

/// Reads a segment front to back in large pieces, although frames are asked for one by one.
struct SegmentWindow {
    let file: any StorageFile
    private var bytes: [UInt8] = []
    private var start: UInt64 = 0

    private let pieceBytes: Int

    /// For whoever reads a segment to its end.
    static let wholeSegmentPieceBytes = 1 << 20

    init(_ file: any StorageFile, pieceBytes: Int) {
        self.file = file
        self.pieceBytes = pieceBytes
    }

    /// What was read ahead may have been written since.
    mutating func forget() { bytes = [] }

    /// Calls `body` with up to `count` bytes from `offset`; with fewer only at the end of the file.
    mutating func read<Value>(
        at offset: UInt64, count: Int, _ body: (RawSpan) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let isInside = offset >= start && offset + UInt64(count) <= start + UInt64(bytes.count)
        if !isInside {
            bytes = try file.readBytes(at: offset, count: max(count, pieceBytes))
            start = offset
        }
        let first = Int(offset - start)
        let last = min(first + count, bytes.count)
        return try bytes.withRaw { (raw) throws(StorageError) in try body(raw.extracting(first..<last)) }
    }
}
