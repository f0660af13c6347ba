#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// The chapters of the demo. Each one fails the demo when it does not show what it says.
struct DemoTour: Sendable {
    let source: DemoSource
    let workspace: DemoWorkspace

    private var console: Console { workspace.console }
    private var store: String { workspace.file("store").string }
    private var names: [String] { source.walk.files.map(\.name) }

    func run() async throws {
        let count = HumanUnits.count(UInt64(source.walk.files.count))
        let bytes = HumanUnits.bytes(source.walk.totalBytes)
        console.say("Strongroom, on real files: \(source.path), \(count) files, \(bytes).")
        try await importEverything()
        try await compareEverything()
        try await modes()
        try await tamper()
        try await crash()
    }

    private func chapter(_ title: String) {
        console.say("\n\(title)")
    }

    private func importEverything() async throws {
        chapter("1. A directory goes in. Every object is sealed under a key of its own (AES-256-GCM).")
        _ = try await workspace.show("init", store)
        _ = try await workspace.show("bucket", "create", "demo", "--store", store)
        let outcome = try await workspace.show("import", source.path.string, "demo", "--store", store)
        console.say(indented(outcome.standardOutput))
        let stats = try await workspace.query(StatsRecord.self, "stats", "--store", store)
        guard stats.objects == UInt64(source.walk.files.count) else {
            throw failed("\(source.walk.files.count) files went in, \(stats.objects) objects are there")
        }
        console.say("")
        for line in stats.table.lines { console.say(line) }
    }

    private func compareEverything() async throws {
        chapter("2. It comes out whole.")
        let out = workspace.file("out")
        let outcome = try await workspace.show("export", "demo", out.string, "--store", store)
        console.say(indented(outcome.standardOutput))
        let different = try await FileComparison.differences(names, source.path, out)
        guard different.isEmpty else {
            throw failed("\(different.count) files came out different, \(quoted(different[0])) first")
        }
        console.say(
            "  every byte of all \(HumanUnits.count(UInt64(names.count))) files compared: no difference")
    }

    private func modes() async throws {
        chapter("3. Whose key? One file under every kind of them.")
        let file = source.path.appending(names[names.count / 2]).string
        try await DemoModes(workspace: workspace, store: store, file: file).run()
    }

    private func tamper() async throws {
        chapter(
            "4. Somebody flips a bit in each kind of file (on a copy), and in LMDB in every copy of a row that is kept. "
                + "Nothing wrong ever comes out.")
        let copy = try await DemoCopy(of: workspace)
        // The longest name is the least likely to stand in the catalog for another reason.
        let probe = names.filter { $0.utf8.count <= 300 }.max { $0.utf8.count < $1.utf8.count } ?? names[0]
        for target in try await copy.targets(probeKey: probe) {
            try await copy.flip(target)
            let outcome = try await workspace.run([
                "verify", "--data", "--store", copy.store.string, "--keyring", copy.keyring.string, "--json",
            ])
            guard outcome.end == .exited(1), let refusal = ErrorLine.last(of: outcome.standardError) else {
                throw failed("a flipped bit in \(target.title) went unnoticed: \(outcome.end) \(outcome.standardError)")
            }
            console.say("  \(target.title)")
            for line in wrapped("\(refusal.error.code): \(refusal.error.message)") { console.say("      \(line)") }
            try await copy.flip(target)
        }
        let restored = try await workspace.run([
            "verify", "--data", "--store", copy.store.string, "--keyring", copy.keyring.string,
        ])
        guard restored.end == .exited(0) else {
            throw failed("with all bits back in place the copy should verify: \(restored.standardError)")
        }
        console.say("  with each bit flipped back, the copy verifies again: nothing was made worse by looking")
    }

    private func crash() async throws {
        chapter("5. The power goes: an import is killed (SIGKILL) in the middle.")
        _ = try await workspace.show("bucket", "create", "crash", "--store", store)
        console.say("  $ strongroom import \(source.path) crash --json      …killed")
        let acknowledged = try await killedImport()
        let out = workspace.file("survivors")
        let outcome = try await workspace.show("export", "crash", out.string, "--store", store)
        console.say(indented(outcome.standardOutput))
        let lost = try await FileComparison.differences(acknowledged, source.path, out)
        guard lost.isEmpty else {
            throw failed("\(lost.count) acknowledged objects are lost or torn, \(quoted(lost[0])) first")
        }
        let survivors = try await Offload.run { () throws(CommandFailure) in
            try DirectoryWalk(of: out, keyBytesMax: 1024).whole().map(\.name)
        }
        let torn = try await FileComparison.differences(survivors, source.path, out)
        guard torn.isEmpty else { throw failed("\(torn.count) objects are torn, \(quoted(torn[0])) first") }
        console.say(
            "  \(HumanUnits.count(UInt64(acknowledged.count))) objects had been acknowledged: all there, every byte "
                + "the same; \(survivors.count - acknowledged.count) more were durable already")
        _ = try await workspace.show("verify", "--data", "--store", store)
        console.say("  the whole store verifies")
    }

    /// Starts an import, waits until a third of it is acknowledged, and kills it. Returns the acknowledged keys.
    private func killedImport() async throws -> [String] {
        let lines = workspace.file("acknowledged")
        let child = try ChildProcess(
            ["import", source.path.string, "crash", "--store", store, "--json"], standardOutput: lines,
            standardError: workspace.file("killed"))
        let wanted = max(1, source.walk.files.count / 3)
        let end = try await Offload.run { () throws(CommandFailure) in
            // Watching the file is polling, but it needs nothing of the child but what a script would see of it.
            while try AcknowledgedLines.count(lines) < wanted, !child.hasEnded() { usleep(2_000) }
            child.kill()
            return child.wait()
        }
        try Task.checkCancellation()
        guard end == .killed(signal: SIGKILL) else {
            throw failed("the import ended before it could be killed (\(end)); name a larger directory")
        }
        return try AcknowledgedLines.keys(lines)
    }

    private func failed(_ why: String) -> CommandFailure { CommandFailure(.demoFailed, why) }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }

    /// Lines of at most 100 columns, where the words allow it.
    private func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.replacing(workspace.path.string + "/", with: "").split(separator: " ") {
            if let last = lines.last, last.count + word.count < 100 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
#endif
