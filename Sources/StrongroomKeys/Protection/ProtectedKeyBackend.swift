package import StrongroomCrypto
internal import Synchronization

/// A key backend within limits: what a host gives its callers, so that one backend that is ill neither holds them up
/// longer than they want nor is asked more than it can bear.
///
/// Every call that uses a key goes through a gate (``CallGate``), and is repeated where that may help; all are
/// idempotent. Calls that administer do neither: they are not repeated, and reach a backend whose circuit is open, to
/// find out what ails it.
package final class ProtectedKeyBackend: KeyBackend {
    /// Why somebody who waits for his turn waits no longer.
    private enum Turn: Sendable {
        case decided(CircuitBreaker.Admission)
        case expired, cancelled
    }

    private struct State {
        var gate: CallGate<CheckedContinuation<Turn, Never>>
        var retries: RetrySchedule
    }

    private let name: String
    private let backend: any KeyBackend
    private let limits: KeyBackendLimits
    private let pacing: any BackendPacing
    private let observer: any KeyBackendObserver
    private let state: Mutex<State>

    /// - Parameters:
    ///   - backend: who answers.
    ///   - name: what it is called in messages.
    ///   - limits: checked already.
    ///   - observer: hears what happens.
    ///   - pacing: time and chance.
    package init(
        _ backend: any KeyBackend, name: String, limits: KeyBackendLimits, observer: any KeyBackendObserver,
        pacing: any BackendPacing = SystemPacing()
    ) {
        self.name = name
        self.backend = backend
        self.limits = limits
        self.pacing = pacing
        self.observer = observer
        state = Mutex(State(gate: CallGate(limits), retries: RetrySchedule(limits)))
    }

    /// For tests.
    package var counts: (inFlight: Int, waiting: Int) {
        state.withLock { ($0.gate.inFlightCount, $0.gate.waitingCount) }
    }

    // MARK: - The backend's calls

    package func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        try await within(request.context) { (context) async throws(KeyBackendError) in
            var request = request
            request.context = context
            return try await backend.generateDataKey(request)
        }
    }

    package func unwrap(
        _ wrapped: WrappedDataKey, for request: UnwrapRequest
    ) async throws(KeyBackendError) -> SecretBytes {
        try await within(request.context) { (context) async throws(KeyBackendError) in
            var request = request
            request.context = context
            return try await backend.unwrap(wrapped, for: request)
        }
    }

    package func rewrap(
        _ wrapped: WrappedDataKey, for request: RewrapRequest
    ) async throws(KeyBackendError) -> WrappedDataKey {
        try await within(request.context) { (context) async throws(KeyBackendError) in
            var request = request
            request.context = context
            return try await backend.rewrap(wrapped, for: request)
        }
    }

    package func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        try await within(request.context) { (context) async throws(KeyBackendError) in
            var request = request
            request.context = context
            return try await backend.describe(request)
        }
    }

    package func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        try await backend.control(request)
    }

    package func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer {
        try await backend.controlWithSecrets(request)
    }

    package func close() async throws(KeyBackendError) { try await backend.close() }

    // MARK: - Repetition

    private func within<Value: ~Copyable>(
        _ context: KeyRequestContext, _ call: (KeyRequestContext) async throws(KeyBackendError) -> Value
    ) async throws(KeyBackendError) -> Value {
        let begun = pacing.bootNanoseconds()
        let deadline = context.deadlineNanoseconds ?? begun + KeyBackendInstance.defaultDeadlineSeconds * 1_000_000_000
        var context = context
        context.deadlineNanoseconds = deadline
        var attempt = 0
        var last: KeyBackendError?
        while true {
            let permit = try await enter(until: deadline, after: last)
            let started = pacing.bootNanoseconds()
            let failure: KeyBackendError
            do throws(KeyBackendError) {
                let value = try await call(context)
                leave(permit, .answered)
                return value
            } catch {
                failure = error
            }
            let spent = pacing.bootNanoseconds() - started
            let hadTime = deadline > begun && spent >= (deadline - begun) / 2
            leave(permit, failure.outcome(hadTime: hadTime), failure)
            try await pause(after: failure, attempt, until: deadline, context)
            last = failure
            attempt += 1
        }
    }

    /// Waits before a repetition, or fails as the call did where there is none.
    private func pause(
        after failure: KeyBackendError, _ attempt: Int, until deadline: UInt64, _ context: KeyRequestContext
    ) async throws(KeyBackendError) {
        guard RetrySchedule.mayPass(failure), !context.cancellation.isCancelled,
            let bound = state.withLock({ $0.retries.pauseMaxNanoseconds(after: failure, attempt: attempt) })
        else { throw failure }
        let pause = pacing.random(through: bound)
        guard pacing.bootNanoseconds() + pause < deadline else { throw failure }
        observer.willRepeat(after: failure)
        do throws(CancellationError) {
            try await pacing.pause(nanoseconds: pause)
        } catch {
            throw cancelled
        }
    }

    // MARK: - The gate

    private func enter(
        until deadline: UInt64, after failure: KeyBackendError?
    ) async throws(KeyBackendError) -> CircuitBreaker.Permit {
        let now = pacing.bootNanoseconds()
        guard now < deadline else {
            throw failure
                ?? KeyBackendError(
                    .deadlineExceeded, "The deadline had passed before the key backend '\(name)' was asked.")
        }
        let turn: Turn
        switch state.withLock({ $0.gate.enter(at: now) }) {
        case .admitted(let permit): turn = .decided(.admitted(permit))
        case .refused(let refusal): turn = .decided(.refused(refusal))
        case .full(let id): turn = await wait(by: id, until: deadline)
        }
        switch turn {
        case .decided(.admitted(let permit)):
            observer.callBegan()
            return permit
        case .decided(.refused(let refusal)):
            observer.refused()
            throw refused(refusal, after: failure)
        case .cancelled: throw cancelled
        case .expired:
            observer.refused()
            throw KeyBackendError(
                .deadlineExceeded,
                "The key backend '\(name)' has \(limits.callsInFlightMax) calls under way, and none ended in time; try "
                    + "again, or allow more at once.", underlying: failure)
        }
    }

    private func wait(by id: UInt64, until deadline: UInt64) async -> Turn {
        let remaining = deadline - min(deadline, pacing.bootNanoseconds())
        let timer = Mutex<Task<Void, Never>?>(nil)
        let turn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = pacing.bootNanoseconds()
                if let admission = state.withLock({ $0.gate.wait(continuation, by: id, at: now) }) {
                    continuation.resume(returning: Turn.decided(admission))
                    return
                }
                let alarm = Task { [weak self, pacing] in
                    // Fails where the turn has come.
                    guard (try? await pacing.pause(nanoseconds: remaining)) != nil else { return }
                    self?.giveUp(id, .expired)
                }
                timer.withLock { $0 = alarm }
                // A cancellation from before nobody has heard.
                if Task.isCancelled { giveUp(id, .cancelled) }
            }
        } onCancel: {
            giveUp(id, .cancelled)
        }
        timer.withLock { $0 }?.cancel()
        return turn
    }

    private func giveUp(_ id: UInt64, _ turn: Turn) {
        state.withLock { $0.gate.giveUp(id) }?.resume(returning: turn)
    }

    private func leave(
        _ permit: CircuitBreaker.Permit, _ outcome: CircuitBreaker.Outcome, _ failure: KeyBackendError? = nil
    ) {
        // Before its place can be another's: what is observed never exceeds the bound.
        observer.callEnded()
        let now = pacing.bootNanoseconds()
        let leaving = state.withLock { state in
            if failure == nil { state.retries.succeeded() }
            return state.gate.leave(permit, outcome, at: now)
        }
        if let change = leaving.change { observer.circuitChanged(isOpen: change == .opened) }
        for (waiter, admission) in leaving.woken { waiter.resume(returning: .decided(admission)) }
    }

    // MARK: - Errors

    private func refused(_ refusal: CircuitBreaker.Refusal, after failure: KeyBackendError?) -> KeyBackendError {
        let when =
            switch refusal {
            case .open(let until):
                "it is tried again in \((until - min(until, pacing.bootNanoseconds()) + 999_999) / 1_000_000) milliseconds"
            case .probing: "one call is trying whether it is back"
            }
        return KeyBackendError(
            .unavailable,
            "The key backend '\(name)' has failed \(limits.circuitFailureCount) times in a row and is not asked for now "
                + "(its circuit is open); \(when). See that it is reachable.", underlying: failure)
    }

    private var cancelled: KeyBackendError {
        KeyBackendError(.cancelled, "The call of the key backend '\(name)' was cancelled.")
    }
}
