internal import CStrongroomKeyBackend
internal import Synchronization

/// All calls that modules have been given and have not completed, and all open instances' hosts.
///
/// Modules hold identifiers, never pointers of ours: a second, a late or an invented completion finds
/// nothing here and touches nothing.
final class OperationRegistry: Sendable {
    static let shared = OperationRegistry()

    private struct State {
        var nextID: UInt64 = 1
        var operations: [UInt64: HostOperation] = [:]
        var instances: [UInt64: InstanceHost] = [:]
    }

    private let state = Mutex(State())

    func register(_ host: InstanceHost) -> UInt64 {
        state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.instances[id] = host
            return id
        }
    }

    func unregister(host id: UInt64) {
        state.withLock { state in _ = state.instances.removeValue(forKey: id) }
    }

    func host(_ id: UInt64) -> InstanceHost? { state.withLock { $0.instances[id] } }

    func enter(_ operation: HostOperation) -> UInt64 {
        state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.operations[id] = operation
            return id
        }
    }

    func isCancelled(_ operationID: UInt64) -> Bool {
        state.withLock { $0.operations[operationID] }?.isCancelled ?? true
    }

    /// A module says that it is done. Exactly-once is enforced here.
    func complete(host hostID: UInt64, operation operationID: UInt64, status: Int32) {
        let (operation, host) = state.withLock { state -> (HostOperation?, InstanceHost?) in
            guard state.operations[operationID]?.hostID == hostID else { return (nil, state.instances[hostID]) }
            return (state.operations.removeValue(forKey: operationID), state.instances[hostID])
        }
        guard let operation else {
            host?.recordFault("completed call \(operationID), which was not open: twice, or never started")
            return
        }
        let counted = operation.end(.completed(status))
        host?.left(operation.function, wasAbandoned: !counted)
    }

    /// A call that was never handed to the module.
    func withdraw(_ operationID: UInt64) {
        let (operation, host) = state.withLock { state -> (HostOperation?, InstanceHost?) in
            let operation = state.operations.removeValue(forKey: operationID)
            return (operation, operation.flatMap { state.instances[$0.hostID] })
        }
        if let operation { host?.left(operation.function, wasAbandoned: true) }
    }
}
