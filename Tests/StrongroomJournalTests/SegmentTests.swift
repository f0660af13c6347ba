import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@Suite struct SegmentTests {
    /// One write and one sync serve a whole group, and no write touches a block of an earlier group.
    @Test func aGroupIsOneWriteAndOneSync() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        try JournalFixture.fill(journal, through: 2)
        let before = fixture.disk.statistics
        var blocks: Set<UInt64> = []
        for lsn in 3...8 as ClosedRange<UInt64> {
            let location = try #require(try journal.add(lsn: lsn, pieces: [[1, 2], [], [3]]))
            blocks.insert(location.bodyOffset / 4096)
        }
        try journal.writeGroup()
        #expect(fixture.disk.statistics[.write] == before[.write] + 1)
        #expect(fixture.disk.statistics[.synchronizeData] == before[.synchronizeData] + 1)
        #expect(fixture.disk.statistics.bytesWritten == before.bytesWritten + 4096)
        #expect(blocks.count == 1)
        let next = try #require(try journal.add(lsn: 9, pieces: []))
        #expect(next.bodyOffset % 4096 == 40)
    }

    @Test func recordsBeyondTheLimitAreRefused() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let longest = [UInt8](repeating: 5, count: journal.maximumBodyBytes)
        #expect(
            storageError { () throws(StorageError) in _ = try journal.add(lsn: 1, pieces: [longest, [1]]) }?.code
                == .limitExceeded)
        for lsn in 1...5 as ClosedRange<UInt64> {
            #expect(try journal.add(lsn: lsn, pieces: [longest]) != nil)
            #expect(try journal.add(lsn: lsn + 1, pieces: [longest]) == nil, "the group is full")
            try journal.writeGroup()
        }
        #expect(try fixture.open().records.values.allSatisfy { $0 == longest })
    }

    @Test func anOrderlyCloseGoesOnInTheSameSegment() throws {
        let fixture = try JournalFixture()
        for round in 1...3 as ClosedRange<UInt64> {
            let opened = try fixture.open()
            #expect(opened.records.count == Int(round - 1) * 2)
            try JournalFixture.fill(opened.journal, through: round * 2)
            try opened.journal.close()
            try opened.journal.close()
            #expect(
                storageError { () throws(StorageError) in _ = try opened.journal.add(lsn: 99, pieces: []) }?.code
                    == .closed)
        }
        #expect(try fixture.open().journal.segments().count == 1)
    }

    /// A close frame is trusted only while it is the last frame. This group behind it lost its first
    /// block in the crash, and a later one of its records stands at a block's start: written over in
    /// place, that record would come back as if it followed the new ones.
    @Test func aTornGroupBehindACloseFrameIsNotWrittenOver() throws {
        for seed in 0..<60 as Range<UInt64> {
            var model = try JournalModel(seed: seed)
            try model.commit(1, bodyBytesMaximum: 10)
            try model.journal.close()
            try model.reopen(model.disk.kill(seed: seed))
            // Each record fills a block, so that every block of the group begins with one.
            for lsn in model.issuedLSN + 1...model.issuedLSN + 6 {
                let body = [UInt8](repeating: UInt8(lsn), count: 4096 - 40)
                _ = try model.journal.add(lsn: lsn, pieces: [body])
                model.issued[lsn] = body
                model.issuedLSN = lsn
            }
            // Written, not synced: power fails before the sync.
            model.disk.failPower(afterMutations: 3)
            _ = storageError { () throws(StorageError) in try model.journal.writeGroup() }
            model.locations = [:]
            var after = model
            after.locations = [:]
            let disk = model.disk.crash(seed: seed)
            try recover(&after, disk)
            try after.commit(1, bodyBytesMaximum: 10)
            try recover(&after, after.disk.crash(seed: seed + 1000))
        }
    }

    private func recover(_ model: inout JournalModel, _ disk: SimulatedFileSystem) throws {
        var places: [UInt64: FrameLocation] = [:]
        var found: [UInt64: [UInt8]] = [:]
        let journal = try Journal.open(
            directory: JournalModel.directory, fileSystem: disk, storeID: JournalModel.storeID, appliedLSN: 0,
            random: SeededRandom(seed: 3, for: disk), configuration: model.configuration
        ) { (location, frame) throws(StorageError) in
            places[frame.lsn] = location
            found[frame.lsn] = frame.body
        }
        for (lsn, body) in found { #expect(model.issued[lsn] == body) }
        #expect(journal.lastLSN >= model.acknowledgedLSN && journal.lastLSN <= model.issuedLSN)
        (model.disk, model.journal, model.locations) = (disk, journal, places)
        model.issued = model.issued.filter { $0.key <= journal.lastLSN }
        model.issuedLSN = journal.lastLSN
        model.acknowledgedLSN = journal.lastLSN
    }

    /// A file that serves again still holds frames of its earlier life: whole, with plausible LSNs,
    /// right where the new log ends. Only the salt tells them apart.
    @Test func recycledFilesBringNothingBack() throws {
        var fixture = try JournalFixture()
        var configuration = JournalModel.smallConfiguration()
        configuration.maximumSegmentBytes = 64 << 10
        configuration.reservedSegments = 0
        let journal = try fixture.open(configuration: configuration).journal
        try JournalFixture.fill(journal, through: 40)
        for segment in journal.segments() where segment.state == .sealed {
            try journal.recycle(segment.id, appliedLSN: 40)
        }
        let before = journal.lastLSN
        // Into a recycled file, but not to its end.
        let recycled = Set(journal.segments().map(\.id))
        while journal.segments().count == recycled.count {
            try JournalFixture.fill(journal, through: journal.lastLSN + 2)
        }
        let last = journal.lastLSN
        #expect(last > before)
        let newest = journal.segments().last!.path
        let stale = fixture.disk.contents(of: newest, at: 32 << 10)
        #expect(stale.contains { $0 != 0 }, "the file must hold an earlier life")
        for seed in 0..<20 as Range<UInt64> {
            var copy = fixture
            copy.disk = fixture.disk.surviving(seed: seed)
            #expect(try copy.open(appliedLSN: 40, configuration: configuration).journal.lastLSN == last)
        }
        fixture.disk = fixture.disk.kill(seed: 1)
        #expect(try fixture.inspect(appliedLSN: 40).findings.isEmpty)
    }

    /// Between the new header of a recycled file and its new name the old name must be durably gone:
    /// else a crash there leaves an old segment's name with another segment's header.
    @Test(arguments: 0..<12)
    func powerMayFailWhileAFileIsRecycled(mutations: Int) throws {
        for seed in 0..<8 as Range<UInt64> {
            var configuration = JournalModel.smallConfiguration()
            configuration.reservedSegments = 0
            var model = try JournalModel(seed: seed, configuration: configuration)
            while model.journal.segments().count < 3 { try model.commit(1, bodyBytesMaximum: 40_000) }
            model.appliedLSN = model.acknowledgedLSN
            let oldest = model.journal.segments()[0].id
            try model.journal.recycle(oldest, appliedLSN: model.appliedLSN)
            let count = model.journal.segments().count
            // Up to the brink of the next segment, which will be the recycled file.
            while true {
                let body = [UInt8](repeating: 1, count: 20_000)
                model.issued[model.issuedLSN + 1] = body
                let before = model.disk.statistics[.synchronizeDirectory]
                model.disk.failPower(afterMutations: model.journal.segments().count == count ? mutations : 0)
                model.issuedLSN += 1
                let error = storageError { () throws(StorageError) in
                    _ = try model.journal.add(lsn: model.issuedLSN, pieces: [body])
                    try model.journal.writeGroup()
                }
                if error != nil || model.disk.statistics[.synchronizeDirectory] != before { break }
                model.acknowledgedLSN = model.issuedLSN
            }
            model.locations = [:]
            try model.reopen(model.disk.crash(seed: seed))
        }
    }

    /// LSNs that were cut off are given out again, with other contents.
    @Test func truncatedRecordsStayGone() throws {
        for seed in 0..<40 as Range<UInt64> {
            var model = try JournalModel(seed: seed)
            try model.commit(2, bodyBytesMaximum: 100)
            for _ in 0..<4 {
                model.disk.failPower(afterMutations: Int.random(in: 0...8, using: &model.generator))
                _ = storageError { () throws(StorageError) in try model.commit(7, bodyBytesMaximum: 9000) }
                try model.reopen(model.disk.crash(seed: model.generator.next()))
                try model.commit(1, bodyBytesMaximum: 50)
                try model.crashAndReopen()
            }
        }
    }

    @Test func segmentsDoubleAndSparesAreBounded() throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        try JournalFixture.fill(journal, through: 150)
        let segments = journal.segments()
        #expect(segments[0].sizeBytes == 64 << 10)
        #expect(segments.last!.sizeBytes == 128 << 10)
        #expect(segments.map(\.lsnBefore).dropFirst() == segments.map(\.lastLSN).dropLast())
        for segment in segments.dropLast() { try journal.recycle(segment.id, appliedLSN: 150) }
        let names = try fixture.disk.list(JournalFixture.directory)
        #expect(names.count { $0.hasPrefix("spare-") } <= 4)
        #expect(journal.segments().map(\.id) == [segments.last!.id])
        #expect(
            storageError { () throws(StorageError) in try journal.recycle(77, appliedLSN: 150) }?.code == .notFound)
    }

    /// The story: a store was made with small segments and opened with larger ones. The old files were recycled as
    /// they were, and the next long record was written past the end of one: acknowledged, and refused as damage
    /// when the store was opened again.
    @Test func smallFilesOfAnEarlierOpeningServeNoLongRecords() throws {
        var fixture = try JournalFixture()
        let small = try fixture.open().journal
        try JournalFixture.fill(small, through: 100)
        try small.close()

        var configuration = JournalModel.smallConfiguration()
        configuration.initialSegmentBytes = 256 << 10
        configuration.maximumSegmentBytes = 512 << 10
        configuration.groupLimitBytes = 256 << 10
        configuration.reservedSegments = 0
        let journal = try fixture.open(appliedLSN: 100, configuration: configuration).journal
        for segment in journal.segments() where segment.state == .sealed {
            try #require(segment.sizeBytes < configuration.initialSegmentBytes)
            try journal.recycle(segment.id, appliedLSN: 100)
        }
        let longest = [UInt8](repeating: 7, count: journal.maximumBodyBytes)
        for lsn in 101...106 as ClosedRange<UInt64> {
            #expect(try journal.add(lsn: lsn, pieces: [longest]) != nil)
            try journal.writeGroup()
        }
        fixture.disk = fixture.disk.crash(seed: 1)
        let records = try fixture.open(appliedLSN: 100, configuration: configuration).records
        #expect(records.keys.sorted() == Array(101...106))
        #expect(records.values.allSatisfy { $0 == longest })
        #expect(try fixture.inspect(appliedLSN: 100).findings.map(\.description) == [])
    }

    @Test func readersKeepFewDescriptorsAndSeeEverySegment() async throws {
        let fixture = try JournalFixture()
        var configuration = JournalModel.smallConfiguration()
        configuration.readDescriptorsMaximum = 2
        let journal = try fixture.open(configuration: configuration).journal
        let locations = try JournalFixture.fill(journal, through: 80)
        let pool = IOThreadPool(threadCount: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (lsn, location) in locations {
                group.addTask {
                    let body = try await pool.run { () throws(StorageError) in
                        try journal.reader.read(
                            segmentID: location.segmentID, at: location.bodyOffset, count: 3000)
                    }
                    #expect(body == JournalFixture.body(lsn))
                }
            }
            try await group.waitForAll()
        }
        await pool.shutDown()
        let past = storageError { () throws(StorageError) in
            _ = try journal.reader.read(segmentID: 1, at: 65_000, count: 3000)
        }
        #expect(past?.code == .corrupted)
    }

    /// The real file system, with the thread that prepares segments.
    @Test func worksOnPosix() throws {
        let system = PosixFileSystem()
        let directory = FilePath("/tmp/strongroom-journal-\(UInt64.random(in: 0 ... .max))")
        try system.createDirectory(directory)
        defer {
            for name in (try? system.list(directory)) ?? [] { try? system.remove(directory.appending(name)) }
            try? system.removeDirectory(directory)
        }
        var configuration = JournalModel.smallConfiguration()
        configuration.preparesInBackground = true
        for round in 1...3 as ClosedRange<UInt64> {
            var records = 0
            let journal = try Journal.open(
                directory: directory, fileSystem: system, storeID: JournalFixture.storeID, appliedLSN: 0,
                random: CountingRandom(), configuration: configuration
            ) { (_, frame) throws(StorageError) in
                #expect(frame.body == JournalFixture.body(frame.lsn))
                records += 1
            }
            #expect(records == Int(round - 1) * 100)
            try JournalFixture.fill(journal, through: round * 100)
            if round != 2 { try journal.close() }
        }
    }
}

/// Salts that need not be secret, and here not even random.
private struct CountingRandom: RandomSource {
    func fill(_ buffer: inout MutableRawSpan) {
        for index in 0..<buffer.byteCount {
            buffer.storeBytes(of: UInt8.random(in: 0...255), toByteOffset: index, as: UInt8.self)
        }
    }
}
