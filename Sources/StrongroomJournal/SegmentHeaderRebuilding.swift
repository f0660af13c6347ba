internal import StrongroomSystem

/// Makes the header of a segment anew, both copies of which are lost, from its first record and its predecessor's last.
///
/// A file may have had an earlier life: where its newest one has written nothing yet, what stands in it are frames of
/// other times, with another salt. What tells them is that no LSN is ever given twice to a record that a successor
/// goes on from: the first record must be the one after the predecessor's last. Where the predecessor was recycled,
/// the catalog has everything before, and whoever goes on with the header looks whether the log reaches as far.
struct SegmentHeaderRebuilding {
    let storeID: [UInt8]

    /// Nil where it cannot be told.
    ///
    /// - Parameters:
    ///   - file: the segment's, whose header cannot be read.
    ///   - predecessor: the segment before it in the directory; nil where there is none.
    func header(
        of segmentID: UInt64, _ file: any StorageFile,
        after predecessor: (header: SegmentHeader, file: any StorageFile)?
    ) throws(StorageError) -> SegmentHeader? {
        guard try SegmentHeader.goodCopyCount(file) == 0 else { return nil }
        let sizeBytes = try file.sizeBytes()
        let bytes = try file.readBytes(at: SegmentHeader.regionBytes, count: FrameHeader.sizeBytes)
        guard sizeBytes >= JournalConfiguration.smallestSegmentBytes,
            let first = bytes.withRaw({ FrameHeader.decode($0) }), first.type.isRecord, first.isKnown, first.lsn > 0
        else { return nil }
        let header = SegmentHeader(
            segmentID: segmentID, storeID: storeID, predecessorID: predecessor?.header.segmentID ?? 0,
            predecessorLastLSN: first.lsn - 1, salt: first.salt, sizeBytes: sizeBytes)
        guard let predecessor else { return header }
        return try isEnd(of: predecessor.header, predecessor.file, before: header) ? header : nil
    }

    /// Whether a segment's last record is the one before `next`'s first, and no other segment is named as the next one.
    /// Bodies are read, for a torn group may have left a whole header.
    private func isEnd(
        of header: SegmentHeader, _ file: any StorageFile, before next: SegmentHeader
    ) throws(StorageError) -> Bool {
        var scanner = SegmentScanner(file, header: header)
        do throws(StorageError) {
            while case .frame = try scanner.next(bodiesAfter: 0) {}
        } catch  where error.code == .corrupted {
            return false
        }
        return scanner.lastLSN == next.predecessorLastLSN
            && (scanner.successorID == nil || scanner.successorID == next.segmentID)
    }
}
