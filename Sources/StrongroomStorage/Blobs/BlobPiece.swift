/// One piece of a blob on its way to the disk: memory that is aligned to blocks, so that it can be
/// written past the page cache, and handed on, never copied.
@safe final class BlobPiece: @unchecked Sendable {
    // Safe: the writer fills it, then hands it over and takes another; what hashes and writes it only reads.
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Where the payload starts: behind the prelude in the first piece, else 0.
    var payloadStart = 0

    /// Large enough for the disk's full rate, and the unit in which a tree hash has its leaves.
    static let sizeBytes = 1 << 20
    /// The last piece takes trailer and padding besides.
    private static let capacityBytes = sizeBytes + 2 * BlobFormat.blockSizeBytes

    init() {
        unsafe memory = .allocate(byteCount: Self.capacityBytes, alignment: BlobFormat.blockSizeBytes)
    }

    deinit { unsafe memory.deallocate() }

    var payload: Range<Int> { payloadStart..<count }

    func append(_ bytes: ArraySlice<UInt8>) {
        precondition(bytes.count <= Self.capacityBytes - count, "a piece is full")
        // Safe: the bytes fit behind what is there, as was just checked.
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyBytes(from: bytes)
        count += bytes.count
    }

    /// Fills up to the next whole block.
    func pad(toMultipleOf blockBytes: Int) {
        let end = (count + blockBytes - 1) / blockBytes * blockBytes
        append([UInt8](repeating: 0, count: end - count)[...])
    }

    func empty() {
        count = 0
        payloadStart = 0
    }

    /// The bytes of `range`, which were appended.
    func withBytes<Value, Failure: Error>(
        _ range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        precondition(range.upperBound <= count)
        // Safe: appended bytes are initialised, and the memory lives as long as self.
        return try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[range])))
    }
}
