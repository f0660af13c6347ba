import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

extension CrashScenario {
    static let compaction = [
        CrashScenario("compaction of nothing", after: { try await fill($0, 10) }) { try await $0.compact() },
        CrashScenario("compaction of segments in which little lives", after: { try await thin($0) }) { store in
            try await store.compact()
        },
        CrashScenario("compaction with sums beside", hasSums: true, after: { try await thin($0) }) { store in
            try await store.compact()
            try await store.put(key("a"), 900)
        },
        CrashScenario("compaction of rows that have moved", after: { try await thin($0, moving: true) }) { store in
            try await store.compact()
        },
        CrashScenario("rows and deletions after compaction", after: { try await thin($0) }) { store in
            try await store.compact()
            try await store.put(key("thin 0"), 700, seed: 2)
            try await store.delete([key("thin 8")])
            try await store.checkpoint()
        },
        CrashScenario("compaction beside writers", after: { try await thin($0) }) { store in
            async let compaction: Void = store.compact()
            for number in 0..<4 { try await store.put(key("thin \(4 * number)"), 800, seed: 3) }
            try await compaction
        },
        CrashScenario("compaction of a pinned segment", after: { try await thin($0) }) { store in
            let pinned = try await store.storage.metadata.pinnedRow(key("thin 0"))
            try await store.compact()
            withExtendedLifetime(pinned) {}
            try await store.storage.settle()
        },
        CrashScenario("compaction that a crash has interrupted", after: { try await thin($0) }) { store in
            store.machine.fileSystem.failPower(afterMutations: 6)
            try await store.failing { try await store.compact() }
            try await store.reopenCrashed(seed: 5)
            try await store.compact()
        },
        CrashScenario("compaction when the disk is full", after: { try await thin($0) }) { store in
            store.machine.fileSystem.inject(
                SimulatedFault([.allocate], pathSuffix: "", failures: nil, code: .diskFull))
            try await store.compact()
            store.machine.fileSystem.clearFaults()
            try await store.put(key("a"), 30_000)
        },
    ]

    /// Several segments, in each of which one row of four is left.
    private static func thin(_ store: ScriptedStore, moving: Bool = false) async throws {
        for number in 0..<24 { try await store.put(key("thin \(number)"), 20_000) }
        for number in 0..<24 where number % 4 != 0 { try await store.delete([key("thin \(number)")]) }
        if moving {
            for number in stride(from: 0, to: 24, by: 8) {
                try await store.move(key("thin \(number)"), to: key("moved \(number)"))
            }
        }
        try await store.checkpoint()
    }
}
