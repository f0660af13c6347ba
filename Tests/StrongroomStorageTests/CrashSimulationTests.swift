import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import Testing

/// Random work, power failures at random moments, and a plain dictionary that says what must be left.
@Suite struct CrashSimulationTests {
    static let writerCount = 4

    /// Works until power fails, recovers, compares; several times on one store.
    ///
    /// - Returns: how many operations were acknowledged. Throws what was found wrong.
    private func run(
        seed: UInt64, crashes: Int, operationsPerLife: Int, synchronizes: Bool = true
    ) async throws -> Int {
        var generator = SeededGenerator(seed: seed)
        let machine = try await SimulatedMachine(seed: seed, synchronizes: synchronizes)
        let model = StoreModel()
        for life in 0..<crashes {
            let storage = try await machine.open(seed: seed &* 1000 &+ UInt64(life))
            let mutations = Int.random(in: 1..<operationsPerLife * 3, using: &generator)
            machine.fileSystem.failPower(afterMutations: mutations)
            await work(storage, model, operations: operationsPerLife, seed: generator.next())
            machine.crash(seed: generator.next())
            try await check(machine, model, seed: generator.next())
        }
        return model.acknowledgedCount
    }

    private func work(
        _ storage: EmbeddedStorage, _ model: StoreModel, operations: Int, seed: UInt64, blobPercentage: Int = 11
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writerCount {
                group.addTask {
                    var workload = RandomWorkload(
                        storage: storage, model: model, seed: seed &+ UInt64(writer),
                        blobPercentage: blobPercentage)
                    _ = await workload.run(operations / Self.writerCount)
                }
            }
            group.addTask {
                // Until power fails, or the others are done.
                for _ in 0..<(operations / 50) {
                    do {
                        try await storage.checkpoint()
                        _ = try await storage.compact()
                    } catch {
                        return
                    }
                }
            }
        }
    }

    /// Recovers, compares, and looks for what nobody owns; then closes in order.
    private func check(_ machine: SimulatedMachine, _ model: StoreModel, seed: UInt64) async throws {
        let storage = try await machine.open(seed: seed)
        try await storage.compare(with: model)
        try await storage.settle()
        let blobCount = try await storage.compare(with: model)
        // A reader that is just going may keep a file a moment longer; it then goes by itself.
        var fileCount = try machine.blobFileCount()
        for _ in 0..<500 where fileCount != blobCount {
            try await Task.sleep(for: .milliseconds(10))
            fileCount = try machine.blobFileCount()
        }
        guard fileCount == blobCount else { throw Discrepancy("\(fileCount) blob files for \(blobCount) rows") }
        try await storage.close()
        machine.reopenIndex()
    }

    /// 100,000 operations on one store that lives on, checkpoints and recycling beside them.
    @Test func longLifeAgreesWithThePlainDictionary() async throws {
        let machine = try await SimulatedMachine(seed: 50)
        let storage = try await machine.open()
        let model = StoreModel()
        for round in 0..<10 {
            await work(storage, model, operations: 10_000, seed: UInt64(round) * 10, blobPercentage: 1)
            try await storage.compare(with: model)
        }
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        try await storage.settle()
        let blobCount = try await storage.compare(with: model)
        for _ in 0..<500 where try machine.blobFileCount() != blobCount { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try machine.blobFileCount() == blobCount)
        try await storage.close()
    }

    @Test(arguments: 0..<16)
    func nothingAcknowledgedIsLost(seed: Int) async throws {
        let acknowledged = try await run(seed: UInt64(seed), crashes: 6, operationsPerLife: 500)
        #expect(acknowledged > 0)
    }

    /// Without syncs the same run must find losses, else it could find none at all.
    @Test func aLyingDiskIsFoundOut() async throws {
        var found = 0
        for seed in 100..<110 {
            do {
                _ = try await run(seed: UInt64(seed), crashes: 3, operationsPerLife: 300, synchronizes: false)
            } catch {
                found += 1
            }
        }
        #expect(found > 0)
    }
}
