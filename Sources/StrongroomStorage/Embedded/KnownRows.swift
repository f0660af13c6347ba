internal import StrongroomCatalog

/// What the tables know of a commit's reads when it begins.
///
/// The LSN is taken before the index is read: what is committed later is in a table when the committer
/// looks, or the row counts as stale. Rows found in a table are kept, too: that table may have become
/// part of the index by then.
struct KnownRows: Sendable {
    private let lsn: UInt64
    private var rows: [[UInt8]?] = []
    /// Positions of the keys that only the index knows.
    private(set) var unknown: [Int] = []

    init(_ keys: [[UInt8]], in view: StoreView) {
        guard !keys.isEmpty else {
            lsn = 0
            return
        }
        let (lsn, entries) = view.withTables { tables in (tables.lastLSN, keys.map { tables.entry($0) }) }
        self.lsn = lsn
        rows.reserveCapacity(keys.count)
        for (index, entry) in entries.enumerated() {
            if case .put(let row) = entry { rows.append(row) } else { rows.append(nil) }
            if entry == nil { unknown.append(index) }
        }
    }

    /// - Parameter values: of the unknown keys, in their order.
    func completed(with values: [[UInt8]?]) -> PrefetchedRows {
        var rows = rows
        for (index, value) in zip(unknown, values) { rows[index] = value }
        return PrefetchedRows(rows: rows, lsn: lsn)
    }
}
