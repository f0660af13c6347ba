import Foundation
import ReplayDisk

/// Records a real store, and opens what power failures may leave of it. `.ci/replay` says how these belong together.
///
///     strongroom-replay workload --directory D --seed N --operations N    (under the recorder)
///     strongroom-replay compare --recording LOG --directory D
///     strongroom-replay examine --recording LOG --directory D --seed N --states N [--part I --parts N]
///     strongroom-replay examine … --ignoring-syncs all|directories|journal|catalog|blobs|recovery [--seconds N]
@main
enum Main {
    static func main() async {
        do {
            let command = CommandLine.arguments.dropFirst().first ?? ""
            let isGood = try await run(command, try Arguments(CommandLine.arguments.dropFirst(2)))
            exit(isGood ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("replay: \(error)\n".utf8))
            exit(2)
        }
    }

    private static func run(_ command: String, _ arguments: Arguments) async throws -> Bool {
        switch command {
        case "workload":
            let operations = Int(try arguments.number("operations", default: 900))
            try await Workload(
                directory: try arguments.text("directory"), seed: try arguments.number("seed", default: 0),
                operationCount: operations
            ).run()
        case "compare":
            try Comparison.run(
                try Recording(contentsOf: try arguments.text("recording")),
                directory: try arguments.text("directory"))
        case "examine": return try await examine(arguments)
        default: throw ReplayError("there are workload, compare and examine, and not '\(command)'")
        }
        return true
    }

    private static func examine(_ arguments: Arguments) async throws -> Bool {
        let start = ContinuousClock.now
        var examination = try Examination(arguments)
        let report = try await examination.run()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let findings = Finding.Kind.allCases.map { "\(report.findings[$0, default: 0]) \($0.rawValue)" }
        say(
            "states: \(report.stateCount) second: \(report.secondCount) seconds: \(String(format: "%.1f", seconds))"
                + " findings: \(findings.joined(separator: ", "))")
        return examination.isGood
    }
}
