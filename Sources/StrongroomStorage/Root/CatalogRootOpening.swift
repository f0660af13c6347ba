internal import StrongroomCatalog
internal import StrongroomSystem

/// Looks at the root of a catalog that is being opened, before anything changes it.
struct CatalogRootOpening {
    let index: any OrderedIndex
    let sums: RowSumDefinition
    let root: any CatalogRootKeeper

    /// Where the catalog has no root and may be used all the same, its rows are added up as they are.
    ///
    /// - Parameters:
    ///   - tables: what the journal has and the catalog lacks.
    ///   - anchored: the same as it was after the commits that the keeper asked for.
    /// - Throws: what the keeper throws, and then no row was changed.
    func run(_ tables: RowTables, anchored: [RowTables]) throws(StorageError) {
        let indexed = try indexed(anchored)
        let (checkpoint, stored) = (indexed.checkpoint, indexed.stored)
        let mark = stored?.root.mark(at: checkpoint)
        var marks = indexed.anchored
        if let mark { marks.append(mark) }
        try root.check(
            CatalogRootFound(
                lastLSN: max(tables.lastLSN, checkpoint.appliedLSN), appliedLSN: checkpoint.appliedLSN,
                containedLSN: checkpoint.containedLSN,
                hasRoot: stored?.root.isWhole ?? false,
                marks: Dictionary(marks.map { ($0.lsn, $0) }, uniquingKeysWith: { first, _ in first })))
        if stored?.isCurrent != true { try write(stored?.root, at: checkpoint) }
        if let mark { _ = root.note(mark) }
    }

    private struct Indexed {
        var checkpoint: CheckpointState
        var stored: CatalogRoot.Stored?
        var anchored: [CatalogRootMark]
    }

    private func indexed(_ anchored: [RowTables]) throws(StorageError) -> Indexed {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                let checkpoint = try StoreView.checkpointState(in: snapshot)
                var found = Indexed(checkpoint: checkpoint, stored: nil, anchored: [])
                if try isEmpty(snapshot, checkpoint) {
                    found.stored = CatalogRoot.Stored(root: CatalogRoot(isWhole: true), isCurrent: false)
                } else {
                    found.stored = try CatalogRoot.stored(root, in: snapshot, at: checkpoint)
                }
                guard let whole = found.stored?.root, whole.isWhole else { return found }
                // Of a commit that a checkpoint had begun to move, the catalog has rows of later ones.
                for tables in anchored where tables.lastLSN >= checkpoint.containedLSN {
                    found.anchored.append(try mark(of: tables, above: snapshot, whole))
                }
                return found
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    /// An empty catalog, as a repair without keys makes it where the journal has every commit, needs no key to be
    /// believed: its root is the sum of nothing.
    private func isEmpty(
        _ snapshot: any OrderedIndexSnapshot, _ checkpoint: CheckpointState
    ) throws(StorageError) -> Bool {
        guard checkpoint.containedLSN == 0, checkpoint.appliedLSN == 0, try snapshot.value(CatalogRoot.key) == nil
        else {
            return false
        }
        guard let (key, _) = try snapshot.cursor().seek(KeySpace.engineLowerBound) else { return true }
        return !KeySpace.isEngineKey(key)
    }

    /// The root that the catalog had, or would have had, with what is in `tables`.
    private func mark(
        of tables: RowTables, above snapshot: any OrderedIndexSnapshot, _ stored: CatalogRoot
    ) throws(StorageError) -> CatalogRootMark {
        var whole = stored.whole
        for layer in tables.layers {
            var cursor = layer.cursor()
            var entry = cursor.seek(KeySpace.engineLowerBound)
            while let (key, change) = entry, KeySpace.isEngineKey(key) {
                let new: [UInt8]? = if case .put(let row) = change { row } else { nil }
                whole &+= try root.change(key, from: try snapshot.value(key), to: new)
                entry = cursor.next()
            }
        }
        return CatalogRootMark(lsn: tables.lastLSN, rows: whole.encoded())
    }

    private func write(_ stored: CatalogRoot?, at checkpoint: CheckpointState) throws(StorageError) {
        try index.write { (transaction) throws(StorageError) in
            if stored == nil {
                let begun = RowSumState(definitionNumber: sums.number, at: checkpoint, phase: .clearing)
                try transaction.put(RowSumState.key, begun.encoded())
            }
            try (stored ?? CatalogRoot(isWhole: false)).write(root, to: transaction, at: checkpoint)
        }
    }
}
