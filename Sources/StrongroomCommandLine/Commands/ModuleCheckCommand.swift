#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import StrongroomKeys
internal import SystemPackage

/// `module check PATH`
struct ModuleCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a module against the key-backend contract, in a child process.",
        discussion: """
            Runs the module, pinned or not: its code runs with all your rights. Every check that it fails is printed \
            and makes the command fail; a module that crashes or hangs fails the check that it was at.
            """)

    @Argument(help: "The module's file.")
    var path: String
    @Option(
        help: ArgumentHelp("What the module has to be opened with; may be repeated.", valueName: "name=value"))
    var setting: [PairArgument] = []
    @OptionGroup var output: OutputOptions

    private struct Record: Encodable {
        var check: String
        var passed: Bool
        var failure: String?
    }

    func run() async throws {
        let console = output.console
        let settings = try PairArgument.dictionary(setting, of: "--setting").map { "--setting=\($0.key)=\($0.value)" }
        let results = try await Offload.run { [path, settings] () throws(CommandFailure) in
            let (program, module) = (
                try ModuleChoice.program(), try ModuleChoice.absolute(Surroundings.current.path(path))
            )
            do throws(KeyBackendError) {
                return try KeyModuleConformance.supervise(
                    executable: program,
                    arguments: ModuleCheckChild.arguments + settings, module: module)
            } catch {
                throw CommandFailure(.moduleFailed, error.message)
            }
        }
        for result in results {
            console.emit(
                Record(check: result.name, passed: result.passed, failure: result.failure),
                text: "\(result.passed ? "passed" : "FAILED")  \(result.name)"
                    + (result.failure.map { ": \($0)" } ?? ""))
        }
        let failed = results.filter { !$0.passed }
        guard let first = failed.first else {
            console.say("\(quoted(path)) keeps the contract")
            return
        }
        throw CommandFailure(
            .moduleFailed,
            "\(quoted(path)) does not keep the contract: \(failed.count) of \(results.count) checks failed, first "
                + "“\(first.name)”")
    }
}

/// The child's side of `module check`; not for people.
struct ModuleCheckChild: AsyncParsableCommand {
    static let arguments = ["module", "check-in-this-process"]
    static let configuration = CommandConfiguration(commandName: "check-in-this-process", shouldDisplay: false)

    @Option var setting: [PairArgument] = []
    @Argument var module: String
    @Argument var keyring: String

    func run() async throws {
        throw ExitCode(
            await KeyModuleConformance.runAsChild(
                path: Surroundings.current.path(module), keyring: Surroundings.current.path(keyring),
                settings: try PairArgument.dictionary(setting, of: "--setting")))
    }
}
#endif
