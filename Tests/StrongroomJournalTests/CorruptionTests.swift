import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

/// Bytes of a frame that damage can hit: each header field, and the body.
enum FramePart: Int, CaseIterable {
    case bodyLength = 0
    case bodyChecksum = 4
    case lsn = 8
    case syncedLSN = 16
    case salt = 24
    case type = 32
    case flags = 34
    case headerChecksum = 36
    case body = 1040
}

@Suite struct CorruptionTests {
    /// Ten records in five groups, in one segment; the process was killed.
    private func killed(
        idle: Bool = false, closed: Bool = false
    ) throws -> (JournalFixture, [UInt64: FrameLocation]) {
        var fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let locations = try JournalFixture.fill(journal, through: 10)
        if idle { try journal.writeIdleFrame() }
        if closed { try journal.close() }
        fixture.disk = fixture.disk.kill(seed: 2)
        return (fixture, locations)
    }

    private func damage(_ fixture: JournalFixture, _ location: FrameLocation, _ part: FramePart) -> UInt64 {
        let start = location.bodyOffset - 40
        fixture.disk.damage(JournalFixture.path(location.segmentID), at: start + UInt64(part.rawValue), mask: 0x10)
        return start
    }

    @Test(arguments: FramePart.allCases, [1, 2, 5, 6, 8] as [UInt64])
    func damageBeforeTheLastGroupIsRefusedWithItsPlace(part: FramePart, lsn: UInt64) throws {
        let (fixture, locations) = try killed()
        let start = damage(fixture, locations[lsn]!, part)
        let before = try fixture.snapshot()
        let error = storageError { () throws(StorageError) in _ = try fixture.open() }
        #expect(error?.code == .corrupted)
        #expect(error?.path == JournalFixture.path(1))
        #expect(error?.offset == start)
        #expect(try fixture.snapshot() == before, "a refused opening changes nothing")

        let report = try fixture.inspect()
        #expect(report.findings.first?.offset == start)
        #expect(report.segments.first?.lastLSN == 10, "inspection goes on behind the damage")
    }

    @Test(arguments: FramePart.allCases, [9, 10] as [UInt64])
    func damageInTheLastGroupIsATornTail(part: FramePart, lsn: UInt64) throws {
        let (fixture, locations) = try killed()
        _ = damage(fixture, locations[lsn]!, part)
        #expect(try fixture.inspect().findings.isEmpty)
        let opened = try fixture.open()
        #expect(opened.journal.lastLSN == lsn - 1)
        #expect(Set(opened.records.keys) == Set(1..<lsn))
        // What is written next stands in a new segment, and both are read from then on.
        try JournalFixture.fill(opened.journal, through: 14)
        #expect(try fixture.open().records.count == 14)
        #expect(opened.journal.segments().count == 2)
    }

    @Test(arguments: FramePart.allCases, [false, true])
    func promisesMakeDamageInTheLastGroupCorruption(part: FramePart, closed: Bool) throws {
        let (fixture, locations) = try killed(idle: !closed, closed: closed)
        let start = damage(fixture, locations[10]!, part)
        let error = storageError { () throws(StorageError) in _ = try fixture.open() }
        #expect(error?.code == .corrupted)
        #expect(error?.offset == start)
    }

    @Test(arguments: FramePart.allCases)
    func theCatalogIsAPromiseToo(part: FramePart) throws {
        let (fixture, locations) = try killed()
        let start = damage(fixture, locations[10]!, part)
        let applied = storageError { () throws(StorageError) in _ = try fixture.open(appliedLSN: 10) }
        let contained = storageError { () throws(StorageError) in
            _ = try fixture.open(appliedLSN: 4, containedLSN: 10)
        }
        #expect(contained?.code == .corrupted && contained?.offset == start)
        // A body that the catalog has already is hopped over, not read.
        #expect(applied?.code == (part == .body || part == .bodyChecksum ? nil : .corrupted) || part == .bodyChecksum)
    }

    /// Five segments; the third one's last record is damaged. Only the newest may be torn.
    @Test(arguments: FramePart.allCases)
    func olderSegmentsAreNeverTorn(part: FramePart) throws {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let locations = try JournalFixture.fill(journal, through: 60)
        let third = locations.filter { $0.value.segmentID == 3 }
        let last = third.max { $0.key < $1.key }!
        #expect(journal.segments().count >= 4)
        let start = damage(fixture, last.value, part)
        let error = storageError { () throws(StorageError) in _ = try fixture.open() }
        #expect(error?.code == .corrupted)
        #expect(error?.path == JournalFixture.path(3))
        #expect(error?.offset == start)
        // With its records in the catalog the segment is not read at all.
        #expect(try fixture.open(appliedLSN: last.key).journal.lastLSN == 60)
    }

