#if CommandLineTool
internal import ArgumentParser

struct StrongroomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "An encrypted object store in a directory.",
        subcommands: [])
}
#endif
