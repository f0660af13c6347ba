#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct VerifyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check catalog against journal against blobs. Mends nothing.",
        discussion: """
            With --data it also opens every object to its last byte. What is wrong is printed, line by line, and makes \
            the command fail. The work is done in a child process: a catalog that is damaged in the worst way can \
            end the process that reads it. The store is opened for it, as by every command. Whether all of it was put \
            back to an earlier time, keyring and anchors included, nothing inside can tell.
            """)

    @Flag(help: "Read and authenticate all data, too.")
    var data = false
    @Flag(help: "Check what can be checked without keys, where the keyring is not there.")
    var withoutKeys = false
    @Flag(help: .hidden)
    var inThisProcess = false
    @OptionGroup var location: StoreLocation

    var doesWithoutKeys: Bool { withoutKeys }

    private struct FindingRecord: Encodable {
        var place: String
        var reason: String
    }

    private struct SummaryRecord: Encodable {
        var objects: UInt64
        var verifiedBytes: UInt64
        /// Under keys that were not to be had: with `--data`.
        var unopenedObjects: UInt64
        var findings: UInt64
        var sound: Bool
        var locked: Bool
    }

    func run() async throws {
        if inThisProcess { return try await runOnStore() }
        let child = try ChildProcess(
            Array(CommandLine.arguments.dropFirst()) + ["--in-this-process"], dumpsCrash: false)
        switch try await child.run() {
        case .exited(0): return
        case .exited(let status): throw ExitCode(status)
        case .killed(let signal):
            try Task.checkCancellation()
            if let failure = CatalogReading.failure(endedBy: signal) { throw failure }
            throw CommandFailure(
                .verificationFailed,
                "the process that read the catalog was ended by signal \(signal): the catalog is damaged, so "
                    + "that it cannot even be read. Run repair, which rebuilds it")
        }
    }

    func run(on store: Store, _ console: Console) async throws {
        let progress = ProgressDisplay(Progress(title: "verify"), console: console)
        defer { progress.finish() }
        var seen = (objects: UInt64(0), bytes: UInt64(0))
        let report = try await store.verify(readingData: data) { report in
            progress.advance(objects: report.objectCount - seen.objects, bytes: report.verifiedBytes - seen.bytes)
            seen = (report.objectCount, report.verifiedBytes)
        }
        progress.finish()
        for finding in report.findings {
            console.emit(
                FindingRecord(place: finding.place, reason: finding.reason),
                text: "\(finding.place): \(finding.reason)")
        }
        let findings = UInt64(report.findings.count) + report.unlistedFindingCount
        let read = data ? ", \(HumanUnits.bytes(report.verifiedBytes)) of data" : ""
        let unopened =
            report.unopenedCount > 0
            ? ", \(HumanUnits.count(report.unopenedCount)) objects not opened for want of their key" : ""
        let locked = report.wasLocked ? "; without the keyring nothing sealed could be authenticated" : ""
        console.emit(
            SummaryRecord(
                objects: report.objectCount, verifiedBytes: report.verifiedBytes,
                unopenedObjects: report.unopenedCount, findings: findings,
                sound: report.isSound, locked: report.wasLocked),
            text: "checked \(HumanUnits.count(report.objectCount)) objects\(read)\(unopened): "
                + (report.isSound ? "sound\(locked)" : "\(findings) findings\(locked)"))
        if let first = report.findings.first {
            throw CommandFailure(
                .verificationFailed,
                (findings == 1 ? "" : "\(findings) findings, the first: ") + "\(first.place): \(first.reason)")
        }
    }
}
#endif
