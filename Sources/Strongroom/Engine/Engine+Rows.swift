internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// Goes through the rows of a table in the order of their keys, some at a time: it is not one consistent look, and
    /// holds little in memory.
    ///
    /// - Parameter pageRows: how many are read from one snapshot.
    func forEachRow(
        in table: UInt8, pageRows: Int = 64, _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StoreError) -> Void
    ) async throws(StoreError) {
        var start: [UInt8]? = [table]
        while let from = start {
            guard !Task.isCancelled else { throw StoreError(.cancelled, "The task was cancelled.") }
            let rows = try await readStorage { snapshot throws(StorageError) in
                var rows: [(key: [UInt8], value: [UInt8])] = []
                try snapshot.scan(from: from, to: [table + 1]) { key, row in
                    rows.append((key, row.value))
                    return rows.count < pageRows ? .next : .stop
                }
                return rows
            }
            for (key, value) in rows { try body(key, value) }
            start = rows.count < pageRows ? nil : rows.last.map { $0.key + [0] }
        }
    }
}
