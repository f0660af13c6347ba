internal import StrongroomJournal

/// Bytes as a journal's reader meets them: any bytes give a frame or a refusal, and of a frame whose checksums hold no
/// single bit can change unnoticed.
public func fuzzJournalFrames(_ input: RawSpan) {
    var input = FuzzInput(input)
    let salt = input.integer(UInt64.self)
    let repairs = !input.byte().isMultiple(of: 4)
    let flippedBit = input.index(below: 1 << 20)
    var bytes = input.rest()
    // Chance never hits a checksum; what lies behind it is looked at all the same.
    if repairs { makeChecksumsHold(in: &bytes, salt: salt) }

    // Safe: a UInt8 is raw bytes.
    guard case .success(let frame) = JournalFrame.decode(unsafe bytes.span.bytes, salt: salt) else { return }
    let frameSize = frameHeaderSize + frame.body.count
    guard frameSize <= bytes.count else { finding("a frame of \(frameSize) bytes from \(bytes.count)") }
    guard bytes[frameHeaderSize..<frameSize].elementsEqual(frame.body) else { finding("another body") }

    bytes[flippedBit / 8 % frameSize] ^= 1 << UInt8(flippedBit % 8)
    if case .success = JournalFrame.decode(unsafe bytes.span.bytes, salt: salt) {
        finding("a frame with a flipped bit is taken for one")
    }
}

private let frameHeaderSize = 40

/// Body length u32 at 0, body CRC u32 at 4 (over 8..<32, then the body), salt u64 at 24, header CRC u32 at 36.
private func makeChecksumsHold(in bytes: inout [UInt8], salt: UInt64) {
    guard bytes.count >= frameHeaderSize else { return }
    let bodyLength = (Int(bytes[0]) | Int(bytes[1]) << 8) % (bytes.count - frameHeaderSize + 1)
    bytes.store(UInt32(bodyLength), at: 0)
    bytes.store(salt, at: 24)
    let seed = checksum(bytes[8..<32], continuing: 0)
    bytes.store(checksum(bytes[frameHeaderSize..<frameHeaderSize + bodyLength], continuing: seed), at: 4)
    bytes.store(checksum(bytes[0..<36], continuing: 0), at: 36)
}
