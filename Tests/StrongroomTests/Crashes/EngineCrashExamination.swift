import StrongroomCatalog
import StrongroomSimulation
import Synchronization

@testable import Strongroom

/// Everything that is there when power fails, and how many calls of a scenario had ended.
struct EngineCrashMoment: Sendable {
    let disk: SimulatedMoment
    let index: MemoryIndex
    let callCount: Int
}

/// Opens a store in the states that power failures leave, and looks whether each call is there whole or not at all.
struct EngineCrashExamination {
    let scenario: EngineCrashScenario
    /// The one that ran, whose keys open what it has left.
    let engine: SimulatedEngine
    /// What users saw before the first call, and after each.
    let censuses: [StoreCensus]

    /// Opens, compares, goes on, and closes: another opening then changes nothing.
    ///
    /// - Returns: the moments of the recovery, if they are wanted.
    func examine(
        _ moment: EngineCrashMoment, _ disk: SimulatedFileSystem, recordsRecovery: Bool
    ) async throws -> [EngineCrashMoment] {
        let (found, recovery) = try await open(moment, disk, recordsRecovery: recordsRecovery)
        try compare(try await StoreCensus(of: found.store), callCount: moment.callCount)
        // And it goes on.
        try await scenario.goOn(found)
        let bucket = try await found.store.createBucket("later")
        try await bucket.put("a", [1, 2, 3])
        guard try await bucket.get("a").collect(upTo: 10) == [1, 2, 3] else { throw CensusFailure("it does not go on") }
        try await verify(found)
        let last = try await StoreCensus(of: found.store)
        try await found.close()

        let again = try await SimulatedEngine(
            found: disk, index: found.index.crash(keepingInFlight: false), of: engine)
        let census = try await StoreCensus(of: again.store)
        guard census == last else {
            throw CensusFailure("a second opening changes \(census.difference(to: last))")
        }
        try await verify(again)
        try await again.close()
        return recovery
    }

    private func open(
        _ moment: EngineCrashMoment, _ disk: SimulatedFileSystem, recordsRecovery: Bool
    ) async throws -> (SimulatedEngine, recovery: [EngineCrashMoment]) {
        let index = moment.index.surviving()
        let recovery = Mutex<[EngineCrashMoment]>([])
        // They keep each other as long as they are watched.
        defer {
            disk.watch(nil)
            index.watch(nil)
        }
        if recordsRecovery {
            disk.watch { disk in
                let again = EngineCrashMoment(disk: disk, index: index.surviving(), callCount: moment.callCount)
                recovery.withLock { $0.append(again) }
            }
            index.watch { disk.showMoment() }
        }
        let found = try await SimulatedEngine(found: disk, index: index, of: engine)
        return (found, recovery.withLock { $0 })
    }

    private func compare(_ census: StoreCensus, callCount: Int) throws {
        let before = censuses[callCount]
        let after = censuses[min(callCount + 1, censuses.count - 1)]
        guard scenario.isAtomic ? [before, after].contains(census) : census.isBetween(before, after) else {
            throw CensusFailure(
                "differs from before in \(census.difference(to: before)), from after in \(census.difference(to: after))"
            )
        }
    }

    private func verify(_ engine: SimulatedEngine) async throws {
        let findings = try await engine.verifyRows()
        guard findings.isEmpty else { throw CensusFailure("verify finds \(findings)") }
    }
}
