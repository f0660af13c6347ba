package import StrongroomSystem

/// An `OrderedIndex` in memory: what the index of a store is promised to be, without a disk.
/// Simulations run on it, and so does the in-memory store.
///
/// A batch is all or nothing. Of one that was in flight when the crash came, either may be found.
package final class MemoryIndex: OrderedIndex {
    /// What befalls the next write that would otherwise succeed.
    package enum Fault: Sendable {
        /// Nothing changes, and later writes may succeed.
        case diskFull
        /// The batch is in flight until `crash` decides; later writes fail with `durabilityUnknown`.
        case inputOutput
    }

    typealias Table = Memtable<[UInt8]>

    private struct State {
        var table: Table
        var inFlight: Table?
        var fault: Fault?
        var isClosed = false
        var watcher: (@Sendable () -> Void)?
    }

    private let state: Monitor<State>
    /// Held for a whole write: one at a time.
    private let writes = Monitor(())

    package convenience init() {
        self.init(Table { key, value in key.count + value.count })
    }

    private init(_ table: Table) {
        state = Monitor(State(table: table))
    }

    // MARK: - Faults

    package func failNextWrite(_ fault: Fault) {
        state.withLock { $0.fault = fault }
    }

    /// What opening again finds after a crash; this object is closed by it.
    package func crash(keepingInFlight: Bool) -> MemoryIndex {
        state.withLock { state in
            state.isClosed = true
            let found = keepingInFlight ? state.inFlight ?? state.table : state.table
            return MemoryIndex(found)
        }
    }

    /// What opening again would find after a crash now; this object goes on. Of a write in flight nothing is found.
    package func surviving() -> MemoryIndex { MemoryIndex(state.withLock { $0.table }) }

    /// Calls `watcher` after each batch that has gone through; it may read, and must not write.
    package func watch(_ watcher: (@Sendable () -> Void)?) {
        state.withLock { $0.watcher = watcher }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
    }

    // MARK: - OrderedIndex

    package func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        let table = state.withLock { $0.isClosed ? nil : $0.table }
        guard let table else { throw .index(Self.closed) }
        do throws(Failure) {
            return try body(Snapshot(table: table))
        } catch {
            throw .body(error)
        }
    }

    package func write(
        _ body: (any OrderedIndexTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try writes.withLock { _ throws(StorageError) in
            let transaction = Transaction(
                try state.withLock { state throws(StorageError) in
                    if state.isClosed { throw Self.closed }
                    if state.inFlight != nil { throw Self.poisoned }
                    return state.table
                })
            try body(transaction)
            let watcher = try state.withLock { state throws(StorageError) in
                if state.isClosed { throw Self.closed }
                defer { state.fault = nil }
                switch state.fault {
                case nil: state.table = transaction.table
                case .diskFull: throw StorageError(.diskFull, "the disk is full; free some space and try again")
                case .inputOutput:
                    state.inFlight = transaction.table
                    throw StorageError(.inputOutput, "a write of the catalog failed; close the store and open it again")
                }
                return state.watcher
            }
            watcher?()
        }
    }

    private static var closed: StorageError { StorageError(.closed, "the catalog is closed; open the store again") }

    private static var poisoned: StorageError {
        StorageError(
            .durabilityUnknown, "an earlier write of the catalog failed; close the store and open it again")
    }
}
