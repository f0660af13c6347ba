/// How one call of a module ended for whoever waits for it.
enum OperationEnd: Sendable {
    /// The module completed it with this status.
    case completed(Int32)
    /// The host stopped waiting; the module has not completed it yet and may still write its answer.
    case abandoned(KeyBackendError)
}

/// The life of one call: it ends once, whatever else arrives.
///
/// Pure: it says what to do, and its owner does it outside the lock.
struct OperationState: Sendable {
    private enum Phase: Sendable {
        case running(waiter: CheckedContinuation<OperationEnd, Never>?)
        case ended(OperationEnd)
    }

    private var phase = Phase.running(waiter: nil)

    /// What follows from an attempt to end the call.
    enum EndAction: Sendable {
        /// The end counts: resume the waiter, if there is one yet.
        case resume(CheckedContinuation<OperationEnd, Never>?)
        /// It had ended before.
        case ignore
    }

    mutating func end(_ end: OperationEnd) -> EndAction {
        switch phase {
        case .running(let waiter):
            phase = .ended(end)
            return .resume(waiter)
        case .ended: return .ignore
        }
    }

    /// Registers the one waiter. Returns the end where there is one already: then nobody will resume it.
    mutating func wait(_ waiter: CheckedContinuation<OperationEnd, Never>) -> OperationEnd? {
        switch phase {
        case .running(let earlier):
            assert(earlier == nil, "an operation has one waiter")
            phase = .running(waiter: waiter)
            return nil
        case .ended(let end): return end
        }
    }

    var end: OperationEnd? {
        if case .ended(let end) = phase { end } else { nil }
    }
}
