internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    private static let pageRows = 64

    /// Goes through the rows of a table in the order of their keys, some at a time: it is not one consistent look, and
    /// holds little in memory.
    func forEachRow(
        in table: UInt8, _ body: (_ key: [UInt8], _ value: [UInt8]) throws(StoreError) -> Void
    ) async throws(StoreError) {
        var start: [UInt8]? = [table]
        while let from = start {
            guard !Task.isCancelled else { throw StoreError(.cancelled, "The task was cancelled.") }
            let rows = try await readStorage { snapshot throws(StorageError) in
                var rows: [(key: [UInt8], value: [UInt8])] = []
                try snapshot.scan(from: from, to: [table + 1]) { key, row in
                    rows.append((key, row.value))
                    return rows.count < Self.pageRows ? .next : .stop
                }
                return rows
            }
            for (key, value) in rows { try body(key, value) }
            start = rows.count < Self.pageRows ? nil : rows.last.map { $0.key + [0] }
        }
    }
}
