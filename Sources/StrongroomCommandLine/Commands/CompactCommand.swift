#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct CompactCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Give back the space of deleted and overwritten small objects.",
        discussion: """
            That happens by itself, too, when it is worth it; this does it now, and more thoroughly. It can be stopped \
            and run again: what is done is not done twice.
            """)

    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let progress = ProgressDisplay(Progress(title: "compact"), console: console)
        defer { progress.finish() }
        var seen = (objects: UInt64(0), bytes: UInt64(0))
        let report = try await store.compact { report in
            progress.advance(objects: report.movedCount - seen.objects, bytes: report.movedBytes - seen.bytes)
            seen = (report.movedCount, report.movedBytes)
        }
        progress.finish()
        let record = CompactRecord(report, try await store.statistics())
        console.emit(record, text: record.text)
    }
}

/// What `compact --json` prints.
struct CompactRecord: Codable, Equatable {
    var movedObjects: UInt64
    var movedBytes: UInt64
    var freedSegments: UInt64
    var freedBytes: UInt64
    /// Now.
    var journalBytes: UInt64
    var journalLiveBytes: UInt64

    init(_ report: CompactionReport, _ statistics: StoreStatistics) {
        movedObjects = report.movedCount
        movedBytes = report.movedBytes
        freedSegments = report.freedSegmentCount
        freedBytes = report.freedBytes
        journalBytes = statistics.segments.reduce(0) { $0 + $1.sizeBytes }
        journalLiveBytes = statistics.segments.reduce(0) { $0 + $1.liveBytes }
    }

    var text: String {
        "moved \(HumanUnits.count(movedObjects)) payloads of \(HumanUnits.bytes(movedBytes)), emptied "
            + "\(freedSegments) segments of \(HumanUnits.bytes(freedBytes)); the journal has "
            + "\(HumanUnits.bytes(journalBytes)), \(HumanUnits.bytes(journalLiveBytes)) of them live"
    }
}
#endif
