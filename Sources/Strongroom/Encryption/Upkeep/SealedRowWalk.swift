/// Goes through rows with wrapped keys, from a place on, until it is told to stop.
struct SealedRowWalk: Sendable {
    let engine: Engine
    let tables: [UInt8]
    /// Of one bucket; nil for all of them.
    var bucketUID: [UInt8]?

    private static let pageRows = 64

    /// - Parameters:
    ///   - start: the row after which to begin; nil for the beginning.
    ///   - mayGoOn: asked before each row.
    ///   - visit: does what there is to do with a row.
    ///   - atPageEnd: called from time to time.
    /// - Returns: where it stopped; nil when all was gone through.
    func run(
        from start: UpkeepCursor?, mayGoOn: () -> Bool,
        visit: (Result<SealedRow, DamagedRow>) async throws(StoreError) -> Void, atPageEnd: () -> Void
    ) async throws(StoreError) -> UpkeepCursor? {
        let first = start.flatMap { tables.firstIndex(of: $0.rowKey[0]) } ?? 0
        for (index, table) in tables.enumerated().dropFirst(first) {
            var place = start.flatMap { index == first ? $0.rowKey : nil } ?? [table] + (bucketUID ?? [])
            while true {
                let page = try await engine.sealedRows(after: place, in: bucketUID, limit: Self.pageRows)
                for row in page.rows {
                    guard !Task.isCancelled else {
                        throw StoreError(.cancelled, "The work was cancelled; what is done is done.")
                    }
                    guard mayGoOn() else { return UpkeepCursor(rowKey: place) }
                    try await visit(row)
                    if case .success(let row) = row { place = row.rowKey }
                }
                atPageEnd()
                guard let last = page.last else { break }
                place = last
            }
        }
        return nil
    }
}
