import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomStorage

/// Compaction of a store that is in use.
@Suite struct CompactionBesideOthersTests {
    /// A row is overwritten and another one deleted, at each of the moments at which compaction looks into the index.
    @Test(arguments: 0..<24)
    func changesInBetweenStand(reads: Int) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let index = SteppedIndex(machine.index)
        let storage = try await machine.open(index: index, fileSystem: machine.fileSystem)
        try await storage.putMixed(count: 60)
        index.hold(after: reads)
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isOver.set() }
                try await storage.compactAll()
            }
            while !index.isHeld, !isOver.isSet {
                try await Task.sleep(for: .milliseconds(1))
            }
            if !index.isHeld { index.letGo() }
            try await storage.metadata.put(
                key(10), bytes("new"), .attachment(0), attachments: [payload(700, seed: 9)])
            try await storage.metadata.delete(key(30))
            try await storage.metadata.commit(
                [
                    RowMutation(key: key("aside"), change: .put(value: bytes("50"), payload: .sameAs(read: 0))),
                    RowMutation(key: key(50), change: .delete),
                ], reads: [key(50)])
            index.letGo()
            try await group.waitForAll()
        }
        try await storage.compactAll()
        #expect(Set(try await storage.metadata.keys()) == Set([key(0), key(10), key(20), key(40), key("aside")]))
        let new = try await storage.metadata.pinnedRow(key(10))
        #expect(new?.row.value == bytes("new"))
        #expect(try await new?.payloadBytes() == payload(700, seed: 9))
        let aside = try await storage.metadata.pinnedRow(key("aside"))
        #expect(try await aside?.payloadBytes() == payload(6_000, seed: 50))
        try await storage.expectSound()
        try await storage.close()
    }

    /// What a reader has pinned stays where it was until he is gone; and as long as he is, no more is moved.
    @Test func readersKeepWhatWasEmptied() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.putMixed()
        var pinned = try await storage.metadata.pinnedRow(key(0))
        guard case .segment(let id, _, _)? = pinned?.row.payload else {
            Issue.record("the payload is in no segment")
            return
        }
        try await storage.compactAll()
        let moved = try await storage.metadata.pinnedRow(key(0))
        #expect(moved?.row.payload != pinned?.row.payload)
        try await storage.settle()
        #expect(try await storage.statistics().segments.contains { $0.id == id })
        for number in 300..<400 {
            try await storage.metadata.put(key(number), [], .attachment(0), attachments: [payload(6_000, seed: 77)])
        }
        #expect(try await pinned?.payloadBytes() == payload(6_000, seed: 0))
        pinned = nil
        try await storage.settle()
        #expect(try await storage.statistics().segments.contains { $0.id == id } == false)
        try await storage.close()
    }

    @Test func verificationsAreWaitedFor() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.putMixed()
        let epochs = storage.metadata.core.view.epochs
        epochs.hold()
        let compaction = Task { try await storage.compactAll() }
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await storage.statistics().compaction.total == CompactionReport())
        epochs.releaseHold()
        #expect(try await compaction.value.freedSegments > 0)
        try await storage.close()
    }

    /// Closing ends it, wherever it is; the next opening goes on.
    @Test func closingEndsIt() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.putMixed()
        storage.metadata.core.view.epochs.hold()
        let compaction = Task { try await storage.compactAll() }
        try await Task.sleep(for: .milliseconds(50))
        try await storage.close()
        if case .failure(let error) = await compaction.result { #expect((error as? StorageError)?.code == .closed) }
        machine.reopenIndex()
        let reopened = try await machine.open(seed: 2)
        #expect(try await reopened.compactAll().freedSegments > 0)
        try await reopened.expectMixed()
        try await reopened.close()
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func randomWorkAgreesWithThePlainDictionary(seed: UInt64) async throws {
        let machine = try await SimulatedMachine(seed: seed)
        let storage = try await machine.open()
        let model = StoreModel()
        for round in 0..<8 as Range<UInt64> {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 as Range<UInt64> {
                    group.addTask {
                        var workload = RandomWorkload(
                            storage: storage, model: model, seed: seed * 1_000 + round * 10 + writer, blobPercentage: 2)
                        if let error = await workload.run(150) { throw error }
                    }
                }
                group.addTask { for _ in 0..<6 { _ = try await storage.compact() } }
                try await group.waitForAll()
            }
            try await storage.compare(with: model)
        }
        try await storage.settle()
        try await storage.compactAll()
        try await storage.compare(with: model)
        try await storage.expectSound()
        try await storage.close()
        machine.reopenIndex()
        let reopened = try await machine.open(seed: seed + 1)
        try await reopened.compare(with: model)
        try await reopened.close()
    }

    /// By itself, on a real disk with LMDB.
    @Test func spaceComesBackByItself() async throws {
        let directory = TemporaryDirectory()
        let environment = StorageEnvironment(
            fileSystem: PosixFileSystem(), random: SystemRandom(), clock: PosixClock())
        var options = EmbeddedStorageOptions()
        options.journal.initialSegmentBytes = 256 << 10
        options.journal.maximumSegmentBytes = 256 << 10
        try await EmbeddedStorage.create(
            directory: directory.path, storeID: StoreKind.storeID, options: options, environment: environment)
        let storage = try await EmbeddedStorage.open(
            directory: directory.path, storeID: StoreKind.storeID, options: options, environment: environment)
        for number in 0..<600 {
            try await storage.metadata.put(
                key(number), [], .attachment(0), attachments: [payload(6_000, seed: UInt8(number % 200))])
        }
        for number in 0..<600 where number % 5 != 0 { try await storage.metadata.delete(key(number)) }
        try await storage.settle()
        var space = try await storage.sealedSpace()
        for _ in 0..<3_000 where 100 * space.sizeBytes > 135 * space.liveBytes + 100 * (512 << 10) {
            try await Task.sleep(for: .milliseconds(10))
            space = try await storage.sealedSpace()
        }
        #expect(100 * space.sizeBytes <= 135 * space.liveBytes + 100 * (512 << 10))
        #expect(try await storage.statistics().compaction.failure == nil)
        for number in stride(from: 0, to: 600, by: 5) {
            let pinned = try await storage.metadata.pinnedRow(key(number))
            #expect(try await pinned?.payloadBytes() == payload(6_000, seed: UInt8(number % 200)))
        }
        try await storage.expectSound()
        try await storage.close()
    }
}
