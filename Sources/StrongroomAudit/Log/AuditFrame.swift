internal import StrongroomSystem

/// What a frame is. A reader refuses kinds that it does not know.
package enum AuditFrameKind: UInt16, Sendable {
    /// One record: a leaf of the tree.
    case record = 1
    /// A signed checkpoint over all records before it, and their hashes since the checkpoint before.
    case checkpoint = 2
}

/// The fixed part of a frame; the body follows at once, and the next frame follows that.
///
///     offset  size  field
///          0     4  length of the body in bytes, never 0
///          4     4  CRC-32C of bytes 8..<36 of this header, then the body
///          8     8  index: how many records stand before this frame in the whole log
///         16     8  durable: up to which offset this file was durable when this was written
///         24     8  the segment's salt
///         32     2  kind: 1 record, 2 checkpoint
///         34     2  zero
///         36     4  CRC-32C of bytes 0..<36
///
/// All integers are little-endian. These bytes are part of the format and must not change.
///
/// Behind the last frame stand zeros, or the file ends. A group of frames is written at once, and the next one only
/// when it is durable: so a frame says which ones before it a crash cannot have torn, and what is damaged there was
/// damaged later.
package struct AuditFrameHeader: Equatable, Sendable {
    static let sizeBytes = 40
    private static let checksumOffset = 36

    var bodySizeBytes: UInt32
    var bodyChecksum: UInt32
    var index: UInt64
    var durableEnd: Int
    var salt: UInt64
    var kind: AuditFrameKind
    /// The checksum that the body's continues.
    private var bodySeed: UInt32

    /// Appends a frame to a group.
    package static func append(
        _ kind: AuditFrameKind, index: UInt64, durableEnd: Int, salt: UInt64, body: [UInt8], to group: inout [UInt8]
    ) {
        precondition(!body.isEmpty, "a frame has a body")
        var header = [UInt8](repeating: 0, count: sizeBytes)
        header.store(littleEndian: UInt32(body.count), at: 0)
        header.store(littleEndian: index, at: 8)
        header.store(littleEndian: UInt64(durableEnd), at: 16)
        header.store(littleEndian: salt, at: 24)
        header.store(littleEndian: kind.rawValue, at: 32)
        let seed = checksum(header, 8..<checksumOffset)
        header.store(littleEndian: body.withRaw { CRC32C.checksum($0, continuing: seed) }, at: 4)
        header.store(littleEndian: checksum(header, 0..<checksumOffset), at: checksumOffset)
        group += header
        group += body
    }

    /// The header at `offset`; nil where none of this salt stands there. Total: any bytes are allowed.
    init?(_ bytes: [UInt8], at offset: Int, salt: UInt64?) {
        guard offset >= 0, bytes.count - offset >= Self.sizeBytes else { return nil }
        let foundSalt = bytes.littleEndian(at: offset + 24, as: UInt64.self)
        if let salt, salt != foundSalt { return nil }
        let checksum = bytes.littleEndian(at: offset + Self.checksumOffset, as: UInt32.self)
        guard Self.checksum(bytes, offset..<offset + Self.checksumOffset) == checksum,
            let kind = AuditFrameKind(rawValue: bytes.littleEndian(at: offset + 32, as: UInt16.self)),
            bytes.littleEndian(at: offset + 34, as: UInt16.self) == 0
        else { return nil }
        bodySizeBytes = bytes.littleEndian(at: offset, as: UInt32.self)
        bodyChecksum = bytes.littleEndian(at: offset + 4, as: UInt32.self)
        index = bytes.littleEndian(at: offset + 8, as: UInt64.self)
        durableEnd = Int(clamping: bytes.littleEndian(at: offset + 16, as: UInt64.self))
        self.salt = foundSalt
        self.kind = kind
        bodySeed = Self.checksum(bytes, offset + 8..<offset + Self.checksumOffset)
        guard bodySizeBytes > 0 else { return nil }
    }

    /// Whether the bytes behind the header are those that were written with it.
    func matchesBody(_ bytes: [UInt8], at offset: Int) -> Bool {
        let range = offset..<offset + Int(bodySizeBytes)
        return bytes.withRaw { CRC32C.checksum($0.extracting(range), continuing: bodySeed) } == bodyChecksum
    }

    private static func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        bytes.withRaw { CRC32C.checksum($0.extracting(range)) }
    }
}
