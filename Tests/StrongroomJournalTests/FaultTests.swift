import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@Suite struct FaultTests {
    @Test(arguments: [SimulatedOperation.write, .synchronizeData])
    func theFirstFailurePoisonsUntilReopened(operation: SimulatedOperation) throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let locations = try JournalFixture.fill(journal, through: 4)
        fixture.disk.inject(SimulatedFault([operation], pathSuffix: ".wal"))
        _ = try journal.add(lsn: 5, pieces: [[1]])
        #expect(storageError { () throws(StorageError) in try journal.writeGroup() }?.code == .durabilityUnknown)
        // The disk works again; the journal must not take that for safety.
        #expect(storageError { () throws(StorageError) in try journal.writeGroup() }?.code == .durabilityUnknown)
        #expect(
            storageError { () throws(StorageError) in _ = try journal.add(lsn: 6, pieces: []) }?.code
                == .durabilityUnknown)
        #expect(storageError { () throws(StorageError) in try journal.writeIdleFrame() }?.code == .durabilityUnknown)
        #expect(storageError { () throws(StorageError) in try journal.close() }?.code == .durabilityUnknown)
        let place = locations[2]!
        let body = try journal.reader.read(segmentID: place.segmentID, at: place.bodyOffset, count: 3000)
        #expect(body == JournalFixture.body(2), "reads go on")
        #expect(try fixture.open().journal.lastLSN >= 4)
    }

    /// After a failed sync Linux counts the pages as clean: another process reads the record from the
    /// cache, its sync succeeds, it acknowledges what follows, and the power failure takes both. So
    /// recovery reads from the device.
    @Test func whatAFailedSyncLeftInMemoryIsNotRecovered() throws {
        for seed in 0..<40 as Range<UInt64> {
            var model = try JournalModel(seed: seed)
            try model.commit(3, bodyBytesMaximum: 9000)
            model.disk.inject(SimulatedFault([.synchronizeData], pathSuffix: "1.wal"))
            let error = storageError { () throws(StorageError) in try model.commit(4, bodyBytesMaximum: 9000) }
            #expect(error?.code == .durabilityUnknown)
            try model.reopen(model.disk.kill(seed: seed))
            try model.commit(2, bodyBytesMaximum: 9000)
            try model.crashAndReopen()
        }
    }

    @Test func readErrorsAreNotTheEndOfTheLog() throws {
        var fixture = try JournalFixture()
        let journal = try fixture.open().journal
        try JournalFixture.fill(journal, through: 60)
        fixture.disk = fixture.disk.kill(seed: 1)
        let reads = try { () throws(StorageError) in
            let before = fixture.disk.statistics[.read]
            _ = try fixture.open()
            return fixture.disk.statistics[.read] - before
        }()
        #expect(reads > 4)
        for skips in 0..<reads {
            fixture.disk.inject(SimulatedFault([.read], skips: skips))
            let error = storageError { () throws(StorageError) in _ = try fixture.open() }
            #expect(error?.code == .inputOutput, "read \(skips)")
            fixture.disk.clearFaults()
        }
        #expect(try fixture.open().records.count == 60)
    }

    @Test func aFullDiskStopsWritingAndNothingElse() throws {
        var fixture = try JournalFixture(capacityBytes: 400 << 10)
        var configuration = JournalModel.smallConfiguration()
        configuration.maximumSegmentBytes = 64 << 10
        let journal = try fixture.open(configuration: configuration).journal
        try fillToTheBrim(journal)
        let full = journal.lastLSN
        #expect(full > 20)
        #expect(
            storageError { () throws(StorageError) in _ = try journal.add(lsn: full + 1, pieces: [[1]]) }?.code
                == .diskFull, "and again")
        // A commit that frees space may take the last prepared segment.
        #expect(try journal.add(lsn: full + 1, pieces: [[7]], mayUseReserve: true) != nil)
        try journal.writeGroup()
        // The first segment that comes free becomes the reserve again, the second one serves all.
        let (oldest, second) = (journal.segments()[0], journal.segments()[1])
        try journal.recycle(oldest.id, appliedLSN: second.lastLSN)
        try fillToTheBrim(journal)
        try journal.recycle(second.id, appliedLSN: second.lastLSN)
        try JournalFixture.fill(journal, through: journal.lastLSN + 10)
        let last = journal.lastLSN

        fixture.disk = fixture.disk.crash(seed: 4)
        let opened = try fixture.open(appliedLSN: second.lastLSN, configuration: configuration)
        #expect(opened.journal.lastLSN == last)
        #expect(opened.records[full + 1] == [7])
    }

    @Test func aFullDiskInTheBackgroundIsNoFailureUntilASegmentIsNeeded() throws {
        let fixture = try JournalFixture(capacityBytes: 400 << 10)
        var configuration = JournalModel.smallConfiguration()
        configuration.preparesInBackground = true
        let journal = try fixture.open(configuration: configuration).journal
        try fillToTheBrim(journal)
        fixture.disk.setCapacity(bytes: nil)
        try JournalFixture.fill(journal, through: journal.lastLSN + 100)
        try journal.close()
        #expect(try fixture.open(configuration: configuration).journal.lastLSN == journal.lastLSN)
    }

    private func fillToTheBrim(_ journal: Journal) throws {
        var refusal: StorageError?
        while refusal == nil {
            refusal = storageError { () throws(StorageError) in
                _ = try JournalFixture.fill(journal, through: journal.lastLSN + 2)
            }
        }
        #expect(refusal?.code == .diskFull)
        try journal.writeGroup()
    }
}
