import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

/// Random work, power failures at random moments, and a plain dictionary that says what must be left.
@Suite struct CrashSimulationTests {
    private static let isShrinking = Atomic(false)

    /// 100,000 operations on one store that lives on, checkpoints and recycling beside them.
    @Test func longLifeAgreesWithThePlainDictionary() async throws {
        let machine = try await SimulatedMachine(seed: 50)
        let storage = try await machine.open()
        let model = StoreModel()
        for round in 0..<10 {
            await work(storage, model, operations: Repetitions.some(of: 10_000), seed: UInt64(round) * 10)
            try await storage.compare(with: model)
        }
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        try await storage.settle()
        let blobCount = try await storage.compare(with: model)
        for _ in 0..<500 where try machine.blobFileCount() != blobCount { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try machine.blobFileCount() == blobCount)
        try await storage.close()
    }

    private func work(_ storage: EmbeddedStorage, _ model: StoreModel, operations: Int, seed: UInt64) async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<CrashScript.writerCount {
                group.addTask {
                    var workload = RandomWorkload(
                        storage: storage, model: model, seed: seed &+ UInt64(writer), blobPercentage: 1)
                    _ = await workload.run(operations / CrashScript.writerCount)
                }
            }
            group.addTask {
                for _ in 0..<(operations / 50) {
                    do {
                        try await storage.checkpoint()
                    } catch {
                        return
                    }
                }
            }
        }
    }

    @Test(arguments: Repetitions.some(of: 0..<16))
    func nothingAcknowledgedIsLost(seed: Int) async throws {
        let script = CrashScript(seed: UInt64(seed), crashes: 6, operationsPerLife: 500)
        do {
            #expect(try await script.run() > 0)
        } catch {
            // One short script is enough, and takes its time.
            let isFirst = !Self.isShrinking.exchange(true, ordering: .relaxed)
            let text = if isFirst { await script.report(error) } else { "\(script.name): \(error)" }
            Issue.record("\(text)")
        }
    }

    /// Without syncs the same run must find losses, else it could find none at all.
    @Test func aLyingDiskIsFoundOut() async throws {
        var found = 0
        for seed in 100..<110 as Range<UInt64> {
            let script = CrashScript(seed: seed, crashes: 3, operationsPerLife: 300, lies: true)
            do {
                _ = try await script.run()
            } catch {
                found += 1
            }
        }
        #expect(found > 0)
    }
}
