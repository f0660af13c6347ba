internal import StrongroomSystem

/// The frames of the group that is being gathered, as they will stand in the segment. One buffer
/// serves all groups: nothing is allocated for a frame.
struct GroupBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether readers will come for a part of it.
    private(set) var holdsPayloads = false
    /// Where the last frame's header stands.
    private var lastFrameOffset = 0

    private static let zeros = [UInt8](repeating: 0, count: Int(JournalConfiguration.blockBytes))

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    /// Appends a frame; returns the offset of its body in the buffer.
    mutating func append(type: FrameType, lsn: UInt64, syncedLSN: UInt64, salt: UInt64, pieces: [[UInt8]]) -> Int {
        let start = bytes.count
        let bodyStart = start + FrameHeader.sizeBytes
        bytes.append(contentsOf: Self.zeros.prefix(FrameHeader.sizeBytes))
        for piece in pieces { bytes.append(contentsOf: piece) }
        // The first piece is a record's own, the others are payloads.
        if pieces.count > 1 { holdsPayloads = true }
        bytes.store(littleEndian: UInt32(bytes.count - bodyStart), at: start)
        bytes.store(littleEndian: lsn, at: start + 8)
        bytes.store(littleEndian: syncedLSN, at: start + 16)
        bytes.store(littleEndian: salt, at: start + 24)
        bytes.store(littleEndian: type.rawValue, at: start + 32)
        let end = bytes.count
        let bodyChecksum = bytes.withRaw { bytes in
            let seed = CRC32C.checksum(bytes.extracting(start + 8..<start + 32))
            return CRC32C.checksum(bytes.extracting(bodyStart..<end), continuing: seed)
        }
        bytes.store(littleEndian: bodyChecksum, at: start + 4)
        sealHeader(at: start)
        lastFrameOffset = start
        return bodyStart
    }

    /// Marks the last frame as the group's end and pads with zeros to a whole block.
    mutating func finish() {
        precondition(!isEmpty, "a group has a frame")
        bytes.store(littleEndian: FrameHeader.endsGroupFlag, at: lastFrameOffset + 34)
        sealHeader(at: lastFrameOffset)
        let paddedBytes = Int(UInt64(bytes.count).roundedUpToBlock)
        bytes.append(contentsOf: Self.zeros.prefix(paddedBytes - bytes.count))
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        holdsPayloads = false
        lastFrameOffset = 0
    }

    private mutating func sealHeader(at start: Int) {
        let checksum = bytes.withRaw { CRC32C.checksum($0.extracting(start..<start + 36)) }
        bytes.store(littleEndian: checksum, at: start + 36)
    }
}
