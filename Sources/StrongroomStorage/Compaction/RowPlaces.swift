internal import StrongroomSystem

/// Where in some segments the payloads of rows lie, by a look at the rows: a bounded number of them.
///
/// The frames of a segment name the keys that its payloads were written for, but a row that moved to another key (a
/// version that was overwritten) took its payload along.
struct RowPlaces {
    /// The keys of rows by segment and by the offset of their payload.
    private(set) var keys: [UInt64: [UInt64: [[UInt8]]]] = [:]
    /// Where to go on; nil behind the last row.
    private(set) var next: [UInt8]?

    /// Keys and their places take no more memory than about this.
    private static let sizeMaximumBytes = 16 << 20

    /// Blocks, a page at a time: a long read transaction would make the index's file grow.
    ///
    /// - Parameter pause: called after each page with the time it took; ends the search by throwing.
    init(
        in segments: Set<UInt64>, from lowerBound: [UInt8], _ view: StoreView,
        pause: (_ pageNanoseconds: UInt64) throws(StorageError) -> Void
    ) throws(StorageError) {
        var sizeBytes = 0
        next = lowerBound
        while let start = next, sizeBytes < Self.sizeMaximumBytes {
            let clockStart = ContinuousClock.now
            next = try readPage(from: start, segments, view, &sizeBytes)
            try pause(UInt64(clockStart.duration(to: .now) / .nanoseconds(1)))
        }
    }

    /// Where the next page begins.
    private mutating func readPage(
        from start: [UInt8], _ segments: Set<UInt64>, _ view: StoreView, _ sizeBytes: inout Int
    ) throws(StorageError) -> [UInt8]? {
        var (rowCount, next) = (0, [UInt8]?.none)
        var found: [(segment: UInt64, offset: UInt64, key: [UInt8])] = []
        do throws(MetadataReadError<StorageError>) {
            try view.read { (snapshot) throws(StorageError) in
                // A second attempt begins anew.
                (rowCount, next, found) = (0, nil, [])
                try snapshot.scanEncoded(from: start, to: nil) { (key, row) throws(StorageError) in
                    guard rowCount < RowPage.rowsMaximum else {
                        next = key
                        return .stop
                    }
                    rowCount += 1
                    guard row.first == StoredRowCodec.Home.segment.rawValue,
                        case .segment(let id, let offset, _)? = StoredRowCodec.decodePayload(row)?.payload,
                        segments.contains(id)
                    else { return .next }
                    found.append((id, offset, key))
                    return .next
                }
            }
        } catch {
            switch error {
            case .storage(let error), .body(let error): throw error
            }
        }
        for (segment, offset, key) in found {
            keys[segment, default: [:]][offset, default: []].append(key)
            sizeBytes += 96 + key.count
        }
        return next
    }
}
