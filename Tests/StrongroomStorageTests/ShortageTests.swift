import StrongroomJournal
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

/// What runs out for a moment, descriptors or space, is refused and no failed write.
@Suite struct ShortageTests {
    /// The story: a roll of the journal found no descriptor for its directory. That was taken for a failed
    /// sync, and the store took no more changes until it was opened again.
    @Test(arguments: 70..<74 as Range<UInt64>)
    func rollsWithoutDescriptorsFailTheirCommitsAlone(seed: UInt64) async throws {
        var options = EmbeddedStorageOptions.simulated
        options.journal.initialSegmentBytes = 64 << 10
        options.journal.maximumSegmentBytes = 64 << 10
        let machine = try await SimulatedMachine(seed: seed, options: options)
        let storage = try await machine.open()
        let model = StoreModel()
        for skips in [0, 2, 5, 9] {
            machine.fileSystem.inject(
                SimulatedFault(
                    [.synchronizeDirectory], pathSuffix: "/journal", skips: skips, failures: 2,
                    code: .descriptorLimit))
        }
        let refusals = await withTaskGroup(of: [StorageError].self) { group in
            for writer in 0..<4 as Range<UInt64> {
                group.addTask {
                    var workload = RandomWorkload(
                        storage: storage, model: model, seed: seed * 10 + writer, blobPercentage: 2)
                    var refusals: [StorageError] = []
                    for _ in 0..<40 { if let error = await workload.run(20) { refusals.append(error) } }
                    return refusals
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(refusals.map(\.code)) == [.descriptorLimit])
        #expect(try await storage.statistics().poison == nil)
        try await storage.compare(with: model)
        try await storage.settle()
        #expect(try await storage.statistics().cleanUpFailure == nil)
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        machine.crash(seed: seed)
        let reopened = try await machine.open(seed: seed + 1)
        try await reopened.compare(with: model)
        try await reopened.close()
    }

    /// The story: tiny payloads travel in their rows, and commits without an attachment in their frame counted
    /// as deletions. Small puts ate up the space that is kept for deleting, and a full disk stayed full.
    @Test func inlinedPutsLeaveTheReserveToDeletions() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        // Nor has the catalog any room, else a checkpoint would free the segments of inlined payloads.
        let index = InterruptedIndex(machine.index, writes: 0)
        let storage = try await machine.open(index: index, fileSystem: machine.fileSystem)
        machine.fileSystem.setCapacity(bytes: 2 << 20)
        var stored: [[UInt8]] = []
        while try await putSmall(storage, key(stored.count)) { stored.append(key(stored.count)) }
        #expect(stored.count > 50)
        // However often it is asked for: more often than the reserve has blocks.
        for _ in 0..<100 { #expect(try await !putSmall(storage, key("more"))) }

        for target in stored.prefix(10) { try await storage.metadata.delete(target) }
        // In the segment that was the reserve there is room, but not for this.
        #expect(try await !putSmall(storage, key("more")))
        let rest = Array(stored.dropFirst(10))
        try await storage.metadata.commit(rest.map { RowMutation(key: $0, change: .delete) }, reads: rest)
        #expect(try await storage.metadata.keys() == [])

        index.allow(writes: .max)
        try await storage.settle()
        #expect(try await putSmall(storage, key("again")))
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        machine.crash(seed: 3)
        let reopened = try await machine.open(seed: 4)
        #expect(try await reopened.metadata.keys() == [key("again")])
        try await reopened.close()
    }

    /// False where the disk is full.
    private func putSmall(_ storage: EmbeddedStorage, _ key: [UInt8]) async throws -> Bool {
        do {
            try await storage.metadata.put(key, [], .attachment(0), attachments: [payload(400)])
            return true
        } catch let error as StorageError where error.code == .diskFull {
            return false
        }
    }

    /// The story: pieces of a blob are written behind the caller's back. Closing did not wait for them, and
    /// they came to threads that had ended, which trapped.
    @Test func blobsThatAreWrittenWhileTheStoreIsClosedEndInOrder() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let bytesOfAMegabyte = payload(1 << 20)
        for round in 0..<12 {
            let storage = try await machine.open(seed: UInt64(round))
            try await storage.metadata.put(key(round), bytes("kept"))
            let writer = try await storage.blobs.create(somePrelude)
            let appending = Task {
                var count = 0
                while count < 12 {
                    try await writer.append(bytesOfAMegabyte)
                    count += 1
                }
            }
            for _ in 0..<round { await Task.yield() }
            try await storage.close()
            if case .failure(let error) = await appending.result { #expect((error as? StorageError)?.code == .closed) }
            let late = await #expect(throws: StorageError.self) {
                for _ in 0..<2 { try await writer.append(bytesOfAMegabyte) }
            }
            #expect(late?.code == .closed)
            await writer.abort()
            machine.reopenIndex()
        }
        let storage = try await machine.open(seed: 99)
        #expect(try await storage.metadata.keys().count == 12)
        #expect(try machine.blobFileCount() == 0)
        try await storage.close()
    }
}
