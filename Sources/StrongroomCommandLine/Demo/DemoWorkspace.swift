#if CommandLineTool
internal import FoundationEssentials
internal import SystemPackage

/// The demo's own directory, and its runs of this program in it.
struct DemoWorkspace: Sendable {
    let path: FilePath
    let console: Console

    init(console: Console) throws {
        let name = "strongroom-demo-\(UUID().uuidString.prefix(8).lowercased())"
        let directory = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = FilePath(directory.path)
        self.console = console
    }

    func remove() {
        do {
            try FileManager.default.removeItem(atPath: path.string)
        } catch {
            console.warn("could not remove \(quoted(path.string)): \(error)")
        }
    }

    func file(_ name: String) -> FilePath { path.appending(name) }

    struct Outcome: Sendable {
        var end: ChildProcess.End
        var standardOutput: String
        var standardError: String
    }

    /// Runs a command and shows it as a person would type it.
    func show(_ arguments: String...) async throws -> Outcome {
        let typed = arguments.map { $0.replacing(path.string + "/", with: "") }.joined(separator: " ")
        console.say("  $ strongroom \(typed)")
        let outcome = try await run(arguments, sharesTerminal: Console.isTerminal(.standardError))
        if outcome.end != .exited(0) {
            throw CommandFailure(.demoFailed, "that should have worked: \(outcome.end)\n\(outcome.standardError)")
        }
        return outcome
    }

    func run(_ arguments: [String], sharesTerminal: Bool = false) async throws -> Outcome {
        let (output, errors) = (file("stdout"), file("stderr"))
        _ = try? FileManager.default.removeItem(atPath: errors.string)
        let child = try ChildProcess(
            arguments, standardOutput: output, standardError: sharesTerminal ? nil : errors)
        let end = try await child.run()
        try Task.checkCancellation()
        return Outcome(
            end: end, standardOutput: try TextFile.readIfPresent(output, bytesMax: Self.outputBytesMax) ?? "",
            standardError: try TextFile.readIfPresent(errors, bytesMax: Self.outputBytesMax) ?? "")
    }

    /// A line per object of a large directory.
    private static let outputBytesMax = 1 << 30

    /// Runs `command --json` and decodes its one line.
    func query<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        let outcome = try await run(arguments + ["--json"])
        guard outcome.end == .exited(0) else {
            throw CommandFailure(.demoFailed, "\(arguments) failed: \(outcome.standardError)")
        }
        return try JSONLines.decode(type, from: outcome.standardOutput)
    }
}
#endif
