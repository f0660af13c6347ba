import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// Folders of blob epochs come and go with their files, in a store that runs for years.
///
/// The story: only the opening of a store removed empty folders, and only young ones. A store that kept running
/// while its objects came and went had one more folder after each checkpoint, for ever.
@Suite struct EpochFolderTests {
    private static let blobs = SimulatedMachine.directory.appending("blobs")

    private func folders(_ machine: SimulatedMachine) throws -> [String] {
        try machine.fileSystem.list(Self.blobs).sorted()
    }

    private func putBlob(_ storage: EmbeddedStorage, _ name: String) async throws {
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key(name), [], .blob(blob.reference))
        writer.leave()
    }

    @Test func foldersGoWithTheirLastFile() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for round in 0..<5 {
            try await putBlob(storage, "a \(round)")
            try await putBlob(storage, "b \(round)")
            try await storage.checkpoint()
        }
        #expect(try folders(machine).count == 5)
        for round in 0..<5 where round != 2 {
            try await storage.metadata.delete(key("a \(round)"))
            try await storage.metadata.delete(key("b \(round)"))
        }
        try await storage.metadata.delete(key("a 2"))
        try await storage.settle()
        #expect(try folders(machine).count == 1, "one has a file left")
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        try await storage.metadata.delete(key("b 2"))
        try await storage.settle()
        #expect(try folders(machine) == [])
        // Durably: whenever power fails from now on.
        for seed in 0..<10 as Range<UInt64> {
            #expect(try machine.fileSystem.surviving(seed: seed).list(Self.blobs) == [])
        }
        try await putBlob(storage, "later")
        try await storage.close()
        machine.reopenIndex()
        let reopened = try await machine.open()
        #expect(try await reopened.verify(readingBlobs: true).blobCount == 1)
        try await reopened.close()
    }

    @Test func theCurrentEpochKeepsItsFolder() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        await (try storage.blobs.create(somePrelude)).abort()
        // Cleans up, and has no rows to move for which an epoch would end.
        try await storage.checkpoint()
        #expect(try folders(machine).count == 1)
        #expect(try machine.blobFileCount() == 0)
        try await putBlob(storage, "in the same folder")
        #expect(try folders(machine).count == 1)
        await (try storage.blobs.create(somePrelude)).abort()
        try await storage.metadata.delete(key("in the same folder"))
        try await storage.settle()
        #expect(try folders(machine) == [])
        try await storage.close()
    }

    /// A file is entered before it exists: between the two its epoch may have ended, and its folder be empty.
    @Test func aFolderThatAFileIsOnItsWayToStays() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let files = GatedFileSystem(machine.fileSystem, opening: ".blob")
        let storage = try await machine.open(fileSystem: files)
        try await putBlob(storage, "beside it")
        files.gate.arm()
        let creation = Task { try await storage.blobs.create(somePrelude) }
        await files.gate.waitUntilHeld()
        try await storage.metadata.delete(key("beside it"))
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        #expect(try folders(machine).count == 1)

        files.gate.letGo()
        let writer = try await creation.value
        let blob = try await writer.finish()
        try await storage.metadata.put(key("late"), [], .blob(blob.reference))
        writer.leave()
        try await storage.settle()
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])
        #expect(try machine.blobFileCount() == 1)
        try await storage.metadata.delete(key("late"))
        try await storage.settle()
        #expect(try folders(machine) == [])
        try await storage.close()
    }

    @Test func aFolderThatCannotBeRemovedIsTriedAgain() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await putBlob(storage, "a")
        let folder = try #require(try folders(machine).first)
        machine.fileSystem.inject(SimulatedFault([.remove], pathSuffix: folder, code: .permissionDenied))
        try await storage.metadata.delete(key("a"))
        try await storage.checkpoint()
        #expect(try await storage.statistics().cleanUpFailure?.code == .permissionDenied)
        #expect(try folders(machine) == [folder])
        try await storage.settle()
        #expect(try await storage.statistics().cleanUpFailure == nil)
        #expect(try folders(machine) == [])
        try await storage.close()
    }

    /// The story: the first checkpoint after an opening tried to remove every folder that there was, before it ended.
    @Test func whatAnOpeningHasFoundIsLookedAtByAndBy() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for round in 0..<150 {
            try await putBlob(storage, "\(round)")
            try await storage.checkpoint()
        }
        let names = try folders(machine)
        #expect(names.count == 150)
        for round in 0..<150 { try await storage.metadata.delete(key("\(round)")) }
        try await storage.settle()
        try await storage.close()
        machine.reopenIndex()
        #expect(try folders(machine) == [])
        for name in names { try machine.fileSystem.createDirectory(Self.blobs.appending(name)) }
        let reopened = try await machine.open()
        for left in [86, 22, 0] {
            try await reopened.checkpoint()
            #expect(try folders(machine) == names.suffix(left))
        }
        try await reopened.close()
    }

    /// A crash may come after the last file is gone and before its folder is.
    @Test func openingFindsEmptyFoldersOfSealedEpochs() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await putBlob(storage, "a")
        let folder = try #require(try folders(machine).first)
        try await storage.metadata.delete(key("a"))
        try await storage.settle()
        try await storage.close()
        machine.reopenIndex()
        try machine.fileSystem.createDirectory(Self.blobs.appending(folder))
        let reopened = try await machine.open()
        #expect(try folders(machine) == [folder], "the epoch is sealed: no opening sweeps it")
        try await reopened.checkpoint()
        #expect(try folders(machine) == [])
        try await reopened.close()
    }
}
