#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import SystemPackage

struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Mend a store that does not open, or whose catalog is damaged.",
        discussion: """
            Rebuilds the catalog from an image of it and the journal, and salvages what can be read of a damaged \
            journal. Files that are replaced stay where they were, with .aside-1 (or -2, …) behind their names; \
            nothing is deleted. Needs no keyring. Try --dry-run first; afterwards verify --data says what \
            cannot be mended.
            """)

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false
    @Flag(help: "Make the catalog anew even if it can be read, as when rows of it are not what was written.")
    var rebuildCatalog = false
    @Flag(help: .hidden)
    var inThisProcess = false
    @Option(help: "The store's directory; by default what STRONGROOM_STORE names.")
    var store: String?
    @OptionGroup var output: OutputOptions

    private struct StepRecord: Encodable {
        var step: String
        var path: String
        var detail: String
    }

    private struct SummaryRecord: Encodable {
        var steps: Int
        var isDryRun: Bool
        var hasLostCommits: Bool
        var lostCommits: [[UInt64]]
        var setAside: [String]
    }

    func run() async throws {
        guard let path = StoreLocation.path(named: store) else {
            throw ValidationError("Name the store with --store DIR or STRONGROOM_STORE.")
        }
        // Safe: the call only reads the path, for as long as it takes.
        if unsafe access(path.string, F_OK) != 0, errno == ENOENT {
            throw CommandFailure(.notFound, "There is no store at \(quoted(path.string)); correct the path.")
        }
        var options = RepairOptions()
        if rebuildCatalog {
            options.catalogDamage = "it is to be made anew"
        } else if !inThisProcess {
            options.catalogDamage = try await catalogDamage(path)
        }
        options.isDryRun = dryRun
        let report = try await Store.repair(at: path, options: options)
        guard !inThisProcess else { return }
        tell(report)
    }

    /// Lets another process read the catalog first: a damaged one may end it.
    private func catalogDamage(_ path: FilePath) async throws -> String? {
        let child = try ChildProcess(
            ["repair", "--dry-run", "--in-this-process", "--store", path.string], standardOutput: "/dev/null",
            standardError: "/dev/null")
        guard case .killed(let signal) = try await child.run() else { return nil }
        try Task.checkCancellation()
        if let failure = CatalogReading.failure(endedBy: signal) { throw failure }
        return "a process that read it was ended by signal \(signal)"
    }

    private func tell(_ report: RepairReport) {
        let console = output.console
        for step in report.steps {
            console.emit(
                StepRecord(step: step.kind.rawValue, path: step.path.string, detail: step.detail),
                text: "\(step.kind): \(step.path): \(step.detail)")
        }
        for path in report.setAside { console.say("put away as \(quoted(path.string))") }
        if !dryRun, report.steps.contains(where: { $0.kind == .journalSalvaged }) {
            console.say("a repair has no keys to vouch for what it moved: give --accept-rollback once")
        }
        let lost = report.lostCommits.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
        let loss =
            if !report.hasLostCommits {
                ""
            } else if lost.isEmpty {
                "; no acknowledged commit is known to be lost, but not all of the journal could be read"
            } else {
                "; acknowledged commits are lost, LSN \(lost.joined(separator: ", "))"
            }
        let verb = dryRun ? "to be done" : "done"
        console.emit(
            SummaryRecord(
                steps: report.steps.count, isDryRun: dryRun, hasLostCommits: report.hasLostCommits,
                lostCommits: report.lostCommits.map { [$0.lowerBound, $0.upperBound] },
                setAside: report.setAside.map(\.string)),
            text: report.steps.isEmpty ? "nothing to mend" : "\(report.steps.count) steps \(verb)\(loss)")
    }
}
#endif
