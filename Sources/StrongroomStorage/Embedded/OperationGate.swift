internal import StrongroomSystem
internal import Synchronization

/// Counts what is under way, so that closing waits for it and nothing starts afterwards.
final class OperationGate: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        var whenEmpty: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    func enter() throws(StorageError) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.count += 1 }
            return !state.isClosed
        }
        guard isOpen else { throw StorageError(.closed, "the store is closed; open it again") }
    }

    /// An entry that is handed on: whoever has it ends it, once.
    struct Operation: Sendable {
        fileprivate let gate: OperationGate

        func end() { gate.leave() }
    }

    func begin() throws(StorageError) -> Operation {
        try enter()
        return Operation(gate: self)
    }

    func leave() {
        let callbacks = state.withLock { state -> [@Sendable () -> Void] in
            precondition(state.count > 0, "left without having entered")
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for callback in callbacks { callback() }
    }

    /// Refuses what starts from now on; returns when what was under way is done. False if it was closed already.
    func close() async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let result = state.withLock { state -> Bool? in
                guard !state.isClosed else { return false }
                state.isClosed = true
                guard state.count > 0 else { return true }
                state.whenEmpty.append { continuation.resume(returning: true) }
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}
