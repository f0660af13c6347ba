internal import StrongroomCatalog
internal import StrongroomSystem

/// What one transaction of the index does to the sums.
struct RowSumUpdate {
    let definition: RowSumDefinition
    var state: RowSumState
    private var tally = RowTally()

    init(_ definition: RowSumDefinition, in snapshot: any OrderedIndexSnapshot) throws(StorageError) {
        self.definition = definition
        state = try RowSumState(definition, in: snapshot)
    }

    /// A row is about to change, from what the index has to what is written there.
    mutating func note(_ key: [UInt8], from old: [UInt8]?, to new: [UInt8]?) {
        guard state.covers(key) else { return }
        if let old { tally.count(key, stored: old, definition, adding: false) }
        if let new { tally.count(key, stored: new, definition, adding: true) }
    }

    /// A row is added up for the first time.
    mutating func add(_ key: [UInt8], _ row: [UInt8]) { tally.count(key, stored: row, definition, adding: true) }

    /// - Parameter checkpoint: as the transaction writes it; nil where it leaves that as it is.
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
    }
}
