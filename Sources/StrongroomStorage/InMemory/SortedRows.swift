/// Rows in byte order of their keys: a value, so that a snapshot is a copy.
struct SortedRows: Sendable {
    private(set) var keys: [[UInt8]] = []
    private(set) var rows: [StoredRow] = []

    /// The position of the first key that is not less than `key`.
    func position(notLessThan key: [UInt8]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(key: [UInt8]) -> StoredRow? {
        get {
            let position = position(notLessThan: key)
            return position < keys.count && keys[position] == key ? rows[position] : nil
        }
        set {
            let position = position(notLessThan: key)
            let exists = position < keys.count && keys[position] == key
            switch (newValue, exists) {
            case (let row?, true): rows[position] = row
            case (let row?, false):
                keys.insert(key, at: position)
                rows.insert(row, at: position)
            case (nil, true):
                keys.remove(at: position)
                rows.remove(at: position)
            case (nil, false): break
            }
        }
    }
}
