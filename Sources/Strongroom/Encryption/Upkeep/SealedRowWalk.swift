/// Goes through rows with wrapped keys, from a place on, until it is told to stop.
struct SealedRowWalk: Sendable {
    let engine: Engine
    let tables: [UInt8]
    /// Of one bucket; nil for all of them.
    var bucketUID: [UInt8]?

    private static let pageRows = 64

    /// Where a walk begins that has gone nowhere yet.
    var beginning: UpkeepCursor { UpkeepCursor(rowKey: [tables[0]] + (bucketUID ?? [])) }

    /// - Parameters:
    ///   - start: the row after which to begin.
    ///   - mayGoOn: asked before each row.
    ///   - visit: does what there is to do with a row.
    ///   - atPageEnd: called from time to time with the place to go on from.
    /// - Returns: where it stopped; nil when all was gone through.
    func run(
        from start: UpkeepCursor, mayGoOn: () -> Bool,
        visit: (Result<SealedRow, DamagedRow>) async throws(StoreError) -> Void, atPageEnd: (UpkeepCursor) -> Void
    ) async throws(StoreError) -> UpkeepCursor? {
        let first = tables.firstIndex(of: start.rowKey[0]) ?? 0
        for (index, table) in tables.enumerated().dropFirst(first) {
            var place = index == first ? start.rowKey : [table] + (bucketUID ?? [])
            while true {
                let page = try await engine.sealedRows(after: place, in: bucketUID, limit: Self.pageRows)
                for row in page.rows {
                    guard !Task.isCancelled else {
                        throw StoreError(.cancelled, "The work was cancelled; what is done is done.")
                    }
                    guard mayGoOn() else { return UpkeepCursor(rowKey: place) }
                    try await visit(row)
                    switch row {
                    case .success(let row): place = row.rowKey
                    case .failure(let damage): place = damage.rowKey
                    }
                }
                atPageEnd(UpkeepCursor(rowKey: place))
                guard let last = page.last else { break }
                place = last
            }
        }
        return nil
    }
}

extension StoreError {
    /// Whether a job cannot go on after it, where other failures concern one row.
    var endsUpkeep: Bool {
        switch code {
        case .cancelled, .closed, .durabilityUnknown, .secretMemoryUnavailable, .diskFull: true
        default: false
        }
    }
}
