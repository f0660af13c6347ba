internal import StrongroomSystem

/// Walks the frames of one segment. Says where they end, and judges nothing about why.
struct SegmentScanner {
    enum Step {
        /// `body` is nil where it was hopped over.
        case frame(FrameHeader, location: FrameLocation, body: [UInt8]?)
        case end(End)
    }

    enum End: Equatable {
        /// No frame has room any more.
        case full
        /// What stands here is no frame of this segment.
        case noFrame
        /// The header is whole and the body is not.
        case damagedBody
    }

    let header: SegmentHeader
    /// Where the next frame is expected; after an end, where it was.
    private(set) var position = SegmentHeader.regionBytes
    /// LSN of the last record found, or the predecessor's last one.
    private(set) var lastLSN: UInt64
    private(set) var lastType: FrameType?
    /// The segment named by the last frame, if that was a seal.
    private(set) var successorID: UInt64?
    private var window: SegmentWindow

    init(_ file: any StorageFile, header: SegmentHeader, windowBytes: Int = SegmentWindow.wholeSegmentPieceBytes) {
        self.header = header
        self.lastLSN = header.predecessorLastLSN
        self.window = SegmentWindow(file, pieceBytes: windowBytes)
    }

    /// The next frame, or the end. Bodies of records up to `appliedLSN` are hopped over.
    mutating func next(bodiesAfter appliedLSN: UInt64) throws(StorageError) -> Step {
        guard position + UInt64(FrameHeader.sizeBytes) <= header.sizeBytes else { return .end(.full) }
        guard let frame = try frameHeader(at: position), frame.salt == header.salt else { return .end(.noFrame) }
        try check(frame)
        let bodyOffset = position + UInt64(FrameHeader.sizeBytes)
        var body: [UInt8]?
        if !frame.type.isRecord || frame.lsn > appliedLSN {
            body = try window.read(at: bodyOffset, count: Int(frame.bodyLength)) { bytes in
                // Safe: copies the bytes while the span lives.
                frame.matches(body: bytes) ? unsafe bytes.withUnsafeBytes { unsafe Array($0) } : nil
            }
            guard body != nil else { return .end(.damagedBody) }
        }
        position = bodyOffset + UInt64(frame.bodyLength)
        if frame.endsGroup { position = position.roundedUpToBlock }
        if frame.type.isRecord { lastLSN = frame.lsn }
        lastType = frame.type
        successorID = frame.type == .seal ? body.flatMap(Self.successorID) : nil
        return .frame(frame, location: FrameLocation(segmentID: header.segmentID, bodyOffset: bodyOffset), body: body)
    }

    /// Forgets what was read ahead: a segment that is being written has more by now.
    mutating func refresh() { window.forget() }

    /// The first block behind `position` where a whole frame of this segment begins that says that
    /// `lsn` was durable when it was written.
    mutating func laterPromise(of lsn: UInt64) throws(StorageError) -> UInt64? {
        try laterFrame { frame, _ in frame.syncedLSN >= lsn }
    }

    /// Goes on at the next frame behind a damaged spot, for reports only. False if there is none.
    mutating func skipDamage() throws(StorageError) -> Bool {
        let (known, start) = (lastLSN, position)
        // No more records than had room in between: an LSN that is far ahead was not given by who wrote the others.
        func isPossible(_ frame: FrameHeader, at offset: UInt64) -> Bool {
            let room = (offset - start) / UInt64(FrameHeader.sizeBytes) + 1
            return frame.isKnown && frame.lsn > known && frame.lsn - known <= room
        }
        guard let offset = try laterFrame(isPossible), let frame = try frameHeader(at: offset) else { return false }
        position = offset
        lastLSN = frame.type.isRecord ? frame.lsn - 1 : frame.lsn
        return true
    }

    private mutating func laterFrame(
        _ isWanted: (FrameHeader, _ offset: UInt64) -> Bool
    ) throws(StorageError) -> UInt64? {
        var boundary = (position + 1).roundedUpToBlock
        while boundary + UInt64(FrameHeader.sizeBytes) <= header.sizeBytes {
            if let frame = try frameHeader(at: boundary), frame.salt == header.salt, isWanted(frame, boundary) {
                return boundary
            }
            boundary += JournalConfiguration.blockBytes
        }
        return nil
    }

    private mutating func frameHeader(at offset: UInt64) throws(StorageError) -> FrameHeader? {
        try window.read(at: offset, count: FrameHeader.sizeBytes) { FrameHeader.decode($0) }
    }

    /// A whole header of this segment at the right place can only be what the writer put there.
    private func check(_ frame: FrameHeader) throws(StorageError) {
        guard frame.isKnown else {
            throw StorageError(
                .unsupportedFormat,
                "the journal holds a frame of type \(frame.type.rawValue), flags \(frame.flags), which this version "
                    + "does not know; open the store with a newer version", path: window.file.path, offset: position)
        }
        let expectedLSN = frame.type.isRecord ? lastLSN &+ 1 : lastLSN
        guard frame.lsn == expectedLSN else {
            throw corrupted("a frame of LSN \(frame.lsn) stands where LSN \(expectedLSN) belongs")
        }
        guard frame.syncedLSN <= lastLSN else {
            throw corrupted("a frame of LSN \(frame.lsn) says that LSN \(frame.syncedLSN) was durable before it")
        }
        guard position + frame.frameBytes <= header.sizeBytes else {
            throw corrupted("a frame of \(frame.frameBytes) bytes does not fit its segment")
        }
    }

    func corrupted(_ message: String) -> StorageError {
        StorageError(
            .corrupted, "\(message); run repair, or restore the file from a backup", path: window.file.path,
            offset: position)
    }

    private static func successorID(_ body: [UInt8]) -> UInt64? {
        body.count == 8 ? body.withRaw { $0.littleEndian(at: 0, as: UInt64.self) } : nil
    }
}
