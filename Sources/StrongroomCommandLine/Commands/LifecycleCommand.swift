#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import Synchronization

struct LifecycleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lifecycle", abstract: "The rules by which objects and uploads go with time.",
        subcommands: [Put.self, Show.self, Remove.self, Run.self])

    struct Run: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete what the rules of buckets have come to.",
            discussion: """
                Once a day is enough, after midnight of UTC, when things become due; a server does so by itself. It \
                can be stopped and run again. What object lock protects stays.
                """)

        @Option(help: "Only this bucket.")
        var bucket: String?
        @Option(help: "At most so many deletes a second.")
        var rate: Int?
        @OptionGroup var location: StoreLocation

        func validate() throws { try RateOption.check(rate, "--rate") }

        func run(on store: Store, _ console: Console) async throws {
            let progress = ProgressDisplay(Progress(title: "lifecycle"), console: console)
            defer { progress.finish() }
            let options = LifecycleOptions(bucket: try bucket.map { try BucketName($0) }, ratePerSecond: rate)
            let seen = Atomic<UInt64>(0)
            let report = try await store.runLifecycle(options) { report in
                let before = seen.exchange(report.examinedCount, ordering: .relaxed)
                progress.advance(objects: report.examinedCount - before)
            }
            progress.finish()
            for failure in report.failures { console.warn("\(failure.place): \(failure.reason)") }
            let record = LifecycleRunRecord(report)
            console.emit(record, text: record.text)
            guard record.failures == 0 else {
                throw CommandFailure(
                    .lifecycleFailed, "\(record.failures) deletes failed; mend that and run it again")
            }
        }
    }
}

/// What `lifecycle run` did.
struct LifecycleRunRecord: Codable, Equatable {
    var buckets: UInt64
    var examined: UInt64
    var expired: UInt64
    var hidden: UInt64
    var removedVersions: UInt64
    var removedDeleteMarkers: UInt64
    var abortedUploads: UInt64
    var locked: UInt64
    var changedMeanwhile: UInt64
    var failures: UInt64

    init(_ report: LifecycleReport) {
        (buckets, examined) = (report.bucketCount, report.examinedCount)
        (expired, hidden) = (report.expiredCount, report.hiddenCount)
        (removedVersions, removedDeleteMarkers) = (report.removedVersionCount, report.removedMarkerCount)
        abortedUploads = report.abortedUploadCount
        (locked, changedMeanwhile) = (report.lockedCount, report.changedCount)
        failures = UInt64(report.failures.count) + report.unlistedFailureCount
    }

    var text: String {
        var text =
            "\(HumanUnits.count(buckets)) buckets with rules: \(HumanUnits.count(expired)) objects expired, "
            + "\(HumanUnits.count(hidden)) hidden by delete markers, \(HumanUnits.count(removedVersions)) older "
            + "versions and \(HumanUnits.count(removedDeleteMarkers)) delete markers removed, "
            + "\(HumanUnits.count(abortedUploads)) uploads aborted"
        if locked > 0 { text += ", \(HumanUnits.count(locked)) kept by object lock" }
        if changedMeanwhile > 0 { text += ", \(HumanUnits.count(changedMeanwhile)) left to the next run" }
        return text
    }
}
#endif
