import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// `verify` finds each kind of damage, names the place, and finds none where there is none.
@Suite struct VerificationTests {
    private func filled() async throws -> (SimulatedMachine, EmbeddedStorage, BlobReference) {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for number in 0..<30 {
            try await storage.metadata.put(
                key(number), bytes("row"), .attachment(0), attachments: [payload(number * 100)])
        }
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("blob"), [], .blob(blob.reference))
        writer.leave()
        try await storage.checkpoint()
        try await storage.metadata.put(key("late"), [])
        return (machine, storage, blob.reference)
    }

    private func blobPath(_ machine: SimulatedMachine) throws -> FilePath {
        try #require(try blobFiles(machine.fileSystem, SimulatedMachine.directory).first)
    }

    @Test func aSoundStoreHasNoFindings() async throws {
        let (_, storage, _) = try await filled()
        let report = try await storage.verify(readingBlobs: true)
        #expect(report.findings.map(\.error.description) == [])
        #expect(report.rowCount == 32)
        #expect(report.blobCount == 1)
        #expect(report.hashedBytes == 9000)
        #expect(report.recordCount == 32)
        try await storage.close()
    }

    @Test func damagedBlobsAreNamed() async throws {
        let (machine, storage, _) = try await filled()
        let path = try blobPath(machine)
        machine.fileSystem.damage(path, at: 4096 + 1234)
        #expect(try await storage.verify(readingBlobs: false).findingCount == 0)
        let report = try await storage.verify(readingBlobs: true)
        #expect(report.findings.map(\.error.path) == [path])
        #expect(report.findings.first?.key == key("blob"))
        #expect(report.findings.first?.kind == .payload)
        try await storage.close()
    }

    @Test(arguments: [0, 4096 + 9000 + 20])
    func damagedEndsOfBlobsAreFoundWithoutReading(offset: Int) async throws {
        let (machine, storage, reference) = try await filled()
        let path = try blobPath(machine)
        machine.fileSystem.damage(path, at: UInt64(offset))
        let report = try await storage.verify(readingBlobs: false)
        #expect(report.findings.map(\.error.path) == [path])
        let error = await #expect(throws: StorageError.self) {
            _ = try await storage.blobs.open(reference, expecting: somePrelude)
        }
        #expect(error?.code == .corrupted)
        try await storage.close()
    }

    @Test func missingAndForeignBlobFilesAreNamed() async throws {
        let (machine, storage, _) = try await filled()
        let path = try blobPath(machine)
        let foreign = path.removingLastComponent().appending(String(repeating: "ab", count: 16) + ".blob")
        try machine.fileSystem.rename(path, to: foreign)
        let report = try await storage.verify(readingBlobs: false)
        #expect(Set(report.findings.map(\.kind)) == [.payload, .orphan])
        #expect(Set(report.findings.map(\.error.path)) == [path, foreign])
        #expect(try await storage.sweepBlobs() == 1)
        try await storage.close()
    }

    @Test func wrongCountersAreFound() async throws {
        let (machine, storage, _) = try await filled()
        // A row that no checkpoint counted.
        try machine.index.write { transaction throws(StorageError) in try transaction.put(key("smuggled"), [0]) }
        let report = try await storage.verify(readingBlobs: false)
        #expect(report.findings.map(\.kind) == [.catalog])
        try await storage.close()
    }

    @Test func damagedRowsAreNamed() async throws {
        let (machine, storage, _) = try await filled()
        try machine.index.write { transaction throws(StorageError) in try transaction.put(key(7), [99]) }
        let report = try await storage.verify(readingBlobs: false)
        #expect(report.findings.contains { $0.key == key(7) && $0.error.code == .corrupted })
        let error = await #expect(throws: StorageError.self) { _ = try await storage.metadata.pinnedRow(key(7)) }
        #expect(error?.code == .corrupted)
        try await storage.close()
    }
}
