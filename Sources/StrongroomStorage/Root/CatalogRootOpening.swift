internal import StrongroomCatalog
internal import StrongroomSystem

/// Looks at the root of a catalog that is being opened, before anything changes it.
struct CatalogRootOpening {
    let index: any OrderedIndex
    let sums: RowSumDefinition
    let root: any CatalogRootKeeper

    /// Where the catalog has no root and may be used all the same, its rows are added up as they are.
    ///
    /// - Parameter lastLSN: the last commit that catalog or journal have.
    /// - Throws: what the keeper throws, and then nothing was changed.
    func run(lastLSN: UInt64) throws(StorageError) {
        let (checkpoint, stored) = try indexed()
        let mark = stored?.root.mark(at: checkpoint)
        try root.check(
            CatalogRootFound(
                lastLSN: max(lastLSN, checkpoint.appliedLSN), hasRoot: stored?.root.isWhole ?? false, mark: mark))
        if stored?.isCurrent != true { try write(stored?.root, at: checkpoint) }
        if let mark { _ = root.note(mark) }
    }

    /// An empty catalog, as a repair without keys makes it where the journal has every commit, needs no key to be
    /// believed: its root is the sum of nothing.
    private func indexed() throws(StorageError) -> (CheckpointState, CatalogRoot.Stored?) {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                let checkpoint = try StoreView.checkpointState(in: snapshot)
                if checkpoint.containedLSN == 0, try snapshot.value(CatalogRoot.key) == nil,
                    try snapshot.cursor().seek(KeySpace.engineLowerBound).map({ KeySpace.isEngineKey($0.key) }) != true
                {
                    return (checkpoint, CatalogRoot.Stored(root: CatalogRoot(isWhole: true), isCurrent: false))
                }
                return (checkpoint, try CatalogRoot.stored(root, in: snapshot, at: checkpoint))
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
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
