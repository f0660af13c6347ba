#if CommandLineTool
internal import ArgumentParser
internal import StrongroomAudit

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every record against the signed checkpoints. Changes nothing.",
        discussion: """
            The public key, and a checkpoint that was kept, should come from elsewhere than the trail does: whoever can \
            write all three can make up all three. What is wrong is printed, line by line, and makes the command fail.
            """)

    @Option(help: "A checkpoint that was kept elsewhere, of any age; checked beside the one in the keyring.")
    var checkpoint: String?
    @OptionGroup var location: AuditLocation

    private struct FindingRecord: Encodable {
        var kind: String
        var firstRecord: UInt64
        var recordCount: UInt64
        var message: String
    }

    private struct SummaryRecord: Encodable {
        var records: UInt64
        var signedRecords: UInt64
        var checkpoints: Int
        var tornBytes: Int
        var findings: Int
        var sound: Bool
    }

    func run() async throws {
        let source = try location.source()
        let checkpoint = checkpoint
        let report = try await Offload.run { () throws(CommandFailure) in
            try auditing { () throws(AuditError) in try source.verified(keptCheckpoint: checkpoint) }
        }
        tell(report)
        if let first = report.findings.first {
            throw CommandFailure(
                .verificationFailed,
                (report.findings.count == 1 ? "" : "\(report.findings.count) findings, the first: ")
                    + printable(first.description))
        }
    }

    private func tell(_ report: AuditReport) {
        let console = location.console
        for finding in report.findings {
            console.emit(
                FindingRecord(
                    kind: finding.kind.description, firstRecord: finding.records.lowerBound,
                    recordCount: finding.records.upperBound - finding.records.lowerBound, message: finding.message),
                text: printable(finding.description))
        }
        let isSound = report.findings.isEmpty
        let torn = report.tornBytes > 0 ? ", \(report.tornBytes) bytes torn by a crash" : ""
        console.emit(
            SummaryRecord(
                records: report.recordCount, signedRecords: report.signedCount, checkpoints: report.checkpointCount,
                tornBytes: report.tornBytes, findings: report.findings.count, sound: isSound),
            text: "checked \(HumanUnits.count(report.recordCount)) records, "
                + "\(HumanUnits.count(report.signedCount)) of them signed, by \(report.checkpointCount) checkpoints\(torn): "
                + (isSound ? "sound" : "\(report.findings.count) findings"))
    }
}
#endif
