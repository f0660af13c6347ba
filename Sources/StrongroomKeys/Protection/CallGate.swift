/// Lets so many calls of a backend be under way at once, others wait in their order, and none while the circuit is
/// open.
///
/// Pure: it says whom to wake, and its owner does so outside the lock. A caller who is woken has its permit already.
struct CallGate<Waiter: Sendable>: Sendable {
    enum Entry: Sendable, Equatable {
        case admitted(CircuitBreaker.Permit)
        case refused(CircuitBreaker.Refusal)
        /// Too many are under way: wait by this name.
        case full(id: UInt64)
    }

    /// What follows from the end of a call.
    struct Leaving: Sendable {
        var change: CircuitBreaker.Change?
        var woken: [(waiter: Waiter, admission: CircuitBreaker.Admission)] = []
    }

    private let callsInFlightMax: Int
    private var breaker: CircuitBreaker
    private(set) var inFlightCount = 0
    private var waiting: [UInt64: Waiter] = [:]
    private var nextID: UInt64 = 0
    /// Nobody waits by a name before it.
    private var firstID: UInt64 = 0

    init(_ limits: KeyBackendLimits) {
        callsInFlightMax = limits.callsInFlightMax
        breaker = CircuitBreaker(limits)
    }

    var waitingCount: Int { waiting.count }

    mutating func enter(at nowNanoseconds: UInt64) -> Entry {
        if inFlightCount < callsInFlightMax {
            switch admit(at: nowNanoseconds) {
            case .admitted(let permit): return .admitted(permit)
            case .refused(let refusal): return .refused(refusal)
            }
        }
        if let refusal = breaker.refusal(at: nowNanoseconds) { return .refused(refusal) }
        defer { nextID += 1 }
        return .full(id: nextID)
    }

    /// Waits, by a name that `enter` gave. Where it need not wait any more, the answer is here and nobody is woken.
    mutating func wait(_ waiter: Waiter, by id: UInt64, at nowNanoseconds: UInt64) -> CircuitBreaker.Admission? {
        if inFlightCount < callsInFlightMax { return admit(at: nowNanoseconds) }
        if let refusal = breaker.refusal(at: nowNanoseconds) { return .refused(refusal) }
        waiting[id] = waiter
        firstID = min(firstID, id)
        return nil
    }

    /// Who waits by that name does so no longer; nil where nobody did.
    mutating func giveUp(_ id: UInt64) -> Waiter? { waiting.removeValue(forKey: id) }

    mutating func leave(
        _ permit: CircuitBreaker.Permit, _ outcome: CircuitBreaker.Outcome, at nowNanoseconds: UInt64
    ) -> Leaving {
        assert(inFlightCount > 0, "who leaves has entered")
        inFlightCount -= 1
        var leaving = Leaving(change: breaker.end(permit, outcome, at: nowNanoseconds))
        while inFlightCount < callsInFlightMax || breaker.refusal(at: nowNanoseconds) != nil, let waiter = popFirst() {
            leaving.woken.append((waiter, admit(at: nowNanoseconds)))
        }
        return leaving
    }

    private mutating func admit(at nowNanoseconds: UInt64) -> CircuitBreaker.Admission {
        let admission = breaker.admit(at: nowNanoseconds)
        if case .admitted = admission { inFlightCount += 1 }
        return admission
    }

    private mutating func popFirst() -> Waiter? {
        if waiting.isEmpty { firstID = nextID }
        while firstID < nextID {
            defer { firstID += 1 }
            if let waiter = waiting.removeValue(forKey: firstID) { return waiter }
        }
        return nil
    }
}
