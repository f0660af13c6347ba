import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import SystemPackage

/// A journal on a simulated disk whose records a test knows by heart.
struct JournalFixture {
    static let directory: FilePath = "/journal"
    static let storeID = [UInt8](repeating: 9, count: 16)

    struct Opened {
        var journal: Journal
        var records: [UInt64: [UInt8]]
        var locations: [UInt64: FrameLocation]
    }

    var disk: SimulatedFileSystem

    init(capacityBytes: UInt64? = nil) throws(StorageError) {
        disk = SimulatedFileSystem(seed: 1, capacityBytes: capacityBytes)
        try disk.createDirectory(Self.directory)
        try disk.synchronizeDirectory("/")
    }

    static func path(_ segmentID: UInt64) -> FilePath {
        directory.appending("\(String(repeating: "0", count: 8 - String(segmentID).count))\(segmentID).wal")
    }

    static func body(_ lsn: UInt64) -> [UInt8] { [UInt8](repeating: UInt8(lsn % 251), count: 3000) }

    func open(
        appliedLSN: UInt64 = 0, containedLSN: UInt64 = 0, storeID: [UInt8] = Self.storeID,
        configuration: JournalConfiguration = JournalModel.smallConfiguration()
    ) throws(StorageError) -> Opened {
        var records: [UInt64: [UInt8]] = [:]
        var locations: [UInt64: FrameLocation] = [:]
        let journal = try Journal.open(
            directory: Self.directory, fileSystem: disk, storeID: storeID, appliedLSN: appliedLSN,
            containedLSN: containedLSN, random: SeededRandom(seed: 5, for: disk), configuration: configuration
        ) { (location, frame) throws(StorageError) in
            records[frame.lsn] = frame.body
            locations[frame.lsn] = location
        }
        return Opened(journal: journal, records: records, locations: locations)
    }

    /// Writes groups of two records of 3000 bytes each, up to `lsn`.
    @discardableResult
    static func fill(_ journal: Journal, through lsn: UInt64) throws(StorageError) -> [UInt64: FrameLocation] {
        var locations: [UInt64: FrameLocation] = [:]
        while journal.lastLSN < lsn {
            for _ in 0..<2 where journal.lastLSN < lsn {
                let next = journal.lastLSN + 1
                locations[next] = try journal.add(lsn: next, pieces: [body(next)])
            }
            try journal.writeGroup()
        }
        return locations
    }

    /// Everything in the directory, to see that nothing was changed.
    func snapshot() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try disk.list(Self.directory) {
            files[name] = disk.contents(of: Self.directory.appending(name))
        }
        return files
    }

    func inspect(appliedLSN: UInt64 = 0) throws(StorageError) -> JournalReport {
        try Journal.inspect(
            directory: Self.directory, fileSystem: disk, storeID: Self.storeID, appliedLSN: appliedLSN
        ) { (_, _) throws(StorageError) in }
    }
}

func storageError(_ body: () throws(StorageError) -> Void) -> StorageError? {
    do throws(StorageError) {
        try body()
        return nil
    } catch {
        return error
    }
}
