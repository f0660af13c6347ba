internal import StrongroomSystem

/// A small payload is part of its row; a blob is pinned, because it may be deleted before it is opened.
final class InMemoryPinnedRow: PinnedRow {
    let row: StoredRow
    let lsn: UInt64
    private let blobs: InMemoryBlobStore?

    /// To be made while `row` is in force.
    init(row: StoredRow, lsn: UInt64, blobs: InMemoryBlobStore?) {
        self.row = row
        self.lsn = lsn
        self.blobs = blobs
        if case .blob(let reference) = row.payload { blobs?.pin(reference) }
    }

    deinit {
        if case .blob(let reference) = row.payload { blobs?.unpin(reference) }
    }

    func payloadBytes() async throws(StorageError) -> [UInt8] {
        switch row.payload {
        case .none: return []
        case .inline(let bytes): return bytes
        case .segment, .blob: preconditionFailure("a payload in memory is inline or a blob; open the blob instead")
        }
    }
}
