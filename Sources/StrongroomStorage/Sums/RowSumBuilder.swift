internal import StrongroomCatalog
internal import StrongroomSystem

/// Adds up the rows of an index whose sums are not complete: one that was written before there were sums, or by a
/// program that knows nothing of them. In steps, each a transaction, between checkpoints and on their thread; where it
/// was stands in the index, so that a crash costs one step.
struct RowSumBuilder {
    private let index: any OrderedIndex
    private let definition: RowSumDefinition
    private let rowsPerStep: Int
    private(set) var isComplete: Bool
    /// The last step failed: the next waits until a checkpoint is due.
    var hasFailed = false
    /// Why the rows cannot be added up: the sums fell below zero. Stays until all are added up.
    private(set) var contradiction: StorageError?

    /// Whether the next step is to be made at once.
    var isAtWork: Bool { !isComplete && !hasFailed }

    /// Blocks.
    init(_ definition: RowSumDefinition, _ index: any OrderedIndex, rowsPerStep: Int) throws(StorageError) {
        self.rowsPerStep = rowsPerStep
        self.definition = definition
        self.index = index
        isComplete = false
        try distrustSlices()
        try lookAgain()
    }

    /// A checkpoint may have found that the sums contradict the rows.
    mutating func lookAgain() throws(StorageError) {
        isComplete = false
        isComplete = try storedState().phase == .complete
    }

    private func storedState() throws(StorageError) -> RowSumState {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in try RowSumState(definition, in: snapshot) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    /// Slices of a checkpoint that did not come to its end may be anybody's. A program that knows nothing of sums, and
    /// died there as well, has moved no LSN by which it could be seen. Where there is a root it tells.
    private func distrustSlices() throws(StorageError) {
        guard definition.root == nil else { return }
        var state = try storedState()
        guard state.appliedLSN < state.containedLSN, state.phase != .clearing else { return }
        state.phase = .clearing
        try index.write { [state] (transaction) throws(StorageError) in
            try transaction.put(RowSumState.key, state.encoded())
        }
    }

    /// - Throws: `corrupted` where the sums fell below zero while rows were added up. The next step begins anew: what
    ///   was stored may have been damaged, and not a row.
    mutating func step() throws(StorageError) {
        var isComplete = false
        var isContradicted = false
        try index.write { [definition, rowsPerStep] (transaction) throws(StorageError) in
            var update = try RowSumUpdate(definition, in: transaction)
            switch update.state.phase {
            case .clearing: try Self.clear(rowsPerStep, &update, transaction)
            case .adding(let place): try Self.add(rowsPerStep, after: place, &update, transaction)
            case .complete: break
            }
            let wasAdding = update.state.phase != .clearing
            try update.write(to: transaction)
            isContradicted = wasAdding && update.state.phase == .clearing
            isComplete = update.state.phase == .complete
        }
        self.isComplete = isComplete
        if isComplete { contradiction = nil }
        guard isContradicted else { return }
        let error = StorageError(
            .corrupted, "the sums of key usage fall below zero while rows are added up; run verify to find damaged rows"
        )
        contradiction = error
        throw error
    }

    private static func clear(
        _ rowCount: Int, _ update: inout RowSumUpdate, _ transaction: any OrderedIndexTransaction
    ) throws(StorageError) {
        let cursor = try transaction.cursor()
        var entry = try cursor.seek(StoreKeys.sumPrefix)
        var keys: [[UInt8]] = []
        while let (key, _) = entry, ByteOrder.isLess(key, StoreKeys.sumEnd), keys.count < rowCount {
            keys.append(key)
            entry = try cursor.next()
        }
        for key in keys { try transaction.delete(key) }
        if keys.count < rowCount { update.state.phase = .adding(upTo: []) }
    }

    private static func add(
        _ rowCount: Int, after place: [UInt8], _ update: inout RowSumUpdate, _ transaction: any OrderedIndexTransaction
    ) throws(StorageError) {
        let cursor = try transaction.cursor()
        var entry = try cursor.seek(place.isEmpty ? KeySpace.engineLowerBound : place + [0])
        for _ in 0..<rowCount {
            guard let (key, row) = entry, KeySpace.isEngineKey(key) else {
                update.state.phase = .complete
                return
            }
            try update.add(key, row)
            update.state.phase = .adding(upTo: key)
            entry = try cursor.next()
        }
    }
}
