import Testing

@testable import StrongroomKeys

@Suite struct CallGateTests {
    private func gate(_ callsInFlightMax: Int) -> CallGate<Int> {
        var limits = KeyBackendLimits()
        limits.callsInFlightMax = callsInFlightMax
        limits.circuitFailureCount = 2
        limits.circuitOpenSeconds = 1
        return CallGate(limits)
    }

    private func enter(_ gate: inout CallGate<Int>) throws -> CircuitBreaker.Permit {
        guard case .admitted(let permit) = gate.enter(at: 0) else { throw KeyBackendError(.unavailable, "full") }
        return permit
    }

    private func waits(_ gate: inout CallGate<Int>, _ waiter: Int) throws -> UInt64 {
        guard case .full(let id) = gate.enter(at: 0) else { throw KeyBackendError(.unavailable, "not full") }
        #expect(gate.wait(waiter, by: id, at: 0) == nil)
        return id
    }

    @Test func whoWaitsComesInTheOrderOfComing() throws {
        var gate = gate(1)
        var permit = try enter(&gate)
        let ids = try (0..<4).map { try waits(&gate, $0) }
        #expect(gate.giveUp(ids[1]) == 1 && gate.giveUp(ids[1]) == nil)
        for expected in [0, 2, 3] {
            let leaving = gate.leave(permit, .answered, at: 0)
            #expect(leaving.woken.map(\.waiter) == [expected])
            guard case .admitted(let next) = leaving.woken[0].admission else { preconditionFailure("admitted") }
            permit = next
            #expect(gate.inFlightCount == 1)
        }
        #expect(gate.leave(permit, .answered, at: 0).woken.isEmpty)
        #expect(gate.inFlightCount == 0 && gate.waitingCount == 0)
    }

    @Test func anOpenCircuitSendsAllAwayWhoWait() throws {
        var gate = gate(2)
        let permits = [try enter(&gate), try enter(&gate)]
        for waiter in 0..<3 { _ = try waits(&gate, waiter) }
        let first = gate.leave(permits[0], .failed, at: 0)
        #expect(first.change == nil && first.woken.map(\.waiter) == [0])
        let second = gate.leave(permits[1], .failed, at: 0)
        #expect(second.change == .opened && second.woken.map(\.waiter) == [1, 2])
        #expect(second.woken.allSatisfy { $0.admission == .refused(.open(untilNanoseconds: 1_000_000_000)) })
        #expect(gate.enter(at: 0) == .refused(.open(untilNanoseconds: 1_000_000_000)))
        #expect(gate.inFlightCount == 1)
    }

    /// Between being sent to wait and waiting, the one who was in the way may have left.
    @Test func nobodyWaitsForAnEmptyGate() throws {
        var gate = gate(1)
        let permit = try enter(&gate)
        guard case .full(let id) = gate.enter(at: 0) else { preconditionFailure("full") }
        #expect(gate.leave(permit, .answered, at: 0).woken.isEmpty)
        guard case .admitted = gate.wait(7, by: id, at: 0) else { preconditionFailure("admitted") }
        #expect(gate.inFlightCount == 1 && gate.waitingCount == 0)
    }

    /// Never more than the bound, nobody forgotten, whatever happens in which order.
    @Test(arguments: 0..<50) func atRandomTheBoundHoldsAndNobodyIsForgotten(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var gate = gate(3)
        var now: UInt64 = 0
        var inside: [CircuitBreaker.Permit] = []
        var waiting: [Int: UInt64] = [:]
        for step in 0..<500 {
            now += UInt64(Int.random(in: 0..<3, using: &random)) * 200_000_000
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                switch gate.enter(at: now) {
                case .admitted(let permit): inside.append(permit)
                case .refused: break
                case .full(let id):
                    #expect(gate.wait(step, by: id, at: now) == nil)
                    waiting[step] = id
                }
            case 1:
                guard !inside.isEmpty else { continue }
                let outcome = [CircuitBreaker.Outcome.answered, .failed, .undecided].randomElement(using: &random)!
                let permit = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
                for woken in gate.leave(permit, outcome, at: now).woken {
                    #expect(waiting.removeValue(forKey: woken.waiter) != nil)
                    if case .admitted(let permit) = woken.admission { inside.append(permit) }
                }
            default:
                guard let some = waiting.keys.sorted().first else { continue }
                #expect(gate.giveUp(waiting.removeValue(forKey: some)!) == some)
            }
            #expect(gate.inFlightCount == inside.count && inside.count <= 3)
            #expect(gate.waitingCount == waiting.count)
            #expect(waiting.isEmpty || inside.count == 3, "who waits is waiting for somebody")
        }
    }
}
