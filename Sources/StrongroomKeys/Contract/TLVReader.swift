internal import CStrongroomKeyBackend

/// Reads the TLV blocks of `strongroom_key_backend.h`, of which nothing is trusted.
struct TLVReader: ~Copyable {
    struct Entry {
        var type: Int
        /// Offsets in the block.
        var value: Range<Int>
    }

    private let size: Int
    private var offset = 0

    init(size: Int) { self.size = size }

    /// The next entry of `block`, or nil at its end.
    mutating func next(in block: RawSpan) throws(KeyBackendError) -> Entry? {
        assert(block.byteCount == size)
        if offset == size { return nil }
        guard size - offset >= 8 else { throw Self.malformed("ends inside an entry's header") }
        let type = Int(block.littleEndian(UInt16.self, at: offset))
        let reserved = block.littleEndian(UInt16.self, at: offset + 2)
        let length = Int(block.littleEndian(UInt32.self, at: offset + 4))
        guard reserved == 0 else { throw Self.malformed("has a reserved field that is not zero") }
        guard length <= size - offset - 8 else { throw Self.malformed("ends inside an entry's value") }
        let value = offset + 8..<offset + 8 + length
        offset = value.upperBound
        return Entry(type: type, value: value)
    }

    static func malformed(_ what: String) -> KeyBackendError {
        KeyBackendError(.invalidRequest, "The request's TLV block \(what); see strongroom_key_backend.h, TLV.")
    }
}

extension RawSpan {
    /// The integer at `offset`, which must lie within the span (traps otherwise).
    package func littleEndian<Integer: FixedWidthInteger & UnsignedInteger>(_: Integer.Type, at offset: Int) -> Integer
    {
        var value: Integer = 0
        for index in (0..<Integer.bitWidth / 8).reversed() {
            value = value << 8 | Integer(byte(at: offset + index))
        }
        return value
    }

    package func byte(at offset: Int) -> UInt8 {
        // Safe: UInt8 has no invalid bit pattern, and unsafeLoad checks the bounds.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    package func bytes(in range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for offset in range { bytes.append(byte(at: offset)) }
        return bytes
    }

    func text(in range: Range<Int>) throws(KeyBackendError) -> String {
        guard let text = String(validating: bytes(in: range), as: UTF8.self) else {
            throw TLVReader.malformed("has text that is not UTF-8")
        }
        return text
    }

    func flag(in range: Range<Int>) throws(KeyBackendError) -> Bool {
        guard range.count == 1, byte(at: range.lowerBound) <= 1 else {
            throw TLVReader.malformed("has a flag that is neither 0 nor 1")
        }
        return byte(at: range.lowerBound) == 1
    }

    func integer(in range: Range<Int>) throws(KeyBackendError) -> UInt64 {
        guard range.count == 8 else { throw TLVReader.malformed("has an integer of \(range.count) bytes, not 8") }
        return littleEndian(UInt64.self, at: range.lowerBound)
    }

    func pair(in range: Range<Int>) throws(KeyBackendError) -> (name: String, value: String) {
        guard range.count >= 4 else { throw TLVReader.malformed("has a pair without the length of its name") }
        let nameSize = Int(littleEndian(UInt32.self, at: range.lowerBound))
        let start = range.lowerBound + 4
        guard nameSize <= range.upperBound - start else { throw TLVReader.malformed("has a name longer than its pair") }
        return (
            name: try text(in: start..<start + nameSize), value: try text(in: start + nameSize..<range.upperBound)
        )
    }
}
