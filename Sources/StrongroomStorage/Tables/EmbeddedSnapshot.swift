internal import StrongroomCatalog
internal import StrongroomSystem

/// The tables above the index snapshot, as one map.
struct EmbeddedSnapshot: MetadataSnapshot {
    let lsn: UInt64
    let tableLayers: [RowTable]
    let base: any OrderedIndexSnapshot
    private let layers: LayeredSnapshot<[UInt8]>

    init(tables: RowTables, base: any OrderedIndexSnapshot) {
        lsn = tables.lastLSN
        tableLayers = tables.layers
        self.base = base
        layers = LayeredSnapshot(layers: tables.layers, base: base) { $0 }
    }

    func row(_ key: [UInt8]) throws(StorageError) -> StoredRow? {
        guard let bytes = try encodedRow(key) else { return nil }
        return try Self.decoded(bytes)
    }

    /// As `row`, as stored.
    func encodedRow(_ key: [UInt8]) throws(StorageError) -> [UInt8]? { try layers.value(key) }

    func scan(
        from lowerBound: [UInt8], to upperBound: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: StoredRow) throws(StorageError) -> ScanStep
    ) throws(StorageError) {
        try scanEncoded(from: lowerBound, to: upperBound) { (key, row) throws(StorageError) in
            try visit(key, try Self.decoded(row))
        }
    }

    /// As `scan`, with rows as stored.
    func scanEncoded(
        from lowerBound: [UInt8], to upperBound: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: [UInt8]) throws(StorageError) -> ScanStep
    ) throws(StorageError) {
        // The store's own rows are outside the engine's range on either side.
        let lowest = KeySpace.engineLowerBound
        let highest = KeySpace.engineUpperBound
        let start = ByteOrder.isLess(lowerBound, lowest) ? lowest : lowerBound
        let end = upperBound.map { ByteOrder.isLess($0, highest) ? $0 : highest } ?? highest
        try walk(from: start, to: end, visit)
    }

    private func walk(
        from start: [UInt8], to end: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: [UInt8]) throws(StorageError) -> ScanStep
    ) throws(StorageError) {
        var cursor = try layers.cursor()
        var entry = try cursor.seek(start)
        while let (key, row) = entry {
            if let end, !ByteOrder.isLess(key, end) { return }
            switch try visit(key, row) {
            case .next: entry = try cursor.next()
            case .seek(let target) where ByteOrder.isLess(key, target): entry = try cursor.seek(target)
            case .seek: entry = try cursor.next()
            case .stop: return
            }
        }
    }

    static func decoded(_ bytes: [UInt8]) throws(StorageError) -> StoredRow {
        guard let row = StoredRowCodec.decode(bytes) else {
            throw StorageError(.corrupted, "a row of the catalog is damaged; rebuild the catalog")
        }
        return row
    }
}
