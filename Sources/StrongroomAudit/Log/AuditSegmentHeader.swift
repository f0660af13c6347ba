internal import StrongroomSystem

/// What a segment says of itself, in the first block of its file.
///
///     offset  size  field
///          0     8  magic "SRAUDLOG"
///          8     4  format, 1
///         12     2  size of the origin in bytes
///         14     2  zero
///         16     8  index of its first record, as in the file's name
///         24     8  salt, random: frames of other segments lack it
///         32  32 ×  the tree before it: the root of each complete subtree, the largest first, one for each bit that is
///                   set in the first record's index
///          …     …  origin, UTF-8
///          …     …  zero
///       4092     4  CRC-32C of bytes 0..<4092
///
/// Little-endian; part of the format, must not change.
///
/// The header is written and synced before the file gets its name. The tree before the segment needs no signature of
/// its own: the next checkpoint holds only if it is right.
package struct AuditSegmentHeader: Equatable, Sendable {
    package static let regionBytes = 4096
    static let originSizeBytesMax = 512
    /// More records than can be written; counting on from here never overflows.
    static let firstIndexMax: UInt64 = 1 << 56
    private static let magic: UInt64 = 0x474F_4C44_5541_5253
    private static let format: UInt32 = 1
    private static let hashesOffset = 32
    private static let checksumOffset = 4092

    var origin: String
    var salt: UInt64
    /// The tree over all records before this segment.
    var before: MerkleFrontier

    package var firstIndex: UInt64 { before.size }

    package init(origin: String, salt: UInt64, before: MerkleFrontier) {
        self.origin = origin
        self.salt = salt
        self.before = before
    }

    package func encoded() -> [UInt8] {
        precondition(origin.utf8.count <= Self.originSizeBytesMax, "an origin of \(origin.utf8.count) bytes")
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: Self.format)
        bytes.append(littleEndian: UInt16(origin.utf8.count))
        bytes.append(littleEndian: 0 as UInt16)
        bytes.append(littleEndian: firstIndex)
        bytes.append(littleEndian: salt)
        for hash in before.hashes { bytes += hash.bytes }
        bytes += origin.utf8
        bytes += [UInt8](repeating: 0, count: Self.regionBytes - bytes.count)
        let checksum = bytes.withRaw { CRC32C.checksum($0.extracting(first: Self.checksumOffset)) }
        bytes.store(littleEndian: checksum, at: Self.checksumOffset)
        return bytes
    }

    package enum Failure: Error, Equatable {
        case damaged
        case unsupportedFormat(UInt32)
    }

    /// The header that a file begins with. Total: any bytes give a header or a failure.
    package init(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count >= Self.regionBytes, bytes.littleEndian(at: 0, as: UInt64.self) == Self.magic,
            bytes.withRaw({ CRC32C.checksum($0.extracting(first: Self.checksumOffset)) })
                == bytes.littleEndian(at: Self.checksumOffset, as: UInt32.self)
        else { throw .damaged }
        let format = bytes.littleEndian(at: 8, as: UInt32.self)
        guard format == Self.format else { throw .unsupportedFormat(format) }
        let firstIndex = bytes.littleEndian(at: 16, as: UInt64.self)
        let originStart = Self.hashesOffset + firstIndex.nonzeroBitCount * MerkleHash.sizeBytes
        let originEnd = originStart + Int(bytes.littleEndian(at: 12, as: UInt16.self))
        guard firstIndex <= Self.firstIndexMax, originEnd <= Self.checksumOffset,
            bytes[originEnd..<Self.checksumOffset].allSatisfy({ $0 == 0 }),
            let origin = String(validating: bytes[originStart..<originEnd], as: UTF8.self)
        else { throw .damaged }
        let hashes = stride(from: Self.hashesOffset, to: originStart, by: MerkleHash.sizeBytes).compactMap {
            MerkleHash(bytes[$0..<$0 + MerkleHash.sizeBytes])
        }
        guard let before = MerkleFrontier(size: firstIndex, hashes: hashes) else { throw .damaged }
        self.origin = origin
        self.before = before
        salt = bytes.littleEndian(at: 24, as: UInt64.self)
    }
}
