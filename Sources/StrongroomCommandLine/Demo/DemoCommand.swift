#if CommandLineTool
internal import ArgumentParser
internal import SystemPackage

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The guided tour on real files, in under a minute; leaves nothing behind.",
        discussion: """
            Imports a directory into a new store, shows where the objects went, exports them and compares every byte, \
            flips a bit in each kind of file of a copy and shows the refusal, and kills an import to show that \
            nothing that was acknowledged is lost.
            """)

    @Argument(help: "The directory; by default one with thousands of files that every Debian machine has.")
    var directory: String?

    func run() async throws {
        let console = Console(json: false)
        let started = ContinuousClock.now
        let source =
            if let directory { try await DemoSource(FilePath(directory)) } else { try await DemoSource.choose() }
        let workspace = try DemoWorkspace(console: console)
        do {
            try await DemoTour(source: source, workspace: workspace).run()
        } catch {
            workspace.remove()
            throw error
        }
        workspace.remove()
        let seconds = (ContinuousClock.now - started).formattedSeconds
        console.say("\nAll of it in \(seconds); the store, its keys and the copies are removed again.")
    }
}
#endif
