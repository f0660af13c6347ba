/// Walks the frames of a segment that is in memory. Says what stands there, and judges nothing about why.
package struct SegmentScanner {
    package enum Step {
        case frame(Frame)
        /// What no frame of this segment is, in between others.
        case unreadable(Range<Int>)
        /// From here to the end of the file no frame follows. `range` is empty, or has something else than zeros.
        case end(rest: Range<Int>)
    }

    package struct Frame {
        package var kind: AuditFrameKind
        /// As the frame claims.
        var index: UInt64
        var durableEnd: Int
        var offset: Int
        package var body: [UInt8]
        /// Whether the body is the one that was written with the header.
        package var isWhole: Bool
    }

    private let bytes: [UInt8]
    private let salt: UInt64
    private(set) var position = AuditSegmentHeader.regionBytes

    package init(_ bytes: [UInt8], salt: UInt64) {
        self.bytes = bytes
        self.salt = salt
    }

    /// The salt of a segment whose header is damaged: that of its first frame.
    static func salt(of bytes: [UInt8]) -> UInt64? {
        AuditFrameHeader(bytes, at: AuditSegmentHeader.regionBytes, salt: nil)?.salt
    }

    /// Where that begins which a crash may have torn: something is damaged there, and no frame behind it says that it
    /// was durable. Nil where there is nothing of the kind.
    static func tornStart(of bytes: [UInt8], salt: UInt64) -> Int? {
        var scanner = SegmentScanner(bytes, salt: salt)
        var damages: [Int] = []
        while true {
            switch scanner.next() {
            case .unreadable(let range): damages.append(range.lowerBound)
            case .frame(let frame):
                damages.removeAll { $0 < frame.durableEnd }
                if !frame.isWhole { damages.append(frame.offset) }
            case .end(let rest):
                return damages.first ?? (rest.isEmpty ? nil : rest.lowerBound)
            }
        }
    }

    package mutating func next() -> Step {
        if let frame = frame(at: position) {
            position = frame.offset + AuditFrameHeader.sizeBytes + frame.body.count
            return .frame(frame)
        }
        let start = position
        if let following = nextFrameOffset(from: position) {
            position = following
            return .unreadable(start..<following)
        }
        position = bytes.count
        guard let last = bytes[min(start, bytes.count)...].lastIndex(where: { $0 != 0 }) else {
            return .end(rest: start..<start)
        }
        return .end(rest: start..<last + 1)
    }

    private func frame(at offset: Int) -> Frame? {
        guard let header = AuditFrameHeader(bytes, at: offset, salt: salt) else { return nil }
        let bodyStart = offset + AuditFrameHeader.sizeBytes
        // A body that is cut off gives what is left of it.
        let bodyEnd = min(bytes.count, bodyStart + Int(header.bodySizeBytes))
        let isWhole = bodyEnd - bodyStart == Int(header.bodySizeBytes) && header.matchesBody(bytes, at: bodyStart)
        if !isWhole, let following = nextFrameOffset(from: bodyStart), following < bodyEnd {
            // Bytes were taken out of the body: what follows must not be swallowed.
            return Frame(
                kind: header.kind, index: header.index, durableEnd: header.durableEnd, offset: offset,
                body: Array(bytes[bodyStart..<following]), isWhole: false)
        }
        return Frame(
            kind: header.kind, index: header.index, durableEnd: header.durableEnd, offset: offset,
            body: Array(bytes[bodyStart..<bodyEnd]), isWhole: isWhole)
    }

    /// Where the next header of this segment stands.
    private func nextFrameOffset(from start: Int) -> Int? {
        let lowByte = UInt8(truncatingIfNeeded: salt)
        var offset = start
        while bytes.count - offset >= AuditFrameHeader.sizeBytes {
            if bytes[offset + 24] == lowByte, AuditFrameHeader(bytes, at: offset, salt: salt) != nil { return offset }
            offset += 1
        }
        return nil
    }
}
