import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// Short scripts, and power failures at each of their moments: of what no sync has made durable, every subset of up
/// to eight survives.
///
/// `make exhaustive` looks at all states and prints how many there are; without it at one in a hundred.
@Suite("Exhaustive crashes")
struct ExhaustiveCrashTests {
    private static let share = TestSettings.number("STRONGROOM_CRASH_SHARE") ?? 100
    private static let seed = TestSettings.number("STRONGROOM_CRASH_SEED") ?? UInt64.random(in: 0...UInt64(UInt32.max))

    @Test("nothing that was acknowledged is lost, and nothing is half there", arguments: CrashScenario.all)
    func nothingIsLost(_ scenario: CrashScenario) async throws {
        let moments = try await scenario.moments()
        let examination = CrashExamination(
            sums: scenario.hasSums ? TestSums.definition : nil, options: scenario.options, share: Self.share,
            seed: Self.seed)
        let (examined, all): (Int, Int)
        do {
            (examined, all) = try await examination.run(moments)
        } catch {
            Issue.record("STRONGROOM_CRASH_SHARE=\(Self.share) STRONGROOM_CRASH_SEED=\(Self.seed): \(error)")
            return
        }
        print("crash states: \(examined) of \(all) at \(moments.count) moments of '\(scenario.name)'")
        #expect(examined <= all && all >= moments.count)
    }

    /// The control: where syncs do nothing from the first step on, what was acknowledged is not there.
    @Test(
        "a disk that lies about its syncs is found out",
        arguments: ["a row", "a blob", "a batch of rows", "writers at once"])
    func lies(_ name: String) async throws {
        let scenario = try #require(CrashScenario.all.first { $0.name == name })
        // At the end, of which the first state is the one that nothing of the scenario survives.
        let moments = try await scenario.moments(synchronizes: false).suffix(1)
        let found = await #expect(throws: Discrepancy.self) {
            _ = try await CrashExamination(sums: nil, share: 1, seed: 1).run(Array(moments))
        }
        #expect(found?.description.contains("was acknowledged, the store ends at") == true)
    }

    /// The same where a store is made, and where one is backed up.
    @Test(
        "a disk that lies about its syncs is found out, whatever is made",
        arguments: ["a creation", "a backup", "a restore"])
    func liesWhileSomethingIsMade(_ name: String) async throws {
        let scenario = try #require(CrashScenario.all.first { $0.name == name })
        let moments = try await scenario.moments(synchronizes: false).suffix(1)
        let examination = CrashExamination(sums: nil, options: scenario.options, share: 1, seed: 1)
        let found = await #expect(throws: Discrepancy.self) { _ = try await examination.run(Array(moments)) }
        #expect(found?.description.contains("and is not there") == true)
    }

    @Test("each scenario has a name of its own")
    func names() {
        #expect(Set(CrashScenario.all.map(\.name)).count == CrashScenario.all.count)
        #expect(CrashScenario.all.count >= 100)
        print("crash scripts: \(CrashScenario.all.count)")
    }
}