    @Test func aMissingSegmentIsSeen() throws {
        let fixture = try JournalFixture()
        try JournalFixture.fill(try fixture.open().journal, through: 60)
        let names = try fixture.disk.list(JournalFixture.directory).filter { !$0.contains("-") }.sorted()
        for name in names {
            let copy = JournalFixture.directory.appending(name)
            let away = JournalFixture.directory.appending("away-\(name)")
            try fixture.disk.rename(copy, to: away)
            let error = storageError { () throws(StorageError) in _ = try fixture.open() }
            #expect(error?.code == .corrupted, "without \(name)")
            #expect(error?.message.contains("missing") == true)
            #expect(try !fixture.inspect().findings.isEmpty)
            try fixture.disk.rename(away, to: copy)
        }
        #expect(try fixture.open().records.count == 60)
    }

    @Test func aJournalThatIsGoneIsSeen() throws {
        let fixture = try JournalFixture()
        #expect(storageError { () throws(StorageError) in _ = try fixture.open(appliedLSN: 1) }?.code == .corrupted)
        #expect(storageError { () throws(StorageError) in _ = try fixture.open(containedLSN: 1) }?.code == .corrupted)
    }

    @Test func oneCopyOfTheHeaderSuffices() throws {
        let (fixture, _) = try killed()
        let path = JournalFixture.path(1)
        for field in [0, 8, 16, 24, 40, 48, 56, 64, 1000, 4092] as [UInt64] {
            for copy in [0, 4096] as [UInt64] {
                fixture.disk.damage(path, at: copy + field)
                #expect(try fixture.open().records.count == 10)
                #expect(try fixture.inspect().findings.map(\.offset) == [copy])
                fixture.disk.damage(path, at: copy + field)
            }
            fixture.disk.damage(path, at: field)
            fixture.disk.damage(path, at: 4096 + field)
            let error = storageError { () throws(StorageError) in _ = try fixture.open() }
            #expect(error?.code == .corrupted && error?.path == path)
            fixture.disk.damage(path, at: field)
            fixture.disk.damage(path, at: 4096 + field)
        }
    }

    @Test func foreignSegmentsAreRefused() throws {
        let (fixture, _) = try killed()
        let other = storageError { () throws(StorageError) in
            _ = try fixture.open(storeID: [UInt8](repeating: 1, count: 16))
        }
        #expect(other?.code == .corrupted && other?.message.contains("another store") == true)
        try fixture.disk.rename(JournalFixture.path(1), to: JournalFixture.path(2))
        #expect(storageError { () throws(StorageError) in _ = try fixture.open() }?.code == .corrupted)
    }

    @Test func newerFormatsAreRefusedUntouched() throws {
        let (fixture, locations) = try killed()
        let path = JournalFixture.path(1)
        let start = locations[3]!.bodyOffset - 40
        var header = fixture.disk.contents(of: path, at: start, count: 40)
        header[32] = 77
        fixture.disk.overwrite(path, at: start, with: withChecksum(header))
        #expect(
            storageError { () throws(StorageError) in _ = try fixture.open() }?.code == .unsupportedFormat,
            "a frame of a type to come")

        var copy = fixture.disk.contents(of: path, at: 0, count: 4096)
        copy[8] = 2
        copy = withChecksum(copy)
        fixture.disk.overwrite(path, at: 0, with: copy + copy)
        #expect(
            storageError { () throws(StorageError) in _ = try fixture.open() }?.code == .unsupportedFormat,
            "a segment of a format to come")
    }

    @Test func aShortenedSegmentIsRefused() throws {
        let (fixture, _) = try killed()
        try fixture.disk.open(JournalFixture.path(1), .readWrite).truncate(toBytes: 60 << 10)
        #expect(storageError { () throws(StorageError) in _ = try fixture.open() }?.code == .corrupted)
    }

    /// The last four bytes are the CRC-32C of the others.
    private func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
        let body = Array(bytes.dropLast(4))
        // Safe: a UInt8 is raw bytes.
        let checksum = CRC32C.checksum(unsafe body.span.bytes)
        return body + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) }
    }
}
