import StrongroomSystem

extension MemoryIndex {
    struct Snapshot: OrderedIndexSnapshot {
        let table: Table

        func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
            OrderedIndexLimits.check(key: key)
            return table.value(key)
        }

        func cursor() throws(StorageError) -> any OrderedIndexCursor { Cursor { [table] in (table, 0) } }
    }

    final class Transaction: OrderedIndexTransaction {
        private(set) var table: Table
        private var changeCount = 0

        init(_ table: Table) {
            self.table = table
        }

        func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
            OrderedIndexLimits.check(key: key)
            return table.value(key)
        }

        func cursor() throws(StorageError) -> any OrderedIndexCursor { Cursor { (self.table, self.changeCount) } }

        func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
            OrderedIndexLimits.check(key: key)
            OrderedIndexLimits.check(value: value)
            changeCount += 1
            table.insert(key, value)
        }

        func delete(_ key: [UInt8]) throws(StorageError) {
            OrderedIndexLimits.check(key: key)
            changeCount += 1
            table.remove(key)
        }
    }

    /// Sees what its transaction has written up to each step, as LMDB's cursors do.
    final class Cursor: OrderedIndexCursor {
        private let current: () -> (table: Table, changeCount: Int)
        private var cursor: MemtableCursor<[UInt8]>?
        private var changeCount = 0
        private var last: [UInt8]?

        init(_ current: @escaping () -> (table: Table, changeCount: Int)) {
            self.current = current
        }

        func seek(_ key: [UInt8]) throws(StorageError) -> (key: [UInt8], value: [UInt8])? {
            let now = current()
            changeCount = now.changeCount
            var cursor = now.table.cursor()
            let entry = cursor.seek(key)
            self.cursor = cursor
            last = entry?.key
            return entry
        }

        func next() throws(StorageError) -> (key: [UInt8], value: [UInt8])? {
            precondition(cursor != nil, "seek before next")
            guard let last else { return nil }
            // The least key after `last` is `last` with a 0x00.
            if current().changeCount != changeCount { return try seek(last + [0]) }
            let entry = cursor?.next()
            self.last = entry?.key
            return entry
        }
    }
}
