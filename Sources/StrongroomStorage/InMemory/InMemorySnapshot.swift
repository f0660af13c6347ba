internal import StrongroomSystem

struct InMemorySnapshot: MetadataSnapshot {
    let rows: SortedRows
    let lsn: UInt64

    func row(_ key: [UInt8]) throws(StorageError) -> StoredRow? { rows[key] }

    func scan(
        from lowerBound: [UInt8], to upperBound: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: StoredRow) throws(StorageError) -> ScanStep
    ) throws(StorageError) {
        var position = rows.position(notLessThan: lowerBound)
        while position < rows.keys.count {
            let key = rows.keys[position]
            if let upperBound, !key.lexicographicallyPrecedes(upperBound) { return }
            switch try visit(key, rows.rows[position]) {
            case .next: position += 1
            case .seek(let target): position = max(position + 1, rows.position(notLessThan: target))
            case .stop: return
            }
        }
    }
}
