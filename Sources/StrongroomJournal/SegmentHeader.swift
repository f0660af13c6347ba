internal import StrongroomSystem

/// What a segment says of itself. Two equal copies stand in the first two blocks of the file.
///
///     offset  size  field
///          0     8  magic "SRWALSEG"
///          8     4  format, 1
///         12     4  zero
///         16     8  segment id, as in the file's name
///         24    16  store id
///         40     8  predecessor's id, 0 for none
///         48     8  predecessor's last LSN: where this segment goes on
///         56     8  salt, random: frames of other segments and of earlier lives of this file lack it
///         64     8  segment size in bytes
///         72  4020  zero
///       4092     4  CRC-32C of bytes 0..<4092
///
/// All integers are little-endian. These bytes are part of the format and must not change.
///
/// The header is written and synced while the file still has the name of a spare; only then it is
/// renamed to its segment's name. So a file with a segment's name had two good copies once, and one
/// without any is damaged, never merely young.
struct SegmentHeader: Equatable, Sendable {
    var segmentID: UInt64
    /// 16 bytes.
    var storeID: [UInt8]
    var predecessorID: UInt64
    var predecessorLastLSN: UInt64
    var salt: UInt64
    var sizeBytes: UInt64

    static let copyBytes = 4096
    static let copies = 2
    /// Where frames begin.
    static let regionBytes = UInt64(copies * copyBytes)

    private static let magic: UInt64 = 0x4745_534C_4157_5253
    private static let format: UInt32 = 1
    private static let checksumOffset = 4092

    /// Both copies, as they stand in the file.
    func encoded() -> [UInt8] {
        precondition(storeID.count == 16, "a store id has 16 bytes")
        var copy = [UInt8](repeating: 0, count: Self.copyBytes)
        copy.store(littleEndian: Self.magic, at: 0)
        copy.store(littleEndian: Self.format, at: 8)
        copy.store(littleEndian: segmentID, at: 16)
        copy.replaceSubrange(24..<40, with: storeID)
        copy.store(littleEndian: predecessorID, at: 40)
        copy.store(littleEndian: predecessorLastLSN, at: 48)
        copy.store(littleEndian: salt, at: 56)
        copy.store(littleEndian: sizeBytes, at: 64)
        let checksum = copy.withRaw { CRC32C.checksum($0.extracting(first: Self.checksumOffset)) }
        copy.store(littleEndian: checksum, at: Self.checksumOffset)
        return copy + copy
    }

    enum DecodingFailure: Error, Equatable {
        case damaged
        case unsupportedFormat(UInt32)
    }

    /// Decodes one copy. Total: any bytes give a header or a failure.
    static func decode(_ bytes: RawSpan) -> Result<SegmentHeader, DecodingFailure> {
        guard bytes.byteCount >= copyBytes, bytes.littleEndian(at: 0, as: UInt64.self) == magic,
            CRC32C.checksum(bytes.extracting(first: checksumOffset))
                == bytes.littleEndian(at: checksumOffset, as: UInt32.self)
        else { return .failure(.damaged) }
        let format = bytes.littleEndian(at: 8, as: UInt32.self)
        guard format == Self.format else { return .failure(.unsupportedFormat(format)) }
        let header = SegmentHeader(
            segmentID: bytes.littleEndian(at: 16, as: UInt64.self),
            storeID: (24..<40).map { bytes.littleEndian(at: $0, as: UInt8.self) },
            predecessorID: bytes.littleEndian(at: 40, as: UInt64.self),
            predecessorLastLSN: bytes.littleEndian(at: 48, as: UInt64.self),
            salt: bytes.littleEndian(at: 56, as: UInt64.self),
            sizeBytes: bytes.littleEndian(at: 64, as: UInt64.self))
        let numbers = [header.segmentID, header.predecessorID, header.predecessorLastLSN]
        guard numbers.allSatisfy({ $0 <= JournalNumber.greatest }) else { return .failure(.damaged) }
        return .success(header)
    }
}
