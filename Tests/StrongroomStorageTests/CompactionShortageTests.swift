import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomStorage

/// Compaction of what is damaged, and where there is no room.
@Suite struct CompactionShortageTests {
    /// A payload that was tampered with is not given a new checksum: it stays where `verify` sees it.
    @Test func damagedRecordsStayAsTheyAre() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await storage.putMixed()
        let statistics = try await storage.statistics()
        let row = try await storage.metadata.rows()[key(40)]
        guard case .segment(let id, let offset, _)? = row?.payload else {
            Issue.record("the payload is in no segment")
            return
        }
        let path = try #require(storage.metadata.core.journal.segments().first { $0.id == id }?.path)
        machine.fileSystem.damage(path, at: offset + 100)
        let refused = await #expect(throws: StorageError.self) { try await storage.compactAll() }
        #expect(refused?.code == .corrupted && refused?.path == path)
        #expect(try await storage.metadata.rows()[key(40)] == row)
        let findings = try await storage.verify(readingBlobs: false).findings
        #expect(findings.contains { $0.error.path == path })
        // The others are done.
        let after = try await storage.statistics()
        #expect(after.segments.filter { !$0.isNewest }.count < statistics.segments.count / 2)
        #expect(after.compaction.failure?.code == .corrupted)
        try await storage.close()
    }

    /// A disk that is full of mixed segments: nothing can be put, and what lives has to be moved with the reserve.
    @Test(arguments: [0, 130, 300] as [UInt64])
    func aFullDiskComesBack(slackKiB: UInt64) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for number in 0..<400 { #expect(try await put(storage, number)) }
        let dead = (0..<400).filter { $0 % 6 != 0 }.map { key($0) }
        try await storage.metadata.commit(dead.map { RowMutation(key: $0, change: .delete) }, reads: dead)
        try await storage.settle()
        let before = try await storage.statistics()
        let usedBytes = before.segments.reduce(before.preparedBytes) { $0 + $1.sizeBytes }
        machine.fileSystem.setCapacity(bytes: usedBytes + slackKiB << 10)
        var first = 0
        while try await put(storage, 1_000 + first) { first += 1 }
        #expect(first < 100)

        let report = try await storage.compactAll()
        #expect(report.freedBytes > usedBytes / 2)
        var second = 0
        while try await put(storage, 2_000 + second) { second += 1 }
        #expect(second > 150)
        for number in stride(from: 0, to: 400, by: 6) {
            let pinned = try await storage.metadata.pinnedRow(key(number))
            #expect(try await pinned?.payloadBytes() == payload(6_000, seed: UInt8(number % 250)))
        }
        // The disk is full again, and deleting works.
        let keys = try await storage.metadata.keys()
        try await storage.metadata.commit(keys.map { RowMutation(key: $0, change: .delete) }, reads: keys)
        try await storage.settle()
        #expect(try await put(storage, 1))
        try await storage.expectSound()
        try await storage.close()
    }

    /// False where the disk is full.
    private func put(_ storage: EmbeddedStorage, _ number: Int) async throws -> Bool {
        do {
            try await storage.metadata.put(
                key(number), [], .attachment(0), attachments: [payload(6_000, seed: UInt8(number % 250))])
            return true
        } catch let error as StorageError where error.code == .diskFull {
            return false
        }
    }
}
