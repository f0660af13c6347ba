internal import StrongroomSystem

/// What a frame is. Unknown types are refused: a reader never skips what it does not understand.
package struct FrameType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A record with an LSN of its own: one commit, atomic by its checksums.
    package static let commit = FrameType(rawValue: 1)
    /// An idle committer's word that everything up to here was synced. Has its predecessor's LSN.
    static let idle = FrameType(rawValue: 2)
    /// The last frame of an orderly closed journal: nothing was ever written behind it.
    static let close = FrameType(rawValue: 3)
    /// The segment goes on in another one, whose id (8 bytes) is the body.
    static let seal = FrameType(rawValue: 4)

    /// Whether frames of this type take an LSN and are replayed.
    var isRecord: Bool { self == .commit }
    var isKnown: Bool { isRecord || self == .idle || self == .close || self == .seal }
}

/// The fixed part of a frame; the body follows at once.
///
///     offset  size  field
///          0     4  length of the body in bytes
///          4     4  CRC-32C of bytes 8..<32 of this header, then the body
///          8     8  LSN; a record has the one after its predecessor's, other frames repeat that
///         16     8  synced LSN: how far the log was durable when this was written
///         24     8  the segment's salt
///         32     2  type
///         34     2  flags: bit 0 = last frame of its group, the next one starts at the next block
///         36     4  CRC-32C of bytes 0..<36
///
/// All integers are little-endian. These bytes are part of the format and must not change.
///
/// The header's own checksum lets a reader hop over a body it does not need. The body's checksum
/// covers LSN and salt too, so that a body left from an earlier life never fits a new header.
struct FrameHeader: Equatable, Sendable {
    var bodyLength: UInt32
    var bodyChecksum: UInt32
    var lsn: UInt64
    var syncedLSN: UInt64
    var salt: UInt64
    var type: FrameType
    var flags: UInt16
    /// The checksum of bytes 8..<32, which the body's continues.
    var bodySeed: UInt32

    static let sizeBytes = 40
    static let endsGroupFlag: UInt16 = 1

    var endsGroup: Bool { flags & Self.endsGroupFlag != 0 }
    var isKnown: Bool { type.isKnown && flags & ~Self.endsGroupFlag == 0 }
    var frameBytes: UInt64 { UInt64(Self.sizeBytes) + UInt64(bodyLength) }

    /// The header that `bytes` begin with, if its checksum holds. Total: any bytes are allowed.
    static func decode(_ bytes: RawSpan) -> FrameHeader? {
        guard bytes.byteCount >= sizeBytes,
            CRC32C.checksum(bytes.extracting(first: 36)) == bytes.littleEndian(at: 36, as: UInt32.self)
        else { return nil }
        let (lsn, syncedLSN) = (
            bytes.littleEndian(at: 8, as: UInt64.self), bytes.littleEndian(at: 16, as: UInt64.self)
        )
        guard max(lsn, syncedLSN) <= JournalNumber.greatest else { return nil }
        return FrameHeader(
            bodyLength: bytes.littleEndian(at: 0, as: UInt32.self),
            bodyChecksum: bytes.littleEndian(at: 4, as: UInt32.self),
            lsn: lsn,
            syncedLSN: syncedLSN,
            salt: bytes.littleEndian(at: 24, as: UInt64.self),
            type: FrameType(rawValue: bytes.littleEndian(at: 32, as: UInt16.self)),
            flags: bytes.littleEndian(at: 34, as: UInt16.self),
            bodySeed: CRC32C.checksum(bytes.extracting(8..<32)))
    }

    /// Whether this is the body that was written with this header.
    func matches(body: RawSpan) -> Bool {
        body.byteCount == Int(bodyLength) && CRC32C.checksum(body, continuing: bodySeed) == bodyChecksum
    }
}
