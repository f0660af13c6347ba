import StrongroomKeys
import Synchronization

/// Time that passes when somebody pauses, or when a test says so; chance that always draws the longest.
final class ManualPacing: BackendPacing {
    private let now = Mutex<UInt64>(1_000_000_000)
    private let recorded = Mutex<[UInt64]>([])
    /// Whether a pause is over at once, time having passed; else it lasts until it is cancelled.
    private let passes: Bool

    init(passes: Bool = true) { self.passes = passes }

    /// The pauses so far, in milliseconds.
    var pauses: [UInt64] { recorded.withLock { $0.map { $0 / 1_000_000 } } }

    func advance(milliseconds: UInt64) { now.withLock { $0 += milliseconds * 1_000_000 } }

    func deadline(milliseconds: UInt64) -> KeyRequestContext {
        KeyRequestContext(deadlineNanoseconds: bootNanoseconds() + milliseconds * 1_000_000)
    }

    func bootNanoseconds() -> UInt64 { now.withLock { $0 } }

    func pause(nanoseconds: UInt64) async throws(CancellationError) {
        recorded.withLock { $0.append(nanoseconds) }
        if passes {
            now.withLock { $0 += nanoseconds }
            return
        }
        while !Task.isCancelled { await Task.yield() }
        throw CancellationError()
    }

    func random(through bound: UInt64) -> UInt64 { bound }
}

final class CountingObserver: KeyBackendObserver {
    struct Counts: Equatable {
        var began = 0
        var ended = 0
        var inFlightMax = 0
        var repeated = 0
        var refused = 0
        var circuit: [Bool] = []
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func callBegan() {
        state.withLock { state in
            state.began += 1
            state.inFlightMax = max(state.inFlightMax, state.began - state.ended)
        }
    }
    func callEnded() { state.withLock { $0.ended += 1 } }
    func willRepeat(after error: KeyBackendError) { state.withLock { $0.repeated += 1 } }
    func refused() { state.withLock { $0.refused += 1 } }
    func circuitChanged(isOpen: Bool) { state.withLock { $0.circuit.append(isOpen) } }
}
