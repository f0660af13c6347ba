internal import StrongroomJournal

/// What damage does to a file, and what somebody does who makes checksums anew behind it.
extension JournalFile {
    /// Length, LSN, synced LSN, salt, type, flags.
    private static let frameFields: [Field] = [(0, 4), (8, 8), (16, 8), saltField, (32, 2), (34, 2)]
    /// Format, segment id, store id, predecessor's id and last LSN, salt, size; and what must be zero.
    private static let headerFields: [Field] = [
        (8, 4), idField, (24, 8), (40, 8), (48, 8), (56, 8), sizeField, (72, 8),
    ]
    private static let idField: Field = (16, 8)
    private static let sizeField: Field = (64, 8)

    mutating func flip(_ input: inout FuzzInput, forges: Bool) {
        let choice = Int(input.byte())
        let distance = Int(input.integer(UInt16.self))
        guard !bytes.isEmpty else { return }
        // Of the header, or of a frame and what comes behind it.
        let start = choice == 0 || frames.isEmpty ? 0 : frames[choice % frames.count]
        let offset = (start + distance) % bytes.count
        bytes[offset] ^= 1 << (input.byte() % 8)
        if forges { makeChecksumsHold(around: offset) }
    }

    mutating func changeFrame(_ input: inout FuzzInput, forges: Bool) {
        guard let start = frame(&input) else { return }
        let field = Self.frameFields[Int(input.byte()) % Self.frameFields.count]
        store(input.integer(near: value(field, from: start)), field, from: start)
        if forges { makeChecksumsHold(inFrameAt: start) }
    }

    mutating func replaceBody(_ input: inout FuzzInput, forges: Bool) {
        guard let start = frame(&input) else { return }
        let body = input.bytes(atMost: Int(input.byte()))
        let bodyStart = start + Self.frameHeaderBytes
        guard bodyStart + body.count <= bytes.count else { return }
        bytes.replaceSubrange(bodyStart..<bodyStart + body.count, with: body)
        guard forges else { return }
        store(UInt64(body.count), (0, 4), from: start)
        makeChecksumsHold(inFrameAt: start)
    }

    mutating func changeHeader(_ input: inout FuzzInput, forges: Bool) {
        let field = Self.headerFields[Int(input.byte()) % Self.headerFields.count]
        let copies = [[0, 1], [0], [1]][Int(input.byte() % 3)]
        guard bytes.count >= Self.headerRegionBytes else { return }
        changeHeader(field, to: input.integer(near: value(field, from: 0)), copies, forges: forges)
    }

    /// As if the file had been made under another number.
    mutating func forgeID(_ id: UInt64) { changeHeader(Self.idField, to: id, [0, 1], forges: true) }

    mutating func clearBlocks(_ input: inout FuzzInput) {
        let (first, count) = (Int(input.byte()), Int(input.byte()))
        guard blockCount > 0 else { return }
        let start = first % blockCount * Self.blockBytes
        let end = min(bytes.count, start + (count + 1) * Self.blockBytes)
        bytes.replaceSubrange(start..<end, with: [UInt8](repeating: 0, count: end - start))
    }

    mutating func resize(_ input: inout FuzzInput, forges: Bool) {
        // Up to twice as large; and not always in whole blocks.
        let sizeBytes = Int(input.byte() % 33) * Self.blockBytes + Int(input.byte() % 2) * 100
        if sizeBytes < bytes.count {
            bytes.removeLast(bytes.count - sizeBytes)
        } else {
            bytes += [UInt8](repeating: 0, count: sizeBytes - bytes.count)
        }
        if forges { changeHeader(Self.sizeField, to: UInt64(sizeBytes), [0, 1], forges: true) }
    }

    /// A write that went astray, or a frame that somebody puts there as one of this segment.
    mutating func copyBlock(of other: JournalFile, _ input: inout FuzzInput, forges: Bool) {
        let (source, target) = (Int(input.byte()), Int(input.byte()))
        guard other.blockCount > 0, blockCount > 0 else { return }
        let from = source % other.blockCount * Self.blockBytes
        let to = target % blockCount * Self.blockBytes
        bytes.replaceSubrange(to..<to + Self.blockBytes, with: Array(other.bytes[from..<from + Self.blockBytes]))
        guard forges, to >= Self.headerRegionBytes, let salt else { return }
        store(salt, Self.saltField, from: to)
        makeChecksumsHold(inFrameAt: to)
        frames.append(to)
    }

    private func frame(_ input: inout FuzzInput) -> Int? {
        let choice = Int(input.byte())
        guard !frames.isEmpty else { return nil }
        let start = frames[choice % frames.count]
        return start + Self.frameHeaderBytes <= bytes.count ? start : nil
    }

    private mutating func changeHeader(_ field: Field, to value: UInt64, _ copies: [Int], forges: Bool) {
        guard bytes.count >= Self.headerRegionBytes else { return }
        for start in copies.map({ $0 * Self.blockBytes }) {
            store(value, field, from: start)
            if forges { makeChecksumsHold(around: start) }
        }
    }
}

extension FuzzInput {
    /// A number beside the right one, or at one of the ends that numbers have.
    mutating func integer(near value: UInt64) -> UInt64 {
        switch byte() % 11 {
        case 0: 0
        case 1: .max
        case 2: .max - 1
        case 3: JournalNumber.greatest
        case 4: JournalNumber.greatestEnd
        case 5: value &+ 1
        case 6: value &- 1
        case 7: value &+ 1 << 32
        case 8: UInt64(byte())
        case 9: value ^ 1 << UInt64(byte() % 64)
        default: integer(UInt64.self)
        }
    }
}
