import Glibc
import StrongroomSystem
import SystemPackage

/// Lets reads in and out, so that growing the map and closing can wait until none is inside, and
/// keeps finished read transactions for the next reads (a slot among LMDB's readers is not free).
final class ReaderGate: Sendable {
    private struct State {
        var isPaused = false
        var isClosed = false
        /// The threads inside. A thread that is inside must not wait at the gate: it would wait for itself.
        var inside: [pthread_t] = []
        var idle: [Idle] = []
    }

    private struct Idle: @unchecked Sendable {
        // Safe to send: nobody else refers to an idle transaction, and with MDB_NOTLS any thread may renew it.
        let transaction: LMDBTransaction
    }

    private let state = Monitor(State())
    private let environment: LMDBEnvironment

    init(_ environment: LMDBEnvironment) {
        self.environment = environment
    }

    /// Whether the calling thread is inside a read.
    var isInside: Bool {
        state.withLock { state in state.inside.contains { pthread_equal($0, pthread_self()) != 0 } }
    }

    /// A transaction with a fresh snapshot; waits while the map grows. Goes back with `leave`.
    func enter() throws(StorageError) -> LMDBTransaction {
        precondition(!isInside, "a read of the catalog inside another one")
        return try begin(
            try state.wait(
                until: { $0.isClosed || !$0.isPaused },
                { state throws(StorageError) in try goIn(&state) }))
    }

    /// As `enter`, but nil while the map grows, or is to grow once the reads that are inside have come out.
    func enterUnlessPaused() throws(StorageError) -> LMDBTransaction? {
        precondition(!isInside, "a read of the catalog inside another one")
        let entry: (idle: Idle?, isPaused: Bool) = try state.withLock { state throws(StorageError) in
            if state.isPaused, !state.isClosed { return (nil, true) }
            return (try goIn(&state), false)
        }
        return entry.isPaused ? nil : try begin(entry.idle)
    }

    private func goIn(_ state: inout State) throws(StorageError) -> Idle? {
        if state.isClosed { throw .catalogIsClosed(environment.path) }
        state.inside.append(pthread_self())
        return state.idle.popLast()
    }

    private func begin(_ idle: Idle?) throws(StorageError) -> LMDBTransaction {
        do throws(LMDBFailure) {
            guard let idle else { return try environment.begin(isReadOnly: true) }
            try idle.transaction.renew()
            return idle.transaction
        } catch {
            // A transaction that could not be renewed is dropped here, and aborts.
            goOut(nil)
            throw error.storageError(path: environment.path)
        }
    }

    func leave(_ transaction: LMDBTransaction) {
        transaction.reset()
        goOut(Idle(transaction: transaction))
    }

    private func goOut(_ idle: Idle?) {
        state.withLock { state in
            if let index = state.inside.firstIndex(where: { pthread_equal($0, pthread_self()) != 0 }) {
                state.inside.swapAt(index, state.inside.count - 1)
                state.inside.removeLast()
            }
            if let idle { state.idle.append(idle) }
        }
        state.broadcast()
    }

    /// Runs `body` while no read is inside; those that come meanwhile wait. If `body` has lost the map, nobody gets in
    /// any more.
    func drained<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        state.withLock { $0.isPaused = true }
        defer {
            state.withLock { $0.isPaused = false }
            state.broadcast()
        }
        try state.wait(
            until: { $0.inside.isEmpty },
            { state throws(Failure) in
                // Their cached sizes are of the old map.
                for idle in state.idle { idle.transaction.abort() }
                state.idle.removeAll()
                defer { if environment.isMapLost { state.isClosed = true } }
                try body()
            })
    }

    /// Lets nobody in any more, and returns when all are out.
    func close() {
        precondition(!isInside, "the catalog was closed inside a read")
        state.withLock { $0.isClosed = true }
        state.broadcast()
        drained {}
    }
}

extension StorageError {
    static func catalogIsClosed(_ path: FilePath) -> StorageError {
        StorageError(.closed, "the catalog is closed; open the store again", path: path)
    }
}
