import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomStorage

/// Space comes back, and not before nobody can read it any more.
@Suite struct ReclaimTests {
    @Test func deadSegmentsAreRecycled() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for round in 0..<20 {
            for number in 0..<4 {
                try await storage.metadata.put(
                    key(number), [], .attachment(0), attachments: [payload(50_000, seed: UInt8(round))])
            }
            try await storage.checkpoint()
        }
        try await storage.settle()
        // 4 MB were written; 200 kB live.
        let statistics = try await storage.statistics()
        #expect(statistics.segments.reduce(0) { $0 + $1.liveBytes } == 200_000)
        #expect(statistics.segments.reduce(0) { $0 + $1.sizeBytes } <= 1 << 20)
        for number in 0..<4 {
            let pinned = try await storage.metadata.pinnedRow(key(number))
            #expect(try await pinned?.payloadBytes() == payload(50_000, seed: 19))
        }
        #expect(try await storage.verify(readingBlobs: true).findingCount == 0)
        try await storage.close()
    }

    /// Without the pin the segment would be overwritten and the payload be another's.
    @Test func aPinnedRowKeepsItsSegment() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.metadata.put(key("a"), [], .attachment(0), attachments: [payload(60_000, seed: 1)])
        var pinned = try await storage.metadata.pinnedRow(key("a"))
        guard case .segment(let id, _, _)? = pinned?.row.payload else {
            Issue.record("the payload is in no segment")
            return
        }
        for round in 0..<30 {
            try await storage.metadata.put(
                key("a"), [], .attachment(0), attachments: [payload(60_000, seed: UInt8(2 + round))])
            try await storage.checkpoint()
        }
        try await storage.settle()
        #expect(try await storage.statistics().segments.contains { $0.id == id })
        #expect(try await pinned?.payloadBytes() == payload(60_000, seed: 1))
        pinned = nil
        try await storage.settle()
        #expect(try await storage.statistics().segments.contains { $0.id == id } == false)
        #expect(try await storage.statistics().readerCount == 0)
        try await storage.close()
    }

    @Test func aPinnedRowKeepsItsBlob() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("a"), [], .blob(blob.reference))
        writer.leave()
        var pinned = try await storage.metadata.pinnedRow(key("a"))
        try await storage.metadata.delete(key("a"))
        try await storage.settle()
        #expect(try machine.blobFileCount() == 1)
        let reader = try await storage.blobs.open(blob.reference, expecting: somePrelude)
        #expect(pinned?.lsn == 1)
        pinned = nil
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        #expect(try await reader.read(at: 0, count: 9000) == payload(9000))
        try await storage.close()
    }

    /// The trash outlives a process: what was not unlinked before the crash is unlinked after it.
    @Test func trashIsReapedAfterReopening() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("a"), [], .blob(blob.reference))
        writer.leave()
        try await storage.metadata.delete(key("a"))
        machine.crash(seed: 5)
        let reopened = try await machine.open(seed: 6)
        #expect(try machine.blobFileCount() == 1)
        try await reopened.settle()
        #expect(try machine.blobFileCount() == 0)
        try await reopened.close()
    }

    /// The story: a process that died right after a checkpoint left nothing to replay, and only moved rows made
    /// the next process look for what is free. Dead segments and unlinked blobs stayed until somebody wrote.
    @Test func whatACheckpointMadeFreeIsFreedByTheNextProcess() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("a"), [], .blob(blob.reference))
        writer.leave()
        for number in 0..<8 {
            try await storage.metadata.put(key(number), [], .attachment(0), attachments: [payload(60_000)])
        }
        // Somebody reads until the process dies, so that all stays.
        let pinned = try await storage.metadata.pinnedRow(key("a"))
        for target in try await storage.metadata.keys() { try await storage.metadata.delete(target) }
        try await storage.settle()
        let before = try await storage.statistics()
        #expect(before.segments.count > 2 && before.lastLSN == before.appliedLSN)
        withExtendedLifetime(pinned) { machine.kill(seed: 2) }

        let reopened = try await machine.open(seed: 3)
        #expect(try machine.blobFileCount() == 1)
        #expect(try await reopened.statistics().memtableRowCount == 0)
        try await reopened.checkpoint()
        #expect(try machine.blobFileCount() == 0)
        // The one that ended the log, and perhaps one that the removal of the trash row began.
        #expect(try await reopened.statistics().segments.count <= 2)
        try await reopened.close()
    }

    @Test func openingSweepsWhatNobodyCommitted() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let (kept, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("a"), [], .blob(blob.reference))
        kept.leave()
        let (_, uncommitted) = try await storage.blobs.finished(payload(9000))
        #expect(try machine.blobFileCount() == 2)
        // A sweep beside a writer leaves its file alone, and a checkpoint does not seal its epoch.
        #expect(try await storage.sweepBlobs() == 0)
        try await storage.settle()
        machine.crash(seed: 5)
        let reopened = try await machine.open(seed: 6)
        #expect(try machine.blobFileCount() == 1)
        _ = try await reopened.blobs.open(blob.reference, expecting: somePrelude)
        await #expect(throws: StorageError.self) {
            _ = try await reopened.blobs.open(uncommitted.reference, expecting: somePrelude)
        }
        try await reopened.close()
    }

    /// The story: a checkpoint had begun when power failed under a commit. The writer was told that the
    /// outcome is unknown and let go of its file; the checkpoint then took the file's epoch for one in which
    /// everything is committed and sealed it, so that no opening ever swept the file.
    @Test func aCheckpointDoesNotSealWhatALostCommitLeft() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let index = GatedIndex(machine.index)
        let storage = try await machine.open(index: index, fileSystem: machine.fileSystem)
        try await storage.metadata.put(key("a"), bytes("kept"))
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        index.gate.arm()
        let checkpoint = Task { try await storage.checkpoint() }
        await index.gate.waitUntilHeld()

        machine.fileSystem.inject(SimulatedFault([.synchronizeData], pathSuffix: ".wal"))
        let lost = await #expect(throws: StorageError.self) {
            try await storage.metadata.commit(
                [RowMutation(key: key("b"), change: .put(value: [], payload: .blob(blob.reference)))])
        }
        #expect(lost?.code == .durabilityUnknown)
        writer.leave()
        index.gate.letGo()
        await #expect(throws: StorageError.self) { try await checkpoint.value }

        machine.crash(seed: 4)
        let reopened = try await machine.open(seed: 6)
        #expect(try await reopened.metadata.keys() == [key("a")])
        #expect(try machine.blobFileCount() == 0)
        try await reopened.close()
    }

    /// The story: a process had unlinked the file of a blob given up and died before it synced the folder. The next
    /// one found no file to sweep, sealed the epoch with its checkpoint, and a power failure later brought the file
    /// back where nobody sweeps any more.
    @Test(arguments: [true, false])
    func aRemovalThatNobodySyncedIsMadeDurableByTheNextProcess(inFolderThatStays: Bool) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let (writer, _) = try await storage.blobs.finished(payload(9000))
        if inFolderThatStays {
            let (kept, blob) = try await storage.blobs.finished(payload(9000))
            try await storage.metadata.put(key("a"), [], .blob(blob.reference))
            kept.leave()
        }
        // The folder cannot be opened to be synced; then the process dies.
        machine.fileSystem.inject(SimulatedFault([.synchronizeDirectory], failures: nil, code: .descriptorLimit))
        await writer.abort()
        #expect(try machine.blobFileCount() == (inFolderThatStays ? 1 : 0))
        machine.kill(seed: 2)

        let second = try await machine.open(seed: 3)
        try await second.metadata.put(key("b"), [])
        try await second.settle()
        machine.crash(PowerFailure(survivingChanges: 0), keepingInFlight: false)
        let third = try await machine.open(seed: 5)
        #expect(try machine.blobFileCount() == (inFolderThatStays ? 1 : 0))
        try await third.close()
    }

    /// The story: a checkpoint had removed the file of a blob just given up when the writer's own attempt failed,
    /// because power was going; that failure was taken for proof that the file was still there, and trapped.
    @Test func aCheckpointMayRemoveAnAbandonedFileFirst() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let writer = try await storage.blobs.create(somePrelude)
        try await writer.append(payload(9000))
        let files = storage.blobs.files
        files.registry.abandon(try #require(writer as? FileBlobWriter).name)
        try await storage.metadata.put(key("a"), [])
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        machine.fileSystem.inject(SimulatedFault([.remove, .status], failures: nil))
        await writer.abort()
        machine.fileSystem.clearFaults()
        try await storage.close()
    }

    /// A writer that is dropped in the middle, as by a cancelled task, leaves nothing for ever.
    @Test func droppedWritersAreCleanedUp() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        do {
            let writer = try await storage.blobs.create(somePrelude)
            try await writer.append(payload(2 << 20))
        }
        try await storage.checkpoint()
        #expect(try machine.blobFileCount() == 0)
        try await storage.close()
    }
}
