import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// A journal that is damaged in its middle gives back what can be read of it, and says what cannot.
@Suite struct JournalSalvageTests {
    /// Twenty rows, each a commit, none of them in the index.
    private func filled() async throws -> SimulatedMachine {
        let machine = try await SimulatedMachine(seed: 1, options: CatalogRebuildTests.options)
        let storage = try await machine.open()
        for number in 0..<20 {
            try await storage.metadata.put(
                key(number), bytes("row \(number)"), .attachment(0), attachments: [payload(700 + number)])
        }
        let (writer, blob) = try await storage.blobs.finished(payload(9000))
        try await storage.metadata.put(key("blob"), [], .blob(blob.reference))
        writer.leave()
        machine.kill(seed: 1)
        return machine
    }

    private static func segment(_ machine: SimulatedMachine) throws -> FilePath {
        let journal = SimulatedMachine.directory.appending("journal")
        let names = try machine.fileSystem.list(journal).filter { !$0.contains("-") }.sorted()
        return journal.appending(try #require(names.first))
    }

    /// Changes a byte of the first frame that has these bytes.
    static func damage(_ text: String, in machine: SimulatedMachine) throws {
        let path = try segment(machine)
        let contents = machine.fileSystem.contents(of: path)
        let pattern = bytes(text)
        let found = contents.indices.first { contents[$0...].starts(with: pattern) }
        machine.fileSystem.damage(path, at: UInt64(try #require(found)))
    }

    /// Changes a byte of the header of the frame that has these bytes: frames that end a group begin at blocks.
    private static func damageHeader(before text: String, in machine: SimulatedMachine) throws {
        let path = try segment(machine)
        let contents = machine.fileSystem.contents(of: path)
        let pattern = bytes(text)
        let found = try #require(contents.indices.first { contents[$0...].starts(with: pattern) })
        machine.fileSystem.damage(path, at: UInt64(found) & ~4_095)
    }

    private func keys(_ machine: SimulatedMachine) async throws -> Set<[UInt8]> {
        let storage = try await machine.open(seed: 9)
        let keys = Set(try await storage.metadata.keys())
        try await storage.close()
        machine.reopenIndex()
        return keys
    }

    @Test func oneDamagedCommitIsLostAndNamed() async throws {
        let machine = try await filled()
        try Self.damage("row 7", in: machine)
        let refusal = await #expect(throws: StorageError.self) { _ = try await machine.open() }
        #expect(refusal?.code == .corrupted)
        machine.reopenIndex()

        let plan = try machine.repair(isDryRun: true)
        #expect(plan.lostLSNs == [8...8])
        #expect(plan.isLossy)
        #expect(plan.setAside == [])
        let again = await #expect(throws: StorageError.self) { _ = try await machine.open() }
        #expect(again?.code == .corrupted, "a dry run has changed something")
        machine.reopenIndex()

        let report = try machine.repair()
        #expect(report.steps.map(\.kind) == [.journalSalvaged])
        #expect(report.lostLSNs == [8...8])
        let expected = Set((0..<20).filter { $0 != 7 }.map { key($0) } + [key("blob")])
        #expect(try await keys(machine) == expected)
        #expect(try machine.repair().steps == [])
        let storage = try await machine.open(seed: 10)
        let report2 = try await storage.verify(readingBlobs: true)
        #expect(report2.findings.filter { $0.kind != .journal }.map(\.error.description) == [])
        try await storage.metadata.put(key("new"), [])
        #expect(try await storage.metadata.pinnedRow(key(19))?.payloadBytes() == payload(719))
        try await storage.close()
    }

    /// The story: the catalog had every commit, and one payload was in a record that was not whole. `verify` said to
    /// run `repair`, which found nothing to mend, and `compact` said to run `verify`.
    ///
    /// - Parameter isHeader: whether the frame's header is damaged as well, behind which recovery sees no record.
    @Test(arguments: [false, true])
    func whatIsInADamagedRecordIsNamedAndCanBeMovedOut(isHeader: Bool) async throws {
        let machine = try await filled()
        let closed = try await machine.open(seed: 8)
        try await closed.close()
        machine.reopenIndex()
        if isHeader { try Self.damageHeader(before: "row 7", in: machine) }
        try Self.damage("row 7", in: machine)
        let report = try machine.repair()
        #expect(report.steps.map(\.kind) == (isHeader ? [.journalSalvaged] : []) && report.lostLSNs == [])
        #expect(try machine.repair().steps == [])
        let storage = try await machine.open(seed: 10)
        let before = try await storage.verify(readingBlobs: true).findings
        #expect(before.filter { $0.kind == .payload }.map(\.key) == [key(7)], "\(before)")
        // What repair moved into the catalog no image will ever need of the journal.
        #expect(before.count == (isHeader ? 1 : 2) && !before.contains { $0.error.message.contains("run repair") })
        let value = try #require(try await storage.metadata.pinnedRow(key(7))).row.value
        try await storage.metadata.put(key(7), value, .attachment(0), attachments: [payload(707)])
        try await storage.checkpoint()
        _ = try await storage.compact()
        let after = try await storage.verify(readingBlobs: true).findings
        #expect(after.isEmpty, "\(after)")
        #expect(try await storage.metadata.pinnedRow(key(7))?.payloadBytes() == payload(707))
        try await storage.close()
    }

    /// The commit that named the blob is lost: its file is put away, not swept.
    @Test func blobsOfLostCommitsAreSetAside() async throws {
        let machine = try await filled()
        let late = try await machine.open()
        try await late.metadata.put(key("behind"), bytes("behind the blob"))
        machine.kill(seed: 2)
        let name = try #require(try blobFiles(machine.fileSystem, SimulatedMachine.directory).first)
        try Self.damage("blob", in: machine)
        let report = try machine.repair()
        #expect(report.steps.map(\.kind) == [.journalSalvaged, .blobSetAside])
        #expect(report.steps.last?.path == name)
        // And a copy of the segment that could not be read whole.
        #expect(report.setAside.map(\.string) == ["\(name).aside-1", "\(try Self.segment(machine)).aside-1"])
        #expect(try machine.fileSystem.status(try #require(report.setAside.first)) != nil)
        let expected = Set((0..<20).map { key($0) } + [key("behind")])
        #expect(try await keys(machine) == expected)
    }

    @Test func aDamagedCopyOfAHeaderIsWrittenAnew() async throws {
        let machine = try await filled()
        let path = try Self.segment(machine)
        machine.fileSystem.overwrite(path, at: 4096, with: [UInt8](repeating: 0, count: 4096))
        let report = try machine.repair()
        #expect(report.steps.map(\.kind) == [.headerMended])
        #expect(!report.isLossy)
        let header = machine.fileSystem.contents(of: path, count: 8192)
        #expect(Array(header[..<4096]) == Array(header[4096...]))
        #expect(try await keys(machine).count == 21)
    }

    /// Both copies gone, and all of it that they said can be told from the records.
    @Test(arguments: [false, true])
    func aLostHeaderIsMadeAnewFromTheRecords(closes: Bool) async throws {
        let machine = try await filled()
        for life in 0..<3 {
            let storage = try await machine.open(seed: 3 + UInt64(life))
            // Checkpoints, so that segments are recycled and have had an earlier life.
            if life == 1 { try await storage.settle() }
            for number in 0..<12 {
                try await storage.metadata.put(
                    key(100 * life + number), [], .attachment(0), attachments: [payload(9_000)])
            }
            if closes {
                try await storage.close()
                machine.reopenIndex()
            } else {
                machine.kill(seed: 4)
            }
        }
        let expected = try await keys(machine)
        let journal = SimulatedMachine.directory.appending("journal")
        let names = try machine.fileSystem.list(journal).filter { !$0.contains("-") }.sorted()
        #expect(names.count > 1)
        let headers = names.map { machine.fileSystem.contents(of: journal.appending($0), count: 8192) }
        for name in names {
            machine.fileSystem.overwrite(journal.appending(name), at: 0, with: [UInt8](repeating: 0, count: 8192))
        }
        let plan = try machine.repair(isDryRun: true)
        #expect(Set(plan.steps.map(\.kind)) == [.headerMended] && !plan.isLossy)
        let report = try machine.repair()
        #expect(report.steps == plan.steps && report.lostLSNs == [] && report.setAside == [])
        for (name, header) in zip(names, headers).dropFirst() {
            #expect(machine.fileSystem.contents(of: journal.appending(name), count: 8192) == header, "\(name)")
        }
        #expect(try await keys(machine) == expected)
        #expect(try machine.repair().steps == [])
    }

    /// Where a segment's own frames have not begun, those of the file's earlier life are no witnesses.
    @Test func framesOfAnEarlierLifeMakeNoHeader() async throws {
        let machine = try await filled()
        let storage = try await machine.open()
        try await storage.metadata.put(key("kept"), [])
        machine.kill(seed: 3)
        let journal = SimulatedMachine.directory.appending("journal")
        let names = try machine.fileSystem.list(journal).filter { !$0.contains("-") }.sorted()
        #expect(names.count == 2)
        // The second has what the first had, as if it had been the first one's file once.
        let (first, second) = (journal.appending(names[0]), journal.appending(names[1]))
        let earlier = machine.fileSystem.contents(of: first)
        machine.fileSystem.overwrite(second, at: 0, with: [UInt8](repeating: 0, count: 8192) + earlier[8192...])
        let report = try machine.repair()
        #expect(report.isLossy && report.steps.contains { $0.kind == .segmentSetAside && $0.path == second })
        #expect(try await keys(machine).count == 21)
    }

    /// Both copies gone, and the first record: nothing of the segment can be read; what was in the catalog stays.
    @Test func aSegmentWithoutHeaderIsSetAside() async throws {
        let machine = try await filled()
        let storage = try await machine.open()
        try await storage.checkpoint()
        try await storage.metadata.put(key("lost"), [])
        machine.kill(seed: 3)
        let journal = SimulatedMachine.directory.appending("journal")
        for name in try machine.fileSystem.list(journal) where !name.contains("-") {
            machine.fileSystem.overwrite(journal.appending(name), at: 0, with: [UInt8](repeating: 0, count: 8200))
        }
        let report = try machine.repair()
        #expect(report.isLossy)
        #expect(report.steps.contains { $0.kind == .segmentSetAside })
        #expect(report.steps.contains { $0.kind == .journalSalvaged })
        let found = try await keys(machine)
        #expect(found.count == 21 && !found.contains(key("lost")))
        #expect(try machine.repair().steps == [])
    }

    /// Once the end of the log was put away in silence: the segment before it has no seal after a crash, and its end
    /// looked like any other. The lost commits' LSNs were given again, and their blobs swept.
    @Test func aLostEndOfTheLogIsNoTornTail() async throws {
        let machine = try await filled()
        let storage = try await machine.open(seed: 4)
        let (writer, blob) = try await storage.blobs.finished(payload(5000, seed: 2))
        try await storage.metadata.put(key("late"), [], .blob(blob.reference))
        writer.leave()
        machine.kill(seed: 3)
        let journal = SimulatedMachine.directory.appending("journal")
        let segments = try machine.fileSystem.list(journal).filter { !$0.contains("-") }.sorted()
        #expect(segments.count == 2)
        let newest = journal.appending(try #require(segments.last))
        machine.fileSystem.overwrite(newest, at: 0, with: [UInt8](repeating: 0, count: 8200))
        let report = try machine.repair()
        #expect(report.isLossy)
        #expect(Set(report.steps.map(\.kind)) == [.segmentSetAside, .journalSalvaged, .blobSetAside])
        #expect(try await keys(machine).count == 21)
        let again = try await machine.open(seed: 5)
        #expect(try await again.metadata.put(key("new"), []).lsn > 1 << 32)
        #expect(try await again.statistics().segments.allSatisfy { $0.id > 2 || !$0.isNewest })
        try await again.close()
    }

    @Test func anOpenStoreIsNotRepaired() async throws {
        let machine = try await filled()
        let storage = try await machine.open()
        let error = #expect(throws: StorageError.self) { try machine.repair() }
        #expect(error?.code == .locked)
        try await storage.close()
    }
}
