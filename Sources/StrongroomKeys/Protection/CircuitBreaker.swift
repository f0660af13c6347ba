/// Stops asking a backend that has failed several times in a row, and finds out whether it is back.
///
/// Pure: it is told the time and what became of calls, and says what to do. What ends counts only in the generation
/// in which it began: a late answer from before neither closes an open circuit nor opens one that was closed since.
struct CircuitBreaker: Sendable {
    /// What a call's end says about the backend.
    enum Outcome: Sendable {
        /// It answers, be it with a refusal.
        case answered
        /// It is away, too slow or broken.
        case failed
        /// Nothing: nobody waited any longer, or the fault was ours.
        case undecided
    }

    /// What a call holds while it is under way.
    struct Permit: Sendable, Equatable {
        fileprivate let generation: UInt64
    }

    enum Admission: Sendable, Equatable {
        case admitted(Permit)
        case refused(Refusal)
    }

    enum Refusal: Sendable, Equatable {
        /// Nothing is asked before that time.
        case open(untilNanoseconds: UInt64)
        /// One call is under way that finds out whether the backend is back.
        case probing
    }

    enum Change: Sendable, Equatable {
        case opened, closed
    }

    private enum State: Sendable {
        /// Failures in a row, and when the first of them ended.
        case closed(failureCount: Int, firstNanoseconds: UInt64)
        case open(untilNanoseconds: UInt64)
        case probing
    }

    private let failureCountMax: Int
    private let windowNanoseconds: UInt64
    private let openNanoseconds: UInt64
    private var state = State.closed(failureCount: 0, firstNanoseconds: 0)
    private var generation: UInt64 = 0

    init(_ limits: KeyBackendLimits) {
        failureCountMax = limits.circuitFailureCount
        windowNanoseconds = UInt64(limits.circuitWindowSeconds) * 1_000_000_000
        openNanoseconds = UInt64(limits.circuitOpenSeconds) * 1_000_000_000
    }

    /// Whether a call may be made.
    mutating func admit(at nowNanoseconds: UInt64) -> Admission {
        if let refusal = refusal(at: nowNanoseconds) { return .refused(refusal) }
        if case .open = state {
            state = .probing
            generation += 1
        }
        return .admitted(Permit(generation: generation))
    }

    /// Why a call would not be admitted; nil where it would.
    func refusal(at nowNanoseconds: UInt64) -> Refusal? {
        switch state {
        case .closed: nil
        case .open(let until): nowNanoseconds < until ? .open(untilNanoseconds: until) : nil
        case .probing: .probing
        }
    }

    /// A call has ended. Nil where others find the circuit as it was: open or closed.
    mutating func end(_ permit: Permit, _ outcome: Outcome, at nowNanoseconds: UInt64) -> Change? {
        guard permit.generation == generation else { return nil }
        switch (state, outcome) {
        case (.open, _):
            preconditionFailure("no call begins in a generation in which the circuit is open")
        case (.closed, .undecided): return nil
        case (.closed, .answered):
            state = .closed(failureCount: 0, firstNanoseconds: 0)
            return nil
        case (.closed(let count, let first), .failed):
            return fail(count, since: first, at: nowNanoseconds)
        case (.probing, .answered):
            state = .closed(failureCount: 0, firstNanoseconds: 0)
            return .closed
        case (.probing, .failed): return open(until: nowNanoseconds + openNanoseconds)
        case (.probing, .undecided):
            // The next call finds out. For everybody else it has been open all the time.
            _ = open(until: nowNanoseconds)
            return nil
        }
    }

    private mutating func fail(_ count: Int, since first: UInt64, at nowNanoseconds: UInt64) -> Change? {
        guard failureCountMax > 0 else { return nil }
        let isFirst = count == 0 || nowNanoseconds > first + windowNanoseconds
        guard (isFirst ? 1 : count + 1) < failureCountMax else { return open(until: nowNanoseconds + openNanoseconds) }
        state =
            isFirst
            ? .closed(failureCount: 1, firstNanoseconds: nowNanoseconds)
            : .closed(failureCount: count + 1, firstNanoseconds: first)
        return nil
    }

    private mutating func open(until nanoseconds: UInt64) -> Change {
        state = .open(untilNanoseconds: nanoseconds)
        generation += 1
        return .opened
    }
}
