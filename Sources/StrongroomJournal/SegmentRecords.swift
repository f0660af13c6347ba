package import StrongroomSystem

/// Reads the records of one sealed segment front to back, and verifies every checksum on the way. Blocks; for one
/// thread at a time.
///
/// The segment may be recycled meanwhile: reading then ends early, or fails. Whoever it matters to asks
/// `Journal.segments()` afterwards.
package struct SegmentRecords {
    package typealias Record = (place: FrameLocation, body: [UInt8])

    /// No record of the segment has a greater LSN.
    private let lastLSN: UInt64
    private var scanner: SegmentScanner

    init(_ file: any StorageFile, header: SegmentHeader, lastLSN: UInt64) {
        self.lastLSN = lastLSN
        scanner = SegmentScanner(file, header: header)
    }

    /// Nil behind the last record, and where no frame begins although there should be more: which of the two it is
    /// only those know who miss something.
    package mutating func next() throws(StorageError) -> Record? {
        while scanner.lastLSN < lastLSN {
            switch try scanner.next(bodiesAfter: 0) {
            case .frame(let header, let place, let body):
                if header.type.isRecord, let body { return (place, body) }
            case .end(.damagedBody):
                throw scanner.corrupted("the record of LSN \(scanner.lastLSN &+ 1) is damaged")
            case .end: return nil
            }
        }
        return nil
    }
}

extension Journal {
    /// - Parameter segment: a sealed one.
    package func records(of segment: SegmentInfo) throws(StorageError) -> SegmentRecords {
        precondition(segment.state == .sealed, "the newest segment is being written")
        let file = try fileSystem.open(segment.path, .readOnly)
        let header = try SegmentHeader.read(file, segmentID: segment.id, storeID: storeID)
        return SegmentRecords(file, header: header, lastLSN: segment.lastLSN)
    }
}
