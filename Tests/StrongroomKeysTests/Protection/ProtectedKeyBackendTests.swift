import StrongroomCrypto
import Synchronization
import Testing

@testable import StrongroomKeys

/// Attacks 15 and 18: a backend that hangs, is away, or has too much to do.
@Suite struct ProtectedKeyBackendTests {
    private let observer = CountingObserver()

    private func protected(
        _ pacing: ManualPacing, _ change: (inout KeyBackendLimits) -> Void = { _ in },
        _ unwrap: @escaping @Sendable (Int, UnwrapRequest) async throws(KeyBackendError) -> SecretBytes
    ) throws -> (ProtectedKeyBackend, CallCounter) {
        var limits = KeyBackendLimits()
        change(&limits)
        try limits.check()
        let counter = CallCounter()
        let backend = ScriptedBackend(unwrap: { (_, request) async throws(KeyBackendError) in
            try await unwrap(counter.next(), request)
        })
        return (
            ProtectedKeyBackend(backend, name: "test", limits: limits, observer: observer, pacing: pacing), counter
        )
    }

    private func code(
        _ backend: ProtectedKeyBackend, _ context: KeyRequestContext = KeyRequestContext()
    ) async -> KeyBackendError.Code? {
        await failure(backend, context)?.code
    }

    private func failure(
        _ backend: ProtectedKeyBackend, _ context: KeyRequestContext = KeyRequestContext()
    ) async -> KeyBackendError? {
        do throws(KeyBackendError) {
            _ = try await backend.unwrap(ScriptedBackend.wrapped, for: UnwrapRequest(context: context))
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Repetition

    @Test(arguments: [KeyBackendError.Code.throttled, .unavailable])
    func whatMayPassIsRepeatedWithGrowingPauses(_ reason: KeyBackendError.Code) async throws {
        let pacing = ManualPacing()
        let (backend, calls) = try protected(pacing) { (call, _) throws(KeyBackendError) in
            guard call > 3 else { throw KeyBackendError(reason, "later") }
            return try ScriptedBackend.key()
        }
        #expect(await code(backend) == nil)
        #expect(calls.count == 4)
        #expect(pacing.pauses == [50, 100, 200])
        #expect(observer.counts.repeated == 3 && observer.counts.began == 4 && observer.counts.ended == 4)
    }

    @Test func itIsNotRepeatedForever() async throws {
        let pacing = ManualPacing()
        let (backend, calls) = try protected(pacing, { $0.retryCapMilliseconds = 80 }) {
            (_, _) throws(KeyBackendError) in
            throw KeyBackendError(.throttled, "later")
        }
        #expect(await code(backend) == .throttled)
        #expect(calls.count == 4)
        #expect(pacing.pauses == [50, 80, 80])
    }

    @Test func noRepetitionGoesPastTheDeadline() async throws {
        let pacing = ManualPacing()
        let (backend, calls) = try protected(pacing) { (_, request) throws(KeyBackendError) in
            #expect(request.context.deadlineNanoseconds == 1_120_000_000, "each has what is left of the time")
            throw KeyBackendError(.throttled, "later")
        }
        #expect(await code(backend, pacing.deadline(milliseconds: 120)) == .throttled)
        #expect(calls.count == 2 && pacing.pauses == [50])
        #expect(await code(backend, KeyRequestContext(deadlineNanoseconds: 1)) == .deadlineExceeded)
        #expect(calls.count == 2)
    }

    @Test(
        arguments: [
            KeyBackendError.Code.accessDenied, .keyDisabled, .invalidCiphertext, .keyNotFound, .incorrectKey,
            .invalidKeyState, .moduleFault, .deadlineExceeded, .auditUnavailable, .cancelled, .closed,
        ])
    func whatIsAnAnswerOrHopelessIsNotRepeated(_ code: KeyBackendError.Code) async throws {
        let (backend, calls) = try protected(ManualPacing()) { (_, _) throws(KeyBackendError) in
            throw KeyBackendError(code, "no")
        }
        #expect(await self.code(backend) == code)
        #expect(calls.count == 1)
    }

    @Test func whereNearlyAllFailThereAreFewRepetitions() async throws {
        let (backend, calls) = try protected(ManualPacing()) { (_, _) throws(KeyBackendError) in
            throw KeyBackendError(.throttled, "later")
        }
        for _ in 0..<200 { #expect(await code(backend) == .throttled) }
        #expect(calls.count == 200 + RetrySchedule.budgetMax / RetrySchedule.retryCost)
    }

    @Test func controlRequestsAreNeitherRepeatedNorRefused() async throws {
        let calls = CallCounter()
        let scripted = ScriptedBackend(
            unwrap: { (_, _) throws(KeyBackendError) in throw KeyBackendError(.moduleFault, "broken") },
            controlAnswer: { (_) throws(KeyBackendError) in
                _ = calls.next()
                throw KeyBackendError(.unavailable, "away")
            })
        let backend = ProtectedKeyBackend(
            scripted, name: "test", limits: KeyBackendLimits(), observer: observer, pacing: ManualPacing())
        for _ in 0..<5 { #expect(await code(backend) == .moduleFault) }
        #expect(observer.counts.circuit == [true])
        let error = await #expect(throws: KeyBackendError.self) {
            try await backend.control(ControlRequest(json: Array("{}".utf8)))
        }
        #expect(error?.code == .unavailable && error?.message == "away")
        #expect(calls.count == 1)
    }

    // MARK: - The circuit

    @Test func aBackendThatIsAwayIsLeftInPeaceAndTriedAgain() async throws {
        let pacing = ManualPacing()
        let isBack = Mutex(false)
        let (backend, calls) = try protected(pacing, { $0.retryCountMax = 0 }) { (_, _) throws(KeyBackendError) in
            guard isBack.withLock({ $0 }) else { throw KeyBackendError(.unavailable, "away") }
            return try ScriptedBackend.key()
        }
        for _ in 0..<5 { #expect(await code(backend) == .unavailable) }
        let refusal = await failure(backend)
        #expect(refusal?.code == .unavailable && refusal?.message.contains("again in 5000 milliseconds") == true)
        #expect(calls.count == 5)
        pacing.advance(milliseconds: 5_000)
        #expect(await failure(backend)?.message == "away")
        #expect(calls.count == 6)
        #expect(await code(backend) == .unavailable)
        #expect(calls.count == 6)
        isBack.withLock { $0 = true }
        pacing.advance(milliseconds: 5_000)
        #expect(await code(backend) == nil)
        #expect(await code(backend) == nil)
        #expect(calls.count == 8)
        #expect(observer.counts.circuit == [true, true, false])
        #expect(observer.counts.refused == 2)
    }

    @Test func theCircuitOpensUnderARepetition() async throws {
        let (backend, calls) = try protected(ManualPacing(), { $0.circuitFailureCount = 2 }) {
            (_, _) throws(KeyBackendError) in throw KeyBackendError(.unavailable, "away")
        }
        let failure = await failure(backend)
        #expect(failure?.message.contains("circuit") == true)
        #expect((failure?.underlying as? KeyBackendError)?.message == "away")
        #expect(calls.count == 2)
    }

    @Test func answersNeverOpenIt() async throws {
        for code in [
            KeyBackendError.Code.accessDenied, .keyDisabled, .invalidCiphertext, .keyNotFound, .throttled, .cancelled,
        ] {
            let (backend, calls) = try protected(ManualPacing(), { $0.retryCountMax = 0 }) {
                (_, _) throws(KeyBackendError) in throw KeyBackendError(code, "no")
            }
            for _ in 0..<50 { #expect(await self.code(backend) == code) }
            #expect(calls.count == 50)
        }
        #expect(observer.counts.circuit.isEmpty)
    }

    @Test func lateAnswersOpenItOnlyWhereTheCallHadItsTime() async throws {
        for (spent, opens) in [(90 as UInt64, true), (10, false)] {
            let pacing = ManualPacing()
            let (backend, _) = try protected(pacing) { (_, _) throws(KeyBackendError) in
                pacing.advance(milliseconds: spent)
                throw KeyBackendError(.deadlineExceeded, "late")
            }
            for _ in 0..<5 { #expect(await code(backend, pacing.deadline(milliseconds: 100)) == .deadlineExceeded) }
            #expect(observer.counts.circuit == [true])
            #expect(await code(backend) == (opens ? .unavailable : .deadlineExceeded))
        }
    }

    // MARK: - How many at once

    @Test func aStormNeverHasMoreUnderWayThanTheBound() async throws {
        let (backend, calls) = try protected(ManualPacing(passes: false), { $0.callsInFlightMax = 6 }) {
            (_, _) throws(KeyBackendError) in
            for _ in 0..<20 { await Task.yield() }
            return try ScriptedBackend.key()
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask { for _ in 0..<20 { #expect(await code(backend) == nil) } }
            }
        }
        #expect(calls.count == 64 * 20)
        #expect(observer.counts.inFlightMax <= 6)
        #expect(backend.counts == (0, 0))
    }

    @Test func whoWaitsInVainIsToldSoAndHoldsNoPlace() async throws {
        let isOver = Atomic(false)
        let pacing = ManualPacing()
        let (backend, calls) = try protected(pacing, { $0.callsInFlightMax = 1 }) { (_, _) throws(KeyBackendError) in
            while !isOver.load(ordering: .acquiring) { await Task.yield() }
            return try ScriptedBackend.key()
        }
        async let first = code(backend, pacing.deadline(milliseconds: 60_000))
        while backend.counts.inFlight == 0 { await Task.yield() }
        // Its alarm goes off at once.
        let failure = await failure(backend, pacing.deadline(milliseconds: 10))
        #expect(failure?.code == .deadlineExceeded && failure?.message.contains("1 calls under way") == true)
        #expect(backend.counts == (1, 0))
        isOver.store(true, ordering: .releasing)
        #expect(await first == nil)
        #expect(calls.count == 1)
        #expect(observer.counts.circuit.isEmpty, "to wait in vain says nothing about the backend")
    }

    @Test func whoIsCancelledWaitsNoLonger() async throws {
        let isOver = Atomic(false)
        let (backend, calls) = try protected(ManualPacing(passes: false), { $0.callsInFlightMax = 1 }) {
            (_, _) throws(KeyBackendError) in
            while !isOver.load(ordering: .acquiring) { await Task.yield() }
            return try ScriptedBackend.key()
        }
        async let first = code(backend)
        while backend.counts.inFlight == 0 { await Task.yield() }
        let waiters = (0..<8).map { _ in Task { await code(backend) } }
        while backend.counts.waiting < 8 { await Task.yield() }
        for waiter in waiters { waiter.cancel() }
        for waiter in waiters { #expect(await waiter.value == .cancelled) }
        let late = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await code(backend)
        }
        #expect(await late.value == .cancelled)
        #expect(backend.counts == (1, 0))
        isOver.store(true, ordering: .releasing)
        #expect(await first == nil)
        #expect(calls.count == 1)
    }

    @Test func limitsAreChecked() {
        var limits = KeyBackendLimits()
        limits.callsInFlightMax = 0
        #expect(throws: KeyBackendError.self) { try limits.check() }
    }
}

final class CallCounter: Sendable {
    private let calls = Atomic(0)

    var count: Int { calls.load(ordering: .sequentiallyConsistent) }

    /// From 1.
    func next() -> Int { calls.add(1, ordering: .sequentiallyConsistent).newValue }
}
