/// Reads little-endian fields front to back; nil past the end, never a trap: what it reads may be damaged.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var remaining: Int { end - position }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer? {
        let size = Integer.bitWidth / 8
        guard remaining >= size else { return nil }
        var value: Integer = 0
        for index in 0..<size {
            value |= Integer(truncatingIfNeeded: bytes[position + index]) << Integer(8 * index)
        }
        position += size
        return value
    }

    /// The range of the next `count` bytes, without copying them.
    mutating func skip(_ count: Int) -> Range<Int>? {
        guard count >= 0, remaining >= count else { return nil }
        defer { position += count }
        return position..<(position + count)
    }

    // Never inlined: where a caller looked at a payload's kind alone, and all of this was in one function, the compiler
    // (Swift 6.3.1, with optimisation) let go of the array before its bytes were copied into it. Memory was written to
    // that was free, or somebody else's by then.
    @inline(never)
    mutating func bytes(_ count: Int) -> [UInt8]? {
        skip(count).map { Array(bytes[$0]) }
    }
}

extension [UInt8] {
    mutating func appendLittleEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        // Safe: the integer's own bytes.
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }

    mutating func setLittleEndian<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        for index in 0..<(Integer.bitWidth / 8) {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> Integer(8 * index))
        }
    }
}
