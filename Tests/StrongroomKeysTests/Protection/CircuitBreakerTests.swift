import Testing

@testable import StrongroomKeys

@Suite struct CircuitBreakerTests {
    private static let second: UInt64 = 1_000_000_000

    private func breaker(_ failureCount: Int = 3) -> CircuitBreaker {
        var limits = KeyBackendLimits()
        limits.circuitFailureCount = failureCount
        limits.circuitWindowSeconds = 30
        limits.circuitOpenSeconds = 5
        return CircuitBreaker(limits)
    }

    private func admitted(_ breaker: inout CircuitBreaker, at seconds: UInt64) throws -> CircuitBreaker.Permit {
        guard case .admitted(let permit) = breaker.admit(at: seconds * Self.second) else {
            throw KeyBackendError(.unavailable, "refused")
        }
        return permit
    }

    @Test func itOpensAfterSoManyFailuresInARowAndProbesOnce() throws {
        var breaker = breaker()
        for step: UInt64 in 0..<3 {
            let permit = try admitted(&breaker, at: step)
            #expect(breaker.end(permit, .failed, at: step * Self.second) == (step == 2 ? .opened : nil))
        }
        #expect(breaker.admit(at: 6 * Self.second) == .refused(.open(untilNanoseconds: 7 * Self.second)))
        let probe = try admitted(&breaker, at: 7)
        #expect(breaker.admit(at: 8 * Self.second) == .refused(.probing))
        #expect(breaker.end(probe, .failed, at: 8 * Self.second) == .opened)
        #expect(breaker.refusal(at: 12 * Self.second) == .open(untilNanoseconds: 13 * Self.second))
        let second = try admitted(&breaker, at: 13)
        #expect(breaker.end(second, .answered, at: 13 * Self.second) == .closed)
        _ = try admitted(&breaker, at: 13)
    }

    @Test func answersBetweenFailuresAndOldFailuresDoNotCount() throws {
        var breaker = breaker()
        for outcome in [CircuitBreaker.Outcome.failed, .failed, .answered, .failed, .undecided, .failed] {
            #expect(breaker.end(try admitted(&breaker, at: 0), outcome, at: 0) == nil)
        }
        // More than a window after the first of them.
        #expect(breaker.end(try admitted(&breaker, at: 31), .failed, at: 31 * Self.second) == nil)
        #expect(breaker.end(try admitted(&breaker, at: 31), .failed, at: 31 * Self.second) == nil)
        #expect(breaker.end(try admitted(&breaker, at: 31), .failed, at: 31 * Self.second) == .opened)
    }

    @Test func aProbeThatFindsOutNothingIsFollowedByAnother() throws {
        var breaker = breaker(1)
        #expect(breaker.end(try admitted(&breaker, at: 0), .failed, at: 0) == .opened)
        #expect(breaker.end(try admitted(&breaker, at: 5), .undecided, at: 6 * Self.second) == nil)
        #expect(breaker.end(try admitted(&breaker, at: 6), .answered, at: 6 * Self.second) == .closed)
    }

    @Test func withoutALimitItNeverOpens() throws {
        var breaker = breaker(0)
        for _ in 0..<100 { #expect(breaker.end(try admitted(&breaker, at: 0), .failed, at: 0) == nil) }
    }

    /// Against a model that keeps the history of the generation instead of counts.
    @Test(arguments: 0..<50) func atRandomItDoesWhatTheModelSays(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var breaker = breaker(3)
        var model = Model()
        var calls: [(permit: CircuitBreaker.Permit, generation: Int)] = []
        var now: UInt64 = 0
        for _ in 0..<400 {
            now += UInt64(Int.random(in: 0..<4, using: &random)) * Self.second
            if Int.random(in: 0..<2, using: &random) == 0 || calls.isEmpty {
                let expected = model.admits(at: now)
                guard case .admitted(let permit) = breaker.admit(at: now) else {
                    #expect(!expected)
                    continue
                }
                #expect(expected)
                calls.append((permit, model.generation))
            } else {
                let call = calls.remove(at: Int.random(in: 0..<calls.count, using: &random))
                let outcome = [CircuitBreaker.Outcome.failed, .failed, .answered, .undecided].randomElement(
                    using: &random)!
                let change = breaker.end(call.permit, outcome, at: now)
                #expect(change == model.end(call.generation, outcome, at: now))
            }
        }
    }

    private struct Model {
        var generation = 0
        var isProbing = false
        var openUntil: UInt64?
        var failures: [UInt64] = []

        mutating func admits(at now: UInt64) -> Bool {
            if isProbing { return false }
            guard let openUntil else { return true }
            guard now >= openUntil else { return false }
            (isProbing, self.openUntil, generation) = (true, nil, generation + 1)
            return true
        }

        mutating func end(
            _ begun: Int, _ outcome: CircuitBreaker.Outcome, at now: UInt64
        ) -> CircuitBreaker.Change? {
            guard begun == generation else { return nil }
            if isProbing {
                isProbing = false
                if outcome == .answered { return .closed }
                if outcome == .failed { return open(until: now + 5 * CircuitBreakerTests.second) }
                _ = open(until: now)
                return nil
            }
            if outcome == .answered { failures = [] }
            guard outcome == .failed else { return nil }
            if let first = failures.first, now - first > 30 * CircuitBreakerTests.second { failures = [] }
            failures.append(now)
            return failures.count == 3 ? open(until: now + 5 * CircuitBreakerTests.second) : nil
        }

        private mutating func open(until: UInt64) -> CircuitBreaker.Change {
            (openUntil, generation, failures) = (until, generation + 1, [])
            return .opened
        }
    }
}
