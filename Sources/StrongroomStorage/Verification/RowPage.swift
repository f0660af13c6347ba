internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// A bounded number of rows as one snapshot has them, and what a verification wants to know of them.
///
/// Rows are looked through in pages because the index reuses none of its own pages for as long as a read
/// transaction lasts: in one that spans a whole store, each checkpoint beside it would make the file grow.
struct RowPage {
    typealias Fault = (key: [UInt8]?, error: StorageError, kind: StorageVerification.Finding.Kind)

    static let rowsMaximum = 1_000

    let directory: StorageDirectory
    /// Where in segments no whole record stands, by their ids.
    private let containedDamage: [UInt64: [Range<UInt64>]]
    private(set) var rowCount = 0
    private(set) var faults: [Fault] = []
    /// Whose files have to be looked at.
    private(set) var blobs: [(key: [UInt8], reference: BlobReference)] = []
    /// Where the next page begins; nil behind the last row.
    private(set) var next: [UInt8]?

    init(_ directory: StorageDirectory, containedDamage: [UInt64: [Range<UInt64>]]) {
        (self.directory, self.containedDamage) = (directory, containedDamage)
    }

    /// Blocks. After an error the page holds the rows before it.
    mutating func read(from lowerBound: [UInt8], view: StoreView, journal: Journal) throws(StorageError) {
        do throws(MetadataReadError<StorageError>) {
            try view.read { (snapshot) throws(StorageError) in
                // The list is younger than the snapshot's rows, and nothing leaves it during a verification.
                let segments = Dictionary(
                    journal.segments().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
                try snapshot.scanEncoded(from: lowerBound, to: nil) { (key, row) in
                    guard rowCount < Self.rowsMaximum else {
                        next = key
                        return .stop
                    }
                    rowCount += 1
                    add(row, key: key, segments)
                    return .next
                }
            }
        } catch {
            switch error {
            case .storage(let error), .body(let error): throw error
            }
        }
    }

    /// The catalog could not be read behind the rows of this page.
    mutating func noteUnreadable(_ error: StorageError) {
        faults.append((nil, error, .catalog))
    }

    private mutating func add(_ row: [UInt8], key: [UInt8], _ segments: [UInt64: SegmentInfo]) {
        guard let (payload, _) = StoredRowCodec.decodePayload(row) else {
            faults.append((key, StorageError(.corrupted, "a row is damaged", path: directory.catalog), .catalog))
            return
        }
        switch payload {
        case .none, .inline: break
        case .segment(let id, let offset, let lengthBytes):
            let end = offset.addingReportingOverflow(UInt64(lengthBytes))
            if let segment = segments[id], !end.overflow, end.partialValue <= segment.sizeBytes {
                noteIfDamaged(key, segment, offset)
                break
            }
            let error = StorageError(
                .corrupted,
                "the row's payload of \(lengthBytes) bytes is in segment \(id), which has no such place",
                path: segments[id]?.path ?? directory.journal, offset: offset)
            faults.append((key, error, .payload))
        case .blob(let reference):
            blobs.append((key, reference))
        }
    }

    /// It may be whole, and whoever opens it finds that out; but compaction moves whole records and leaves it there.
    private mutating func noteIfDamaged(_ key: [UInt8], _ segment: SegmentInfo, _ offset: UInt64) {
        guard containedDamage[segment.id]?.contains(where: { $0.contains(offset) }) ?? false else { return }
        let error = StorageError(
            .corrupted,
            "the row's payload is in a damaged part of its segment. Copy the object onto itself, which fails where the "
                + "payload is damaged, too: then restore it from a backup, or delete it",
            path: segment.path, offset: offset)
        faults.append((key, error, .payload))
    }
}
