#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct StatsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how many objects there are, and where their bytes are.")

    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        // What the journal holds and the catalog does not yet is counted only in the catalog.
        if !store.isLocked { try await store.checkpoint() }
        let record = StatsRecord(try await store.statistics())
        var lines = record.table.lines
        lines.append("")
        lines.append(
            "  journal: \(record.segments) segments of \(HumanUnits.bytes(record.journalBytes)), "
                + "\(HumanUnits.bytes(record.journalLiveBytes)) of them live; "
                + "\(HumanUnits.bytes(record.preparedBytes)) prepared for what comes")
        lines.append("  last commit \(record.lastLsn), catalog complete up to commit \(record.checkpointLsn)")
        lines.append("  " + record.imageText)
        if let failure = record.imageFailure { lines.append("  the last image of the catalog failed: \(failure)") }
        if record.compactedBytes > 0 {
            lines.append("  compacted since it was opened: \(HumanUnits.bytes(record.compactedBytes))")
        }
        if let failure = record.checkpointFailure { lines.append("  the last checkpoint failed: \(failure)") }
        if let failure = record.compactionFailure { lines.append("  the last compaction failed: \(failure)") }
        if let failure = record.anchorFailure { lines.append("  the anchor cannot be kept up: \(failure)") }
        console.emit(record, text: lines.joined(separator: "\n"))
    }
}

/// What `stats --json` prints.
struct StatsRecord: Codable, Equatable {
    struct Home: Codable, Equatable {
        var objects: UInt64
        /// Seals included.
        var storedBytes: UInt64

        init(_ home: StoreStatistics.Home) {
            objects = home.objectCount
            storedBytes = home.storedBytes
        }
    }

    var objects: UInt64
    var storedBytes: UInt64
    var tiny: Home
    var small: Home
    var large: Home
    var segments: Int
    var journalBytes: UInt64
    var journalLiveBytes: UInt64
    var lastLsn: UInt64
    var checkpointLsn: UInt64
    var checkpointFailure: String?
    /// Absent where a lost catalog could not be made anew.
    var imageLsn: UInt64?
    var imageBytes: UInt64?
    var imageFailure: String?
    /// Files of the journal that nothing is in yet.
    var preparedBytes: UInt64
    /// Of payloads that were moved.
    var compactedBytes: UInt64
    var compactionFailure: String?
    var anchorFailure: String?

    init(_ statistics: StoreStatistics) {
        tiny = Home(statistics.tiny)
        small = Home(statistics.small)
        large = Home(statistics.large)
        objects = tiny.objects + small.objects + large.objects
        storedBytes = tiny.storedBytes + small.storedBytes + large.storedBytes
        segments = statistics.segments.count
        journalBytes = statistics.segments.reduce(0) { $0 + $1.sizeBytes }
        journalLiveBytes = statistics.segments.reduce(0) { $0 + $1.liveBytes }
        lastLsn = statistics.lastLSN
        checkpointLsn = statistics.checkpointLSN
        checkpointFailure = statistics.checkpointFailure
        imageLsn = statistics.image?.lastLSN
        imageBytes = statistics.image?.sizeBytes
        imageFailure = statistics.imageFailure
        preparedBytes = statistics.preparedBytes
        compactedBytes = statistics.compaction.movedBytes
        compactionFailure = statistics.compactionFailure
        anchorFailure = statistics.anchorFailure
    }

    fileprivate var imageText: String {
        guard let imageLsn, let imageBytes else { return "no image of the catalog" }
        guard imageBytes > 0 else { return "the whole journal is there to rebuild the catalog from" }
        return "image of the catalog as of commit \(imageLsn), \(HumanUnits.bytes(imageBytes))"
    }

    var table: Table {
        var table = Table(("home", .left), ("where", .left), ("objects", .right), ("bytes, sealed", .right))
        let homes = [
            ("tiny", "in the catalog's row (LMDB)", tiny), ("small", "in the journal, written once", small),
            ("large", "in a file of its own", large),
        ]
        for (name, place, home) in homes {
            table.add(name, place, HumanUnits.count(home.objects), HumanUnits.bytes(home.storedBytes))
        }
        table.add("all", "", HumanUnits.count(objects), HumanUnits.bytes(storedBytes))
        return table
    }
}
#endif
