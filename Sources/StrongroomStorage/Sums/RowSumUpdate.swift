internal import StrongroomCatalog
internal import StrongroomSystem

/// What one transaction of the index does to the sums, and to the catalog's root.
struct RowSumUpdate {
    let definition: RowSumDefinition
    var state: RowSumState
    private var tally = RowTally()
    /// Nil for a program without keys, which leaves the root as it is: it is none of the catalog any more.
    private var root: CatalogRoot?
    private let checkpoint: CheckpointState

    init(_ definition: RowSumDefinition, in snapshot: any OrderedIndexSnapshot) throws(StorageError) {
        self.definition = definition
        state = try RowSumState(definition, in: snapshot)
        checkpoint = try StoreView.checkpointState(in: snapshot)
        guard let keys = definition.root else { return }
        guard let stored = try CatalogRoot.stored(keys, in: snapshot, at: checkpoint) else {
            throw StorageError(
                .corrupted,
                "the root of the catalog was changed behind the store's back; close the store and run verify")
        }
        root = stored.root
    }

    /// A row is about to change, from what the index has to what is written there.
    mutating func note(_ key: [UInt8], from old: [UInt8]?, to new: [UInt8]?) throws(StorageError) {
        let isCovered = state.covers(key)
        if let keys = definition.root, isCovered || root?.isWhole == true {
            let change = try keys.change(key, from: old, to: new)
            if root?.isWhole == true { root?.whole &+= change }
            if isCovered { root?.counted &+= change }
        }
        guard isCovered else { return }
        if let old { tally.count(key, stored: old, definition, adding: false) }
        if let new { tally.count(key, stored: new, definition, adding: true) }
    }

    /// A row is added up for the first time.
    mutating func add(_ key: [UInt8], _ row: [UInt8]) throws(StorageError) {
        if let keys = definition.root { root?.counted &+= try keys.hash(key, row) }
        tally.count(key, stored: row, definition, adding: true)
    }

    /// - Parameter checkpoint: as the transaction writes it; nil where it leaves that as it is.
    /// - Throws: `corrupted` where all rows are added up and are not those of the root.
    mutating func write(
        to transaction: any OrderedIndexTransaction, at checkpoint: CheckpointState? = nil
    ) throws(StorageError) {
        if let checkpoint {
            state = RowSumState(definitionNumber: definition.number, at: checkpoint, phase: state.phase)
        }
        for (name, change) in tally.amounts where change != .zero {
            let key = StoreKeys.sum(name)
            let stored = try transaction.value(key)
            let before = stored.map { RowAmounts(decoding: $0) } ?? RowAmounts.zero
            guard let sum = before.map({ $0 &+ change }), sum.min() >= 0 else {
                // The sums contradict the rows, which are what counts: all are added up anew.
                state.phase = .clearing
                break
            }
            if sum == .zero { try transaction.delete(key) } else { try transaction.put(key, sum.encoded()) }
        }
        tally = RowTally()
        try transaction.put(RowSumState.key, state.encoded())
        try writeRoot(to: transaction, at: checkpoint ?? self.checkpoint)
    }

    private mutating func writeRoot(
        to transaction: any OrderedIndexTransaction, at checkpoint: CheckpointState
    ) throws(StorageError) {
        guard let keys = definition.root, var root else { return }
        switch state.phase {
        case .clearing: root.counted = .zero
        case .adding: break
        case .complete:
            if !root.isWhole { root.whole = root.counted }
            root.isWhole = true
            guard root.whole == root.counted else { throw Self.contradiction }
        }
        self.root = root
        try root.write(keys, to: transaction, at: checkpoint)
    }

    /// What a verification says as well.
    static let contradiction = StorageError(
        .corrupted,
        "the catalog's rows are not those that its root says: one was taken away, put back or changed behind the "
            + "store's back. Make the catalog anew (repair --rebuild-catalog), or restore a backup")
}
