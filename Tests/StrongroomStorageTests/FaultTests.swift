import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// Disks that fail, fill up or hold something else than expected.
@Suite struct FaultTests {
    // MARK: Failed writes and syncs

    @Test(arguments: [SimulatedOperation.write, .synchronizeData])
    func firstFailurePoisons(operation: SimulatedOperation) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.metadata.put(key("before"), bytes("kept"))
        #expect(storage.writeFailure == nil)
        machine.fileSystem.inject(SimulatedFault([operation], pathSuffix: ".wal"))
        let failed = await #expect(throws: StorageError.self) {
            try await storage.metadata.put(key("lost"), bytes("unknown"))
        }
        #expect(failed?.code == .durabilityUnknown)
        #expect(storage.writeFailure?.code == .durabilityUnknown)
        // The disk works again, but nobody may be told so: Linux reports a failed sync once.
        machine.fileSystem.clearFaults()
        let later = await #expect(throws: StorageError.self) { try await storage.metadata.put(key("later"), []) }
        #expect(later?.code == .durabilityUnknown)
        let blob = await #expect(throws: StorageError.self) { _ = try await storage.blobs.create(somePrelude) }
        #expect(blob?.code == .durabilityUnknown)
        let checkpoint = await #expect(throws: StorageError.self) { try await storage.checkpoint() }
        #expect(checkpoint?.code == .durabilityUnknown)
        // Reads go on, and do not see what was not acknowledged.
        #expect(try await storage.metadata.value(key("before")) == bytes("kept"))
        #expect(try await storage.metadata.value(key("lost")) == nil)
        await #expect(throws: StorageError.self) { try await storage.close() }

        machine.crash(seed: 3)
        let reopened = try await machine.open(seed: 4)
        #expect(try await reopened.metadata.value(key("before")) == bytes("kept"))
        try await reopened.metadata.put(key("later"), bytes("works"))
        try await reopened.close()
    }

    @Test func failedDirectorySyncOfABlobPoisons() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let writer = try await storage.blobs.create(somePrelude)
        machine.fileSystem.inject(SimulatedFault([.synchronizeDirectory]))
        await #expect(throws: StorageError.self) { _ = try await writer.finish() }
        let next = await #expect(throws: StorageError.self) { try await storage.metadata.put(key("a"), []) }
        #expect(next?.code == .durabilityUnknown)
    }

    /// A blob's own content concerns its own put alone.
    @Test(arguments: [SimulatedOperation.write, .synchronizeData, .create])
    func failedBlobFailsAlone(operation: SimulatedOperation) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        machine.fileSystem.inject(SimulatedFault([operation], pathSuffix: ".blob"))
        await #expect(throws: StorageError.self) {
            let writer = try await storage.blobs.create(somePrelude)
            do {
                try await writer.append(payload(3 << 20))
                _ = try await writer.finish()
            } catch {
                await writer.abort()
                throw error
            }
        }
        try await storage.metadata.put(key("a"), bytes("goes on"))
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        try await storage.close()
    }

    // MARK: Full disks

    @Test func aFullDiskIsFreedByDeleting() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        machine.fileSystem.setCapacity(bytes: 3 << 20)
        var stored: [[UInt8]] = []
        var failure: StorageError?
        while failure == nil, stored.count < 500 {
            do throws(StorageError) {
                let target = key(stored.count)
                let outcome = try await storage.metadata.commit(reads: [target], attachments: [payload(40_000)]) {
                    _ -> Decision<TestRefusal> in
                    .commit([RowMutation(key: target, change: .put(value: [], payload: .attachment(0)))])
                }
                guard case .committed = outcome else { break }
                stored.append(target)
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .diskFull)
        #expect(stored.count > 20)
        for target in stored { #expect(try await storage.metadata.value(target) != nil) }
        // Deleting must go through, and give the space back.
        for target in stored { try await storage.metadata.delete(target) }
        try await storage.settle()
        try await storage.metadata.put(key("again"), [], .attachment(0), attachments: [payload(40_000)])
        #expect(try await storage.metadata.keys() == [key("again")])
        try await storage.close()
    }

    /// What frees space does not always only delete: an object of many parts leaves a note, and an older version
    /// comes in place of a newest one. Such a commit passes where others are refused.
    @Test func aFullDiskTakesWhatFreesIt() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        machine.fileSystem.setCapacity(bytes: 3 << 20)
        func put(_ target: [UInt8], _ size: Int, frees: Bool) async throws {
            let outcome = try await storage.metadata.commit(reads: [target], attachments: [payload(size)]) {
                _ -> Decision<TestRefusal> in
                .commit([RowMutation(key: target, change: .put(value: [], payload: .attachment(0)))], frees: frees)
            }
            guard case .committed = outcome else { throw TestRefusal.exists }
        }
        var failure: StorageError?
        for number in 0..<500 where failure == nil {
            do { try await put(key(number), 40_000, frees: false) } catch { failure = error as? StorageError }
        }
        #expect(failure?.code == .diskFull)
        try await put(key("note"), 600, frees: true)
        let refused = await #expect(throws: StorageError.self) { try await put(key("more"), 600, frees: false) }
        #expect(refused?.code == .diskFull)
        #expect(try await storage.metadata.value(key("note")) == [])
        try await storage.close()
    }

    @Test func aFullDiskRefusesBlobsCleanly() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        machine.fileSystem.setCapacity(bytes: 2 << 20)
        let writer = try await storage.blobs.create(somePrelude)
        let failed = await #expect(throws: StorageError.self) {
            try await writer.append(payload(4 << 20))
            _ = try await writer.finish()
        }
        #expect(failed?.code == .diskFull)
        await writer.abort()
        try await storage.metadata.put(key("a"), bytes("goes on"))
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        try await storage.close()
    }

    @Test func aFailedCheckpointIsRetried() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for number in 0..<40 { try await storage.metadata.put(key(number), bytes("row")) }
        for _ in 0..<3 {
            machine.index.failNextWrite(.diskFull)
            let failed = await #expect(throws: StorageError.self) { try await storage.checkpoint() }
            #expect(failed?.code == .diskFull)
            // Rows of the frozen table are still seen, and writing goes on.
            #expect(try await storage.metadata.keys().count == 40)
            try await storage.metadata.put(key(0), bytes("newer"))
        }
        #expect(try await storage.statistics().checkpointFailure?.code == .diskFull)
        try await storage.checkpoint()
        let statistics = try await storage.statistics()
        #expect(statistics.checkpointFailure == nil)
        #expect(statistics.rows.rows == 40)
        #expect(statistics.appliedLSN == statistics.lastLSN)
        #expect(try await storage.metadata.value(key(0)) == bytes("newer"))
        try await storage.close()
    }

    /// Slices of a checkpoint are in the index, others are not: replay must not count twice.
    @Test(arguments: 0...8)
    func aPartialCheckpointIsAppliedAgain(indexWrites: Int) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        // Slices have 16 rows: four for the first checkpoint, four for the second.
        let storage = try await machine.open(indexWrites: indexWrites)
        for length in [1000, 2000] {
            for number in 0..<64 {
                try await storage.metadata.put(key(number), [], .attachment(0), attachments: [payload(length)])
            }
            do throws(StorageError) {
                try await storage.checkpoint()
            } catch {
                #expect(error.code == .diskFull)
            }
        }
        machine.kill(seed: 9)
        let reopened = try await machine.open(seed: 10)
        try await reopened.checkpoint()
        let statistics = try await reopened.statistics()
        #expect(statistics.rows.rows == 64)
        #expect(statistics.rows.segments.count == 64)
        #expect(statistics.rows.segments.bytes == 64 * 2000)
        #expect(statistics.segments.reduce(0) { $0 + $1.liveBytes } == 64 * 2000)
        #expect(try await reopened.verify(readingBlobs: true).findingCount == 0)
        try await reopened.close()
    }

    // MARK: Opening

    @Test func aSecondOpenerIsRefused() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let refused = await #expect(throws: StorageError.self) { _ = try await machine.open(seed: 2) }
        #expect(refused?.code == .locked)
        try await storage.close()
    }

    /// Dropping every reference ends the threads and frees the lock, and loses nothing.
    @Test func droppingTheStoreFreesIt() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        do {
            let storage = try await machine.open()
            try await storage.metadata.put(key("a"), bytes("kept"))
        }
        machine.reopenIndex()
        for attempt in 0..<1_000 {
            do {
                let storage = try await machine.open(seed: 2)
                #expect(try await storage.metadata.value(key("a")) == bytes("kept"))
                try await storage.close()
                return
            } catch let error as StorageError where error.code == .locked || error.code == .closed {
                // The threads are on their way out.
                machine.reopenIndex()
                try await Task.sleep(for: .milliseconds(min(attempt, 20)))
            }
        }
        Issue.record("the lock was never freed")
    }

    @Test func anotherStoresPartsAreRefused() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.metadata.put(key("a"), [])
        try await storage.close()
        machine.reopenIndex()
        let refused = await #expect(throws: StorageError.self) {
            _ = try await machine.open(storeID: [UInt8](repeating: 8, count: 16))
        }
        #expect(refused?.code == .corrupted)
    }

    @Test func anUnknownCatalogFormatIsRefused() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let stateKey: [UInt8] = [0x00, 0x01]
        let before = try machine.index.storedValue(stateKey)
        var altered = try #require(before)
        altered[0] = 2
        let written = altered
        try machine.index.write { transaction throws(StorageError) in try transaction.put(stateKey, written) }
        let refused = await #expect(throws: StorageError.self) { _ = try await machine.open() }
        #expect(refused?.code == .unsupportedFormat)
        machine.reopenIndex()
        #expect(try machine.index.storedValue(stateKey) == written)
    }

    @Test func aClosedStoreRefusesEverything() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.metadata.put(key("a"), [], .attachment(0), attachments: [payload(5000)])
        let pinned = try #require(try await storage.metadata.pinnedRow(key("a")))
        try await storage.close()
        try await storage.close()
        let errors: [StorageError?] = [
            await #expect(throws: StorageError.self) { try await storage.metadata.put(key("b"), []) },
            await #expect(throws: StorageError.self) { _ = try await storage.metadata.pinnedRow(key("a")) },
            await #expect(throws: StorageError.self) { _ = try await pinned.payloadBytes() },
            await #expect(throws: StorageError.self) { _ = try await storage.blobs.create(somePrelude) },
            await #expect(throws: StorageError.self) { try await storage.checkpoint() },
        ]
        for error in errors { #expect(error?.code == .closed) }
    }
}

extension MemoryIndex {
    func storedValue(_ key: [UInt8]) throws -> [UInt8]? {
        try read { snapshot throws(StorageError) in try snapshot.value(key) }
    }
}
