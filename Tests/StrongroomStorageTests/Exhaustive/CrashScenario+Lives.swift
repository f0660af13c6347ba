import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - Checkpoints and segments

extension CrashScenario {
    static let checkpoints = [
        CrashScenario("a checkpoint of nothing") { try await $0.checkpoint() },
        CrashScenario("a checkpoint", after: { try await $0.put([key("a"): 600, key("b"): 10]) }) {
            try await $0.checkpoint()
        },
        CrashScenario("a checkpoint in many slices", after: { try await fill($0, 100) }) { try await $0.checkpoint() },
        CrashScenario("a checkpoint, and rows after it", after: { try await fill($0, 20) }) { store in
            try await store.checkpoint()
            try await store.put(key(3), 700, seed: 2)
            try await store.delete([key(4)])
        },
        CrashScenario("checkpoints in turn with rows") { store in
            for round in 0..<4 as Range<UInt8> {
                try await store.put([key("a"): 600, key(Int(round)): 20], seed: round)
                try await store.checkpoint()
            }
        },
        CrashScenario("a checkpoint beside writers", after: { try await fill($0, 40) }) { store in
            async let checkpoint: Void = store.checkpoint()
            for number in 0..<6 { try await store.put(key(number), 800, seed: 3) }
            try await checkpoint
        },
        CrashScenario("a checkpoint after a deletion of everything", after: { try await fill($0, 30) }) { store in
            try await store.checkpoint()
            try await store.delete((0..<30).map { key($0) })
            try await store.checkpoint()
        },
        CrashScenario("sums beside rows", hasSums: true) { store in
            try await fill(store, 8)
            try await store.checkpoint()
            try await store.delete([key(3)])
        },
        CrashScenario("sums beside a checkpoint in slices", hasSums: true, after: { try await fill($0, 60) }) { store in
            try await store.checkpoint()
            try await store.put(key(1), 30, seed: 5)
            try await store.checkpoint()
        },
        CrashScenario("a new segment", after: { try await fillSegment($0) }) { store in
            for number in 0..<4 { try await store.put(key(number), 20_000, seed: 2) }
        },
        CrashScenario("several new segments") { store in
            for number in 0..<12 { try await store.put(key(number), 50_000, seed: 2) }
        },
        CrashScenario("segments that nobody needs any more", after: { try await fillSegment($0) }) { store in
            for round in 2..<5 as Range<UInt8> {
                for number in 0..<3 { try await store.put(key(number), 50_000, seed: round) }
                try await store.checkpoint()
            }
        },
        CrashScenario("a pinned segment", after: { try await $0.put(key("a"), 60_000) }) { store in
            let pinned = try await store.storage.metadata.pinnedRow(key("a"))
            for round in 2..<8 as Range<UInt8> { try await store.put(key("a"), 60_000, seed: round) }
            try await store.checkpoint()
            withExtendedLifetime(pinned) {}
            try await store.storage.settle()
        },
        CrashScenario("epochs of blobs come and go") { store in
            for round in 0..<3 {
                try await store.putBlob(key(round), 3000)
                try await store.checkpoint()
            }
            try await store.delete([key(0), key(1)])
            try await store.storage.settle()
        },
    ]

    static func fill(_ store: ScriptedStore, _ count: Int) async throws {
        for number in 0..<count { try await store.put(key(number), number * 10) }
    }

    private static func fillSegment(_ store: ScriptedStore) async throws {
        for number in 0..<5 { try await store.put(key("full \(number)"), 20_000) }
    }
}

// MARK: - Lives

