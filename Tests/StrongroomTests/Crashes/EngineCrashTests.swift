import StrongroomCatalog
import StrongroomSimulation
import StrongroomTestSupport
import Synchronization
import Testing

@testable import Strongroom

/// What users of a store see after power failures at every moment of their calls: all of a call, or nothing of it.
///
/// Part of `make exhaustive`, which looks at all states; without it at one in a hundred.
@Suite("Exhaustive crashes of the engine")
struct EngineExhaustiveCrashTests {
    private static let share = TestSettings.number("STRONGROOM_CRASH_SHARE") ?? 100
    private static let seed = TestSettings.number("STRONGROOM_CRASH_SEED") ?? UInt64.random(in: 0...UInt64(UInt32.max))

    @Test("each call is there whole or not at all", arguments: EngineCrashScenario.all)
    func wholeOrNotAtAll(_ scenario: EngineCrashScenario) async throws {
        do {
            let (examined, all, momentCount) = try await run(scenario)
            print("crash states: \(examined) of \(all) at \(momentCount) moments of '\(scenario.name)'")
        } catch {
            Issue.record("STRONGROOM_CRASH_SHARE=\(Self.share) STRONGROOM_CRASH_SEED=\(Self.seed): \(error)")
        }
    }

    /// The control: where syncs do nothing from the first call on, what had ended is not there.
    @Test("a disk that lies about its syncs is found out", arguments: ["objects of all sizes", "a batch"])
    func lies(_ name: String) async throws {
        let scenario = try #require(EngineCrashScenario.all.first { $0.name == name })
        let found = await #expect(throws: CensusFailure.self) {
            _ = try await run(scenario, share: 1, synchronizes: false)
        }
        #expect(found?.description.contains("differs") == true)
    }

    @Test("each scenario has a name of its own")
    func names() {
        #expect(Set(EngineCrashScenario.all.map(\.name)).count == EngineCrashScenario.all.count)
        print("crash scripts: \(EngineCrashScenario.all.count)")
    }

    /// Throws the first state that is not as it should be.
    private func run(
        _ scenario: EngineCrashScenario, share: UInt64 = share, synchronizes: Bool = true
    ) async throws -> (examined: Int, all: Int, moments: Int) {
        let directory = try TemporaryDirectory()
        let keyService = try TestKeyService("crashes \(directory.path)", keys: ["default", "app", "other"])
        defer { withExtendedLifetime(keyService) {} }
        let engine = try await SimulatedEngine(
            keyring: directory.keyring, directory: directory.path, keyService: keyService)
        try await scenario.prepare(engine)
        engine.fileSystem.setSynchronizes(synchronizes)
        let (moments, censuses) = try await record(scenario, engine)
        let examination = EngineCrashExamination(scenario: scenario, engine: engine, censuses: censuses)
        var generator = StrongroomSimulation.SeededGenerator(seed: Self.seed)
        var (examined, all) = (0, 0)
        for (number, moment) in moments.enumerated() {
            for failure in moment.disk.powerFailures(seed: UInt64(number)) {
                guard let disk = failure.disk(after: moment.disk) else { continue }
                all += 1
                guard share == 1 || generator.chance(1, in: share) else { continue }
                do {
                    examined += 1
                    let recovery = try await examination.examine(
                        moment, disk, recordsRecovery: generator.chance(1, in: 8))
                    for again in recovery {
                        guard let disk = PowerFailure(drawnFrom: &generator).disk(after: again.disk) else { continue }
                        all += 1
                        examined += 1
                        _ = try await examination.examine(again, disk, recordsRecovery: false)
                    }
                } catch {
                    throw CensusFailure("at moment \(number) of \(moments.count), \(failure): \(error)")
                }
            }
        }
        return (examined, all, moments.count)
    }

    private func record(
        _ scenario: EngineCrashScenario, _ engine: SimulatedEngine
    ) async throws -> (moments: [EngineCrashMoment], censuses: [StoreCensus]) {
        let callCount = Mutex(0)
        let moments = Mutex<[EngineCrashMoment]>([])
        let (fileSystem, index) = (engine.fileSystem, engine.index)
        let note = { @Sendable (disk: SimulatedMoment) in
            let moment = EngineCrashMoment(
                disk: disk, index: index.surviving(), callCount: callCount.withLock { $0 })
            moments.withLock { $0.append(moment) }
        }
        var censuses = [try await StoreCensus(of: engine.store)]
        fileSystem.watch(note)
        index.watch { fileSystem.showMoment() }
        for call in scenario.calls {
            try await call(engine)
            callCount.withLock { $0 += 1 }
            censuses.append(try await StoreCensus(of: engine.store))
        }
        fileSystem.watch(nil)
        index.watch(nil)
        note(fileSystem.moment)
        return (moments.withLock { $0 }, censuses)
    }
}
