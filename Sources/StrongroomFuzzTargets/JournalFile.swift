/// A file of a journal, and where the frames begin that its writer has put there.
struct JournalFile {
    typealias Field = (offset: Int, sizeBytes: Int)

    static let blockBytes = 4096
    /// Two copies of the header, a block each.
    static let headerRegionBytes = 2 * blockBytes
    static let frameHeaderBytes = 40
    static let saltField: Field = (24, 8)

    var name: String
    var bytes: [UInt8]
    var frames: [Int] = []

    /// - Parameter bytes: as they were written.
    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        guard let salt else { return }
        var position = Self.headerRegionBytes
        while position + Self.frameHeaderBytes <= bytes.count,
            value((36, 4), from: position) == UInt64(checksum(bytes[position..<position + 36])),
            value(Self.saltField, from: position) == salt
        {
            frames.append(position)
            let endsGroup = value((34, 2), from: position) & 1 == 1
            position += Self.frameHeaderBytes + Int(value((0, 4), from: position))
            if endsGroup { position = (position + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes }
        }
    }

    var salt: UInt64? {
        bytes.count >= Self.headerRegionBytes ? value((56, 8), from: 0) : nil
    }

    var blockCount: Int { bytes.count / Self.blockBytes }

    // MARK: Fields and checksums

    func value(_ field: Field, from start: Int) -> UInt64 {
        (0..<field.sizeBytes).reduce(0) { value, index in
            value | UInt64(bytes[start + field.offset + index]) << UInt64(8 * index)
        }
    }

    mutating func store(_ value: UInt64, _ field: Field, from start: Int) {
        for index in 0..<field.sizeBytes {
            bytes[start + field.offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }

    mutating func makeChecksumsHold(around offset: Int) {
        guard bytes.count >= Self.headerRegionBytes else { return }
        guard offset < Self.headerRegionBytes else {
            if let start = frames.filter({ $0 <= offset }).max() { makeChecksumsHold(inFrameAt: start) }
            return
        }
        let start = offset / Self.blockBytes * Self.blockBytes
        let end = start + Self.blockBytes - 4
        bytes.store(checksum(bytes[start..<end]), at: end)
    }

    mutating func makeChecksumsHold(inFrameAt start: Int) {
        guard start + Self.frameHeaderBytes <= bytes.count else { return }
        let bodyStart = start + Self.frameHeaderBytes
        let bodyEnd = bodyStart + Int(value((0, 4), from: start))
        if bodyEnd <= bytes.count {
            let seed = checksum(bytes[start + 8..<start + 32])
            bytes.store(checksum(bytes[bodyStart..<bodyEnd], continuing: seed), at: start + 4)
        }
        bytes.store(checksum(bytes[start..<start + 36]), at: start + 36)
    }
}
