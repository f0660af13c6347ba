package import StrongroomSystem

extension Journal {
    /// How much of a segment a copy needs that has all its records up to `lsn`: all of a sealed one, and of the newest
    /// what is written. With the salt, which no other life of the segment has.
    package func usedBytes(of info: SegmentInfo, upTo lsn: UInt64) throws(StorageError) -> (salt: UInt64, bytes: UInt64)
    {
        let file = try fileSystem.open(info.path, .readOnly)
        let header = try SegmentHeader.read(file, segmentID: info.id, storeID: storeID)
        guard info.state == .newest else { return (header.salt, header.sizeBytes) }
        var scanner = SegmentScanner(file, header: header)
        while scanner.lastLSN < lsn {
            guard case .frame = try scanner.next(bodiesAfter: .max) else {
                throw scanner.corrupted("the journal ends at LSN \(scanner.lastLSN), before what was durable")
            }
        }
        return (header.salt, scanner.position.roundedUpToBlock)
    }

    /// The path of a segment in a journal's folder.
    package static func segmentFileName(id: UInt64) -> String { SegmentName.segment(id: id).text }
}