extension CrashScenario {
    static let lives =
        [
            CrashScenario("closing an empty store") { try await $0.close() },
            CrashScenario("closing", after: { try await fill($0, 20) }) { try await $0.close() },
            CrashScenario("closing after a blob went", after: { try await $0.putBlob(key("a"), 9000) }) { store in
                try await store.delete([key("a")])
                try await store.close()
            },
            CrashScenario("opening what was closed", after: { try await fill($0, 20) }) { store in
                try await store.close()
                try await store.open(seed: 3)
                try await store.put(key("a"), 900)
            },
            CrashScenario("opening again and again", after: { try await fill($0, 5) }) { store in
                for round in 0..<3 as Range<UInt64> {
                    try await store.close()
                    try await store.open(seed: 3 + round)
                }
            },
            CrashScenario("opening what was killed", after: { try await fill($0, 20) }) { store in
                try await store.reopenKilled()
                try await store.put(key("a"), 900)
            },
            CrashScenario("opening what was killed with a blob under way") { store in
                let writer = try await store.storage.blobs.create(somePrelude)
                try await writer.append(payload(9000))
                try await store.reopenKilled()
                try await store.putBlob(key("a"), 900)
                withExtendedLifetime(writer) {}
            },
        ]
        + (0..<6 as Range<UInt64>).map { seed in
            CrashScenario("a crash, and a life after it: \(seed)", after: { try await fill($0, 20) }) { store in
                try await store.putBlob(key("blob"), 5000)
                try await store.delete([key(2)])
                try await store.reopenCrashed(seed: seed)
                try await store.put([key("a"): 900, key(2): 30], seed: 4)
                try await store.checkpoint()
            }
        }
}

// MARK: - Faults

extension CrashScenario {
    static let faults = [
        CrashScenario("a write of the journal fails", after: { try await fill($0, 3) }) { store in
            store.machine.fileSystem.inject(SimulatedFault([.write], pathSuffix: ".wal"))
            try await store.failing { try await store.put(key("a"), 900) }
            try await store.failing { try await store.put(key("b"), 900) }
        },
        CrashScenario("a sync of the journal fails", after: { try await fill($0, 3) }) { store in
            store.machine.fileSystem.inject(SimulatedFault([.synchronizeData], pathSuffix: ".wal"))
            try await store.failing { try await store.put(key("a"), 900) }
            try await store.reopenKilled()
            try await store.put(key("b"), 900)
        },
        CrashScenario("a write of a blob fails", after: { try await fill($0, 3) }) { store in
            store.machine.fileSystem.inject(SimulatedFault([.write], pathSuffix: ".blob"))
            try await store.failing {
                let writer = try await store.storage.blobs.create(somePrelude)
                do {
                    try await writer.append(payload(9000))
                    _ = try await writer.finish()
                } catch {
                    await writer.abort()
                    throw error
                }
            }
            try await store.put(key("a"), 900)
        },
        CrashScenario("the disk is full for a segment", after: { try await fill($0, 3) }) { store in
            store.machine.fileSystem.inject(
                SimulatedFault([.allocate], pathSuffix: "", failures: nil, code: .diskFull))
            for number in 0..<12 {
                // Until the segment that there is has no room.
                do { try await store.put(key(number), 30_000) } catch { break }
            }
            store.machine.fileSystem.clearFaults()
            try await store.put(key("a"), 30_000)
        },
        CrashScenario("the catalog is full", after: { try await fill($0, 30) }) { store in
            store.machine.index.failNextWrite(.diskFull)
            try await store.failing { try await store.checkpoint() }
            try await store.put(key("a"), 900)
            try await store.checkpoint()
        },
        CrashScenario("a write of the catalog fails half-way", after: { try await fill($0, 40) }) { store in
            store.machine.index.failNextWrite(.inputOutput)
            try await store.failing { try await store.checkpoint() }
            try await store.reopenCrashed(seed: 2)
            try await store.checkpoint()
        },
        CrashScenario("the catalog dies between two slices") { store in
            try await fill(store, 60)
            try await store.close()
            try await store.open(seed: 5, indexWrites: 2)
            try await fill(store, 60)
            try await store.failing { try await store.checkpoint() }
            try await store.reopenKilled(seed: 6)
            try await store.checkpoint()
        },
    ]
}
