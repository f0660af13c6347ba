package import StrongroomSystem

/// Reads the journal's records from an LSN on, as they become durable. Blocks; for one thread at a time.
///
/// Segments are recycled under it. That is noticed: a record has the LSN after its predecessor's, and frames of a
/// segment's later life lack its salt.
package struct JournalFollower: Sendable {
    private let journal: Journal
    /// Every record up to this one was read.
    package private(set) var lsn: UInt64
    /// Whoever is close behind the writer reads little at a time.
    private static let windowBytes = 64 << 10
    private var segment: (info: SegmentInfo, scanner: SegmentScanner)?

    init(_ journal: Journal, after lsn: UInt64) {
        self.journal = journal
        self.lsn = lsn
    }

    /// Records after the last one read, up to `durableLSN` or until their bodies have `limitBytes`.
    ///
    /// - Throws: `positionExpired` where the next record's segment is gone.
    package mutating func read(upTo durableLSN: UInt64, limitBytes: Int) throws(StorageError) -> [JournalFrame] {
        var frames: [JournalFrame] = []
        var bytes = 0
        // What stood behind the durable end when it was read into memory may be written since.
        segment?.scanner.refresh()
        while lsn < durableLSN, bytes < limitBytes {
            guard let frame = try nextRecord() else { continue }
            frames.append(frame)
            bytes += frame.body.count
        }
        return frames
    }

    /// Nil at the end of a segment, and for what is no record or was read before.
    private mutating func nextRecord() throws(StorageError) -> JournalFrame? {
        if segment == nil { try enterSegment() }
        guard var (info, scanner) = segment else { preconditionFailure("a segment was entered") }
        // The predecessor of a segment is read up to the LSN that its successor names.
        if info.state == .sealed, lsn >= info.lastLSN {
            segment = nil
            return nil
        }
        let step: SegmentScanner.Step
        do throws(StorageError) {
            step = try scanner.next(bodiesAfter: lsn)
        } catch {
            throw isKept(info) ? error : Self.expired(lsn)
        }
        segment = (info, scanner)
        switch step {
        case .frame(let header, _, let body):
            guard header.type.isRecord, header.lsn > lsn, let body else { return nil }
            assert(header.lsn == lsn + 1, "the scanner checks that records are consecutive")
            lsn = header.lsn
            return JournalFrame(type: header.type, lsn: header.lsn, syncedLSN: header.syncedLSN, body: body)
        case .end:
            // The newest segment may have been sealed meanwhile: then its last LSN is known now.
            guard let now = journal.segments().first(where: { $0.id == info.id }) else { throw Self.expired(lsn) }
            info = now
            segment = (info, scanner)
            if now.state == .sealed, lsn >= now.lastLSN { return nil }
            if try isSuccessorGone(now) { throw Self.expired(lsn) }
            throw scanner.corrupted("the journal ends at LSN \(lsn), before what was durable")
        }
    }

    private mutating func enterSegment() throws(StorageError) {
        let segments = journal.segments()
        guard
            let info = segments.first(where: { $0.lsnBefore <= lsn && (lsn < $0.lastLSN || $0.state == .newest) }),
            let (file, header) = try open(info)
        else { throw Self.expired(lsn) }
        segment = (info, SegmentScanner(file, header: header, windowBytes: Self.windowBytes))
    }

    /// After an opening, the last LSN of a segment whose successor was recycled is not known exactly.
    private func isSuccessorGone(_ info: SegmentInfo) throws(StorageError) -> Bool {
        guard info.state == .sealed, let next = journal.segments().first(where: { $0.id > info.id }) else {
            return false
        }
        guard let (_, header) = try open(next) else { return true }
        return header.predecessorID != info.id
    }

    /// Nil where the segment was recycled meanwhile.
    private func open(
        _ info: SegmentInfo
    ) throws(StorageError) -> (file: any StorageFile, header: SegmentHeader)? {
        do throws(StorageError) {
            let file = try journal.fileSystem.open(info.path, .readOnly)
            return (file, try SegmentHeader.read(file, segmentID: info.id, storeID: journal.storeID))
        } catch {
            guard isKept(info) else { return nil }
            throw error
        }
    }

    private func isKept(_ info: SegmentInfo) -> Bool { journal.segments().contains { $0.id == info.id } }

    private static func expired(_ lsn: UInt64) -> StorageError {
        StorageError(.positionExpired, "the journal does not reach back to the commit after LSN \(lsn) any more")
    }
}

extension Journal {
    /// Follows the records after `lsn`.
    package func follow(after lsn: UInt64) -> JournalFollower {
        JournalFollower(self, after: lsn)
    }
}
