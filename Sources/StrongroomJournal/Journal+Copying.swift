package import StrongroomSystem

extension Journal {
    /// What a copy of a segment is made of.
    package struct CopyExtent: Sendable {
        /// No other segment has it, and no other life of the file.
        package var salt: UInt64
        /// All of a sealed segment, and of the newest what is written.
        package var bytes: UInt64
        /// Offset, LSN and checksum of each record, 20 bytes each: what tells two histories of a segment from each
        /// other that have the same salt, because one goes on from a copy of the other's past.
        package var records: [UInt8] = []
        /// Whether something between the records is damaged.
        package var isDamaged = false
    }

    /// How much of a segment a copy needs that has all its records up to `lsn`, and which these are.
    package func copyExtent(of info: SegmentInfo, upTo lsn: UInt64) throws(StorageError) -> CopyExtent {
        let file = try fileSystem.open(info.path, .readOnly)
        let header = try SegmentHeader.read(file, segmentID: info.id, storeID: storeID)
        var extent = CopyExtent(salt: header.salt, bytes: header.sizeBytes)
        var scanner = SegmentScanner(file, header: header)
        while scanner.lastLSN < lsn, let (frame, location) = try scanner.nextBehindDamage(&extent.isDamaged) {
            guard frame.type.isRecord else { continue }
            let end = extent.records.count
            extent.records.append(contentsOf: repeatElement(0, count: 20))
            extent.records.store(littleEndian: location.bodyOffset, at: end)
            extent.records.store(littleEndian: frame.lsn, at: end + 8)
            extent.records.store(littleEndian: frame.bodyChecksum, at: end + 16)
        }
        guard info.state == .newest else { return extent }
        guard scanner.lastLSN >= lsn else {
            throw scanner.corrupted("the journal ends at LSN \(scanner.lastLSN), before what was durable")
        }
        extent.bytes = scanner.position.roundedUpToBlock
        return extent
    }

    /// Where in a copy of a segment the records up to `lsn` end; nil where it has no later ones.
    package static func end(
        ofRecordsUpTo lsn: UInt64, in file: any StorageFile, segmentID: UInt64, storeID: [UInt8]
    ) throws(StorageError) -> UInt64? {
        let header = try SegmentHeader.read(file, segmentID: segmentID, storeID: storeID)
        var scanner = SegmentScanner(file, header: header)
        var isDamaged = false
        while let (frame, location) = try scanner.nextBehindDamage(&isDamaged) {
            if frame.type.isRecord, frame.lsn > lsn { return location.bodyOffset - UInt64(FrameHeader.sizeBytes) }
        }
        return nil
    }

    /// The path of a segment in a journal's folder.
    package static func segmentFileName(id: UInt64) -> String { SegmentName.segment(id: id).text }
}

extension SegmentScanner {
    /// The next frame that can be told, whatever is damaged before it; nil at the end. Bodies of records are not read.
    ///
    /// - Parameter isDamaged: becomes true where there was.
    fileprivate mutating func nextBehindDamage(
        _ isDamaged: inout Bool
    ) throws(StorageError) -> (FrameHeader, FrameLocation)? {
        while true {
            do throws(StorageError) {
                switch try next(bodiesAfter: .max) {
                case .frame(let frame, let location, _): return (frame, location)
                case .end(.full): return nil
                case .end: break
                }
            } catch  where error.code == .corrupted {
                // Goes on behind it, as where a frame is none.
            }
            guard try skipDamage() else { return nil }
            isDamaged = true
        }
    }
}
