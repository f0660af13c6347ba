internal import StrongroomCatalog

/// Encoded rows (`StoredRowCodec`) that are in the journal and not yet in the index.
typealias RowTable = Memtable<MemtableEntry<[UInt8]>>

/// The rows above the index: one table that commits go to, and at most one frozen table that a
/// checkpoint is moving into the index. A value: a copy is a snapshot.
///
/// Invariants: every commit with `baseLSN < lsn <= lastLSN` is in `active` or `frozen`; every commit
/// up to `baseLSN` is in the index.
struct RowTables: Sendable {
    struct Frozen: Sendable {
        var table: RowTable
        /// The last commit in it.
        var lastLSN: UInt64
        var timeMilliseconds: Int64
    }

    private(set) var active = Self.emptyTable()
    private(set) var frozen: Frozen?
    private(set) var baseLSN: UInt64
    private(set) var lastLSN: UInt64
    private(set) var timeMilliseconds: Int64

    init(baseLSN: UInt64, timeMilliseconds: Int64) {
        self.baseLSN = baseLSN
        self.lastLSN = baseLSN
        self.timeMilliseconds = timeMilliseconds
    }

    /// Key, row and a node's share of an entry: 64 bytes hold two array headers' worth.
    private static func emptyTable() -> RowTable {
        RowTable { key, entry in
            switch entry {
            case .put(let row): 96 + key.count + row.count
            case .deleted: 64 + key.count
            }
        }
    }

    var sizeBytes: Int { active.sizeBytes + (frozen?.table.sizeBytes ?? 0) }
    var rowCount: Int { active.count + (frozen?.table.count ?? 0) }
    var layers: [RowTable] { frozen.map { [active, $0.table] } ?? [active] }

    /// What the tables say of a key; nil when only the index knows.
    func entry(_ key: [UInt8]) -> MemtableEntry<[UInt8]>? {
        active.value(key) ?? frozen?.table.value(key)
    }

    mutating func apply(lsn: UInt64, timeMilliseconds: Int64, _ changes: [RowChange]) {
        precondition(lsn > lastLSN, "commits are applied in order")
        for change in changes { active.insert(change.key, change.entry) }
        lastLSN = lsn
        self.timeMilliseconds = max(self.timeMilliseconds, timeMilliseconds)
    }

    /// Starts a new table; a checkpoint moves the old one. There must be none frozen already.
    mutating func freeze() -> Frozen {
        precondition(frozen == nil, "one checkpoint at a time")
        let frozen = Frozen(table: active, lastLSN: lastLSN, timeMilliseconds: timeMilliseconds)
        self.frozen = frozen
        active = Self.emptyTable()
        return frozen
    }

    /// The frozen table is in the index, durably and whole.
    mutating func dropFrozen() {
        guard let frozen else { preconditionFailure("nothing is frozen") }
        assert(frozen.lastLSN >= baseLSN)
        baseLSN = frozen.lastLSN
        self.frozen = nil
    }
}

/// One row's change as the tables take it.
struct RowChange: Sendable {
    var key: [UInt8]
    var entry: MemtableEntry<[UInt8]>
}
