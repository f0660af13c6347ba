import StrongroomCatalog
import StrongroomSystem

/// What an ordered map is: a sorted array, searched from the start. Slow, and hard to get wrong.
struct SortedModel: Equatable {
    struct Row: Equatable {
        var key: [UInt8]
        var value: [UInt8]
    }

    private(set) var rows: [Row] = []

    func value(_ key: [UInt8]) -> [UInt8]? { rows.first { $0.key == key }?.value }

    func rows(from lowerBound: [UInt8], limit: Int) -> [Row] {
        Array(rows.drop { $0.key.lexicographicallyPrecedes(lowerBound) }.prefix(limit))
    }

    mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        let index = rows.firstIndex { !$0.key.lexicographicallyPrecedes(key) } ?? rows.count
        if index < rows.count, rows[index].key == key {
            rows[index].value = value
        } else {
            rows.insert(Row(key: key, value: value), at: index)
        }
    }

    mutating func delete(_ key: [UInt8]) { rows.removeAll { $0.key == key } }
}

extension OrderedIndexSnapshot {
    /// The first rows from `lowerBound` on, by the cursor.
    func rows(from lowerBound: [UInt8], limit: Int) throws(StorageError) -> [SortedModel.Row] {
        let cursor = try cursor()
        var rows: [SortedModel.Row] = []
        var entry = try cursor.seek(lowerBound)
        while let found = entry, rows.count < limit {
            rows.append(SortedModel.Row(key: found.key, value: found.value))
            entry = try cursor.next()
        }
        return rows
    }
}

extension OrderedIndex {
    func rows(from lowerBound: [UInt8] = [], limit: Int = .max) throws(OrderedIndexReadError<StorageError>)
        -> [SortedModel.Row]
    {
        try read { snapshot throws(StorageError) in try snapshot.rows(from: lowerBound, limit: limit) }
    }
}
