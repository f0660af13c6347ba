internal import StrongroomSystem

/// A copy of the whole index in one file, `catalog/image-<applied LSN, 16 hex digits>`: together with the journal
/// since that LSN it rebuilds an index that is lost.
///
///     header, one block of 4096 bytes
///       offset  size
///            0     8   magic "SRCATIMG"
///            8     4   format u32, 1
///           12     4   zero
///           16    16   store id
///           32     8   applied LSN u64: every commit up to this is in the rows
///           40  4052   zero
///         4092     4   CRC-32C of bytes 0..<4092
///
///     blocks of rows, in the order of their keys
///            0     4   bytes of content u32, at least 1
///            4     4   rows u32
///            8    32   SHA-256 of the content
///           40         content: for each row key length u16, value length u32, key, value
///
///     trailer, 60 bytes, with which the file ends
///            0     8   zero: no block is empty
///            8     8   rows of all blocks u64
///           16     8   blocks u64
///           24    32   SHA-256 of the header and of each block's first 40 bytes: the identity of the image
///           56     4   CRC-32C of bytes 0..<56
///
/// Little-endian. Rows are as the index has them, the store's own ones included. Part of the on-disk format: must not
/// change without a new format version.
enum ImageFormat {
    static let magic: UInt64 = 0x474D_4954_4143_5253
    static let format: UInt32 = 1
    static let headerSizeBytes = 4096
    static let blockHeadSizeBytes = 40
    static let trailerSizeBytes = 60
    static let hashSizeBytes = 32
    /// A block is closed once it has so much; one row more may be in it.
    static let blockContentBytes = 256 << 10
    /// A row's largest key and value, and what else may be before it.
    static let blockContentMaximumBytes = 17 << 20
    private static let checksumOffset = 4092

    static func header(storeID: [UInt8], appliedLSN: UInt64) -> [UInt8] {
        precondition(storeID.count == CheckpointState.storeIDSizeBytes, "a store id has 16 bytes")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSizeBytes)
        bytes.appendLittleEndian(magic)
        bytes.appendLittleEndian(format)
        bytes.appendLittleEndian(UInt32(0))
        bytes.append(contentsOf: storeID)
        bytes.appendLittleEndian(appliedLSN)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: checksumOffset - bytes.count))
        bytes.appendLittleEndian(bytes.checksum)
        return bytes
    }

    struct Header: Equatable {
        var storeID: [UInt8]
        var appliedLSN: UInt64
    }

    enum Fault: Error, Equatable {
        case damaged
        case unknownFormat(UInt32)
    }

    /// Total: any bytes give a header or a fault.
    static func decodeHeader(_ bytes: [UInt8]) throws(Fault) -> Header {
        var reader = ByteReader(bytes)
        guard bytes.count == headerSizeBytes, reader.integer(UInt64.self) == magic,
            let format = reader.integer(UInt32.self)
        else { throw .damaged }
        var checksum = ByteReader(bytes, in: checksumOffset..<headerSizeBytes)
        guard checksum.integer(UInt32.self) == bytes.checksum(ofFirst: checksumOffset) else { throw .damaged }
        guard format == Self.format else { throw .unknownFormat(format) }
        guard reader.integer(UInt32.self) == 0, let storeID = reader.bytes(CheckpointState.storeIDSizeBytes),
            let appliedLSN = reader.integer(UInt64.self),
            bytes[reader.position..<checksumOffset].allSatisfy({ $0 == 0 })
        else { throw .damaged }
        return Header(storeID: storeID, appliedLSN: appliedLSN)
    }

    static func trailer(rowCount: UInt64, blockCount: UInt64, identity: [UInt8]) -> [UInt8] {
        precondition(identity.count == hashSizeBytes)
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(rowCount)
        bytes.appendLittleEndian(blockCount)
        bytes.append(contentsOf: identity)
        bytes.appendLittleEndian(bytes.checksum)
        return bytes
    }

    /// Whether the bytes are a trailer, of whichever blocks.
    static func isTrailer(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == trailerSizeBytes else { return false }
        let covered = trailerSizeBytes - 4
        var checksum = ByteReader(bytes, in: covered..<trailerSizeBytes)
        return bytes.prefix(8).allSatisfy { $0 == 0 }
            && checksum.integer(UInt32.self) == bytes.checksum(ofFirst: covered)
    }
}
