internal import Synchronization

/// The host as one instance sees it: its services, and the count of the calls that it has open.
final class InstanceHost: Sendable {
    /// An instance that has left this many calls without an answer gets no further ones: each holds memory. Control
    /// requests count by themselves: nobody bounds them, and they must not keep the keys of objects from being used.
    static let abandonedCountMax = 64

    private struct State {
        var isClosing = false
        var openCount = 0
        var abandonedCount = 0
        var abandonedControlCount = 0
        var faultCount = 0

        subscript(abandonedBy function: ModuleFunction) -> Int {
            get { function == .control ? abandonedControlCount : abandonedCount }
            set {
                if function == .control { abandonedControlCount = newValue } else { abandonedCount = newValue }
            }
        }
    }

    let services: any KeyBackendHost
    let moduleName: String
    private let state = Mutex(State())

    init(services: any KeyBackendHost, moduleName: String) {
        self.services = services
        self.moduleName = moduleName
    }

    /// How often the module broke the contract so far.
    var faultCount: Int { state.withLock { $0.faultCount } }

    func recordFault(_ what: String) {
        state.withLock { $0.faultCount += 1 }
        services.log(.error, "Key backend '\(moduleName)' broke the contract: it \(what).")
    }

    /// Counts a call that is about to start.
    func enter(_ function: ModuleFunction) throws(KeyBackendError) {
        enum Refusal { case closed, tooManyAbandoned, tooManyControls }
        let refusal = state.withLock { state -> Refusal? in
            if state.isClosing { return .closed }
            if state[abandonedBy: function] >= Self.abandonedCountMax {
                return function == .control ? .tooManyControls : .tooManyAbandoned
            }
            state.openCount += 1
            return nil
        }
        switch refusal {
        case .closed: throw KeyBackendError(.closed, "The key backend '\(moduleName)' has been closed; open it again.")
        case .tooManyAbandoned:
            throw KeyBackendError(
                .moduleFault,
                "The key backend '\(moduleName)' has left \(Self.abandonedCountMax) calls without an answer; "
                    + "nothing more is asked of it until it answers them. Restart the process if it does not.")
        case .tooManyControls:
            throw KeyBackendError(
                .throttled,
                "The key backend '\(moduleName)' has not answered \(Self.abandonedCountMax) control requests in time; ask "
                    + "again once it has ended one of them.")
        case nil: break
        }
    }

    /// Counts the call that closes: the only one that starts after `startClosing`.
    func enterClose() { state.withLock { $0.openCount += 1 } }

    /// Counts a call that nobody waits for any more. Before its end is decided, because its completion
    /// may come at any time and counts it down. Taken back where `end` finds it ended already.
    func abandon(_ function: ModuleFunction, _ end: () -> Bool) {
        state.withLock { $0[abandonedBy: function] += 1 }
        if !end() { state.withLock { $0[abandonedBy: function] -= 1 } }
    }

    /// A call ended: with a completion, or because it never started.
    func left(_ function: ModuleFunction, wasAbandoned: Bool) {
        state.withLock { state in
            state.openCount -= 1
            if wasAbandoned { state[abandonedBy: function] -= 1 }
            assert(state.openCount >= 0)
            assert(state[abandonedBy: function] >= 0)
        }
    }

    /// Refuses new calls from now on. False where that was so before.
    func startClosing() -> Bool {
        state.withLock { state in
            if state.isClosing { return false }
            state.isClosing = true
            return true
        }
    }

    /// Whether calls are open.
    var isIdle: Bool { state.withLock { $0.openCount == 0 } }
}
