#if CommandLineTool && HTTPServer
import Testing

@testable import StrongroomCommandLine

@Suite("How many connections a server may have") struct ConnectionBudgetTests {
    private func count(_ wanted: Int?, endpoints: Int = 1, limit: UInt64) throws -> Int {
        try ConnectionBudget(wanted: wanted, endpointCount: endpoints, descriptorLimit: limit).connectionCount
    }

    @Test("leaves the store its descriptors")
    func room() throws {
        #expect(try count(nil, limit: .max) == 16_000)
        #expect(try count(nil, limit: 20_000) == 16_000)
        #expect(try count(nil, endpoints: 2, limit: 20_000) == 9_488)
        #expect(try count(100_000, limit: .max) == 100_000)
        #expect(try count(18_976, limit: 20_000) == 18_976)
    }

    @Test("is refused where there is no room", arguments: [(18_977, 20_000), (0, 20_000), (-1, 20_000), (nil, 1_024)])
    func none(_ wanted: Int?, _ limit: UInt64) {
        let failure = #expect(throws: CommandFailure.self) { try count(wanted, limit: limit) }
        #expect(failure?.code == .descriptorLimit)
    }

    /// What would be needed was more than a number holds, and the process ended.
    @Test("that nobody can have is refused, too", arguments: [1, 2])
    func immense(_ endpoints: Int) {
        for wanted in [Int.max, Int.max / 2, Int(Int32.max) + 1] {
            let failure = #expect(throws: CommandFailure.self) {
                try count(wanted, endpoints: endpoints, limit: 20_000)
            }
            #expect(failure?.code == .descriptorLimit)
        }
        #expect(throws: CommandFailure.self) { try count(.max, endpoints: 2, limit: .max) }
    }
}
#endif
