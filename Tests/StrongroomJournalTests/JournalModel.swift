import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

/// Drives a journal on a simulated disk and knows what it must hold.
///
/// Promises checked at each opening: what was acknowledged is there, nothing is there that was not
/// issued, what is there is a prefix in LSN order, byte for byte; and a second opening finds the same.
struct JournalModel {
    static let directory: FilePath = "/journal"
    static let storeID = [UInt8](0..<16)

    var disk: SimulatedFileSystem
    var journal: Journal
    var configuration: JournalConfiguration
    var generator: SeededGenerator
    /// Every record issued and not cut off by a crash since, by LSN.
    var issued: [UInt64: [UInt8]] = [:]
    var locations: [UInt64: FrameLocation] = [:]
    var acknowledgedLSN: UInt64 = 0
    var issuedLSN: UInt64 = 0
    var appliedLSN: UInt64 = 0
    var openings = 0

    static func smallConfiguration() -> JournalConfiguration {
        var configuration = JournalConfiguration()
        configuration.initialSegmentBytes = 64 << 10
        configuration.maximumSegmentBytes = 128 << 10
        configuration.groupLimitBytes = 40 << 10
        configuration.preparesInBackground = false
        return configuration
    }

    init(
        seed: UInt64, synchronizes: Bool = true, configuration: JournalConfiguration = Self.smallConfiguration()
    ) throws(StorageError) {
        generator = SeededGenerator(seed: seed)
        self.configuration = configuration
        disk = SimulatedFileSystem(seed: seed, synchronizes: synchronizes)
        try disk.createDirectory(Self.directory)
        try disk.synchronizeDirectory("/")
        journal = try Journal.open(
            directory: Self.directory, fileSystem: disk, storeID: Self.storeID, appliedLSN: 0,
            random: SeededRandom(seed: generator.next(), for: disk), configuration: configuration
        ) { (_, _) throws(StorageError) in }
    }

    // MARK: What a committer does

    /// Adds `count` records and writes them as one or several groups.
    mutating func commit(_ count: Int, bodyBytesMaximum: Int) throws(StorageError) {
        for _ in 0..<count {
            let body = randomBody(Int.random(in: 0...bodyBytesMaximum, using: &generator))
            let cut = Int.random(in: 0...body.count, using: &generator)
            let pieces = [Array(body[..<cut]), Array(body[cut...])]
            let lsn = issuedLSN + 1
            var location = try journal.add(lsn: lsn, pieces: pieces)
            if location == nil {
                try writeGroup()
                location = try journal.add(lsn: lsn, pieces: pieces)
            }
            issuedLSN = lsn
            issued[lsn] = body
            locations[lsn] = location
        }
        try writeGroup()
    }

    /// Unlike any other: its first bytes are random, the rest repeats one of them.
    private mutating func randomBody(_ count: Int) -> [UInt8] {
        let start = (0..<min(count, 16)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        return start + [UInt8](repeating: start.last ?? 0, count: count - start.count)
    }

    mutating func writeGroup() throws(StorageError) {
        let issuedNow = issuedLSN
        let durable = try journal.writeGroup()
        #expect(durable == issuedNow)
        acknowledgedLSN = issuedNow
    }

    /// A checkpoint of some records, and the recycling of segments that are only needed for those.
    mutating func checkpoint() throws(StorageError) {
        appliedLSN = UInt64.random(in: appliedLSN...acknowledgedLSN, using: &generator)
        for segment in journal.segments() where segment.state == .sealed && segment.lastLSN <= appliedLSN {
            guard generator.chance(2, in: 3) else { continue }
            try journal.recycle(segment.id, appliedLSN: appliedLSN)
            for (lsn, location) in locations where location.segmentID == segment.id { locations[lsn] = nil }
        }
    }

    /// Bodies can be read where `add` said.
    mutating func checkPayloads() throws(StorageError) {
        for lsn in locations.keys.sorted().shuffled(using: &generator).prefix(20) where lsn <= acknowledgedLSN {
            let (location, body) = (locations[lsn]!, issued[lsn]!)
            let found = try journal.reader.read(
                segmentID: location.segmentID, at: location.bodyOffset, count: body.count)
            #expect(found == body)
        }
    }

    // MARK: Openings

    /// Opens on `disk` and checks the promises. `appliedLSN` records are the catalog's.
    mutating func reopen(_ disk: SimulatedFileSystem) throws(StorageError) {
        self.disk = disk
        var recovered: [UInt64: [UInt8]] = [:]
        var last = appliedLSN
        var places = locations.filter { $0.key <= appliedLSN }
        journal = try Journal.open(
            directory: Self.directory, fileSystem: disk, storeID: Self.storeID, appliedLSN: appliedLSN,
            random: SeededRandom(seed: generator.next(), for: disk), configuration: configuration
        ) { (location, frame) throws(StorageError) in
            #expect(frame.lsn == last + 1, "records come in the order of their LSNs")
            last = frame.lsn
            recovered[frame.lsn] = frame.body
            places[frame.lsn] = location
        }
        openings += 1
        #expect(last >= acknowledgedLSN, "acknowledged up to \(acknowledgedLSN), found up to \(last)")
        #expect(last <= issuedLSN, "issued up to \(issuedLSN), found up to \(last)")
        #expect(journal.lastLSN == last)
        for (lsn, body) in recovered { #expect(issued[lsn] == body, "the body of \(lsn)") }
        for (lsn, location) in places where lsn > appliedLSN && locations[lsn] != nil {
            #expect(locations[lsn] == location)
        }
        issued = issued.filter { $0.key <= last }
        locations = places
        issuedLSN = last
        // What recovery found it has synced: from now on it must stay.
        acknowledgedLSN = last
    }

    /// Power fails and comes back; then the process is killed at once and opens again.
    mutating func crashAndReopen() throws(StorageError) {
        try reopen(disk.crash(seed: generator.next()))
        try reopen(disk.kill(seed: generator.next()))
    }
}
