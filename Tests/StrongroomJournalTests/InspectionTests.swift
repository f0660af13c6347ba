import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import Testing

/// Looking through a journal that is being written to.
@Suite struct InspectionTests {
    private func inspect(
        _ fixture: JournalFixture, upTo extent: JournalExtent,
        _ visit: (UInt64) throws(StorageError) -> Void = { _ throws(StorageError) in }
    ) throws(StorageError) -> JournalReport {
        try Journal.inspect(
            directory: JournalFixture.directory, fileSystem: fixture.disk, storeID: JournalFixture.storeID,
            appliedLSN: 0, upTo: extent
        ) { (_, frame) throws(StorageError) in try visit(frame.lsn) }
    }

    /// The story: the last segment that was listed at the start counted as the newest, so its seal named a
    /// successor that was "missing", and LSNs of the next groups were "damaged".
    @Test func itEndsWhereTheJournalEndedWhenItBegan() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        try JournalFixture.fill(journal, through: 30)
        let extent = journal.extent()
        var visited: [UInt64] = []
        let report = try inspect(fixture, upTo: extent) { (lsn) throws(StorageError) in
            visited.append(lsn)
            try JournalFixture.fill(journal, through: journal.lastLSN + 6)
        }
        #expect(report.findings.map(\.description) == [])
        #expect(visited == Array(1...30))
        #expect(report.segments.map(\.id) == extent.segmentIDs)
        #expect(journal.segments().count > extent.segmentIDs.count + 3)
    }

    /// A group that is gathered and not yet written is no part of it.
    @Test func theExtentIsWhatIsDurable() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        #expect(journal.extent().segmentIDs == [])
        try JournalFixture.fill(journal, through: 4)
        _ = try journal.add(lsn: 5, pieces: [[1]])
        #expect(journal.extent().lastLSN == 4)
        #expect(try inspect(fixture, upTo: journal.extent()).findings.isEmpty)
        try journal.writeGroup()
        #expect(journal.extent().lastLSN == 5)
    }

    /// What is known to be durable is no torn tail, were it the last group of the newest segment.
    @Test func damageBeforeTheExtentIsFoundAndBehindItIsNot() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let places = try JournalFixture.fill(journal, through: 10)
        let extent = journal.extent()
        let later = try JournalFixture.fill(journal, through: 14)
        fixture.disk.damage(JournalFixture.path(1), at: later[11]!.bodyOffset)
        #expect(try inspect(fixture, upTo: extent).findings.isEmpty)
        #expect(try inspect(fixture, upTo: journal.extent()).findings.map(\.offset) == [later[11]!.bodyOffset - 40])
        fixture.disk.damage(JournalFixture.path(1), at: places[10]!.bodyOffset)
        #expect(try inspect(fixture, upTo: extent).findings.map(\.offset) == [places[10]!.bodyOffset - 40])
    }

    @Test(arguments: [1, 2, 5] as [UInt64])
    func aSegmentThatIsGoneIsFound(id: UInt64) throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        while journal.segments().count < 5 { try JournalFixture.fill(journal, through: journal.lastLSN + 2) }
        try fixture.disk.remove(JournalFixture.path(id))
        let report = try inspect(fixture, upTo: journal.extent())
        #expect(report.findings.contains { $0.path == JournalFixture.path(id) && $0.code == .corrupted })
    }

    /// The story: files that could not be opened for want of descriptors were reported as damaged.
    @Test(arguments: [0, 3])
    func aLackOfDescriptorsIsNoFinding(skips: Int) throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        while journal.segments().count < 3 { try JournalFixture.fill(journal, through: journal.lastLSN + 2) }
        fixture.disk.inject(SimulatedFault([.open], skips: skips, code: .descriptorLimit))
        let error = storageError { () throws(StorageError) in _ = try inspect(fixture, upTo: journal.extent()) }
        #expect(error?.code == .descriptorLimit)
        #expect(try inspect(fixture, upTo: journal.extent()).findings.isEmpty)
    }
}
