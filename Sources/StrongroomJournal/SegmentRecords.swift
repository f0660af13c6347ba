package import StrongroomSystem

/// Reads the records of one sealed segment front to back, verifies every checksum on the way, and goes on behind what
/// is damaged. Blocks; for one thread at a time.
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

    /// Nil behind the last record. Records that are damaged are left out: only those know who miss something.
    package mutating func next() throws(StorageError) -> Record? {
        while scanner.lastLSN < lastLSN {
            switch try scanner.next(bodiesAfter: 0) {
            case .frame(let header, let place, let body):
                if header.type.isRecord, let body { return (place, body) }
            case .end:
                guard try scanner.skipDamage() else { return nil }
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
