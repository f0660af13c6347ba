#if CommandLineTool
internal import ArgumentParser

extension StrongroomCommand {
    /// The words that lead to a command, as the user writes them: `key rotate`; the last alone says too little.
    static func path(to command: any ParsableCommand.Type) -> String? {
        words(to: command, below: Self.self)?.joined(separator: " ")
    }

    private static func words(
        to wanted: any ParsableCommand.Type, below command: any ParsableCommand.Type
    ) -> [String]? {
        for next in command.configuration.subcommands {
            if next == wanted { return [next._commandName] }
            if let rest = words(to: wanted, below: next) { return [next._commandName] + rest }
        }
        return nil
    }
}
#endif
