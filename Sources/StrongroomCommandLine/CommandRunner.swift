#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Logging
internal import Strongroom

/// Parses, runs and ends: exit status 0 done, 1 failed, 64 wrong usage.
package enum CommandRunner {
    package static func run(_ arguments: [String]) async -> Never {
        ProcessHardening.apply()
        // What a command does it says itself; the library is heard when something is wrong.
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let json = arguments.contains("--json")
        if let position = ArgumentBytes.firstNotUTF8() {
            let message = "Argument \(position) is not UTF-8, as all names here are; write it so, or rename the file."
            exit(tell(ValidationError(message), json: json))
        }
        let command: any ParsableCommand
        do {
            command = try StrongroomCommand.parseAsRoot(arguments)
            if let backup = command as? BackupCreateCommand, !arguments.starts(with: ["backup", "create"]) {
                try MistypedSubcommand.check(backup.folder)
            }
        } catch {
            if !StrongroomCommand.exitCode(for: error).isSuccess,
                let explanation = MistypedSubcommand.explanation(arguments)
            {
                exit(tell(ValidationError(explanation), json: json))
            }
            exit(tell(error, json: json))
        }
        let kind = type(of: command)
        let work = Task.detached {
            var command = command
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        }
        let interrupts = Interrupts { work.cancel() }
        do {
            try await work.value
            withExtendedLifetime(interrupts) {}
            exit(0)
        } catch {
            exit(tell(error, of: kind, json: json))
        }
    }

    /// Says what became of a command, and returns its exit status.
    ///
    /// - Parameter command: nil where it is not known which was meant.
    static func tell(_ error: any Error, of command: (any ParsableCommand.Type)? = nil, json: Bool) -> Int32 {
        switch error {
        case let error as StoreError:
            // The body was ours, and so is the better word for what became of it.
            let own = error.underlyingError as? CommandFailure
            return fail(
                code: own?.code.rawValue ?? error.code.rawValue,
                message: own?.message ?? CommandWords.of(error.message),
                bucket: error.bucket, key: error.key, json: json)
        case let error as CommandFailure:
            return fail(code: error.code.rawValue, message: error.message, json: json)
        case let status as ExitCode:
            // Whoever threw it has said what there was to say.
            return status.rawValue
        case is CancellationError:
            return fail(
                code: StoreError.Code.cancelled.rawValue, message: "stopped; nothing half-done is left", json: json)
        default:
            return tell(parsing: error, of: command, json: json)
        }
    }

    private static func fail(
        code: String, message: String, bucket: String? = nil, key: String? = nil, json: Bool
    ) -> Int32 {
        Console(json: json).fail(ErrorLine(error: .init(code: code, message: message, bucket: bucket, key: key)))
        return 1
    }

    /// Help and version are no failures; everything else that parsing throws is wrong usage.
    private static func tell(parsing error: any Error, of command: (any ParsableCommand.Type)?, json: Bool) -> Int32 {
        let status = StrongroomCommand.exitCode(for: error)
        if status.isSuccess {
            Console(json: false).say(StrongroomCommand.fullMessage(for: error))
        } else if json {
            Console(json: true).fail(
                ErrorLine(error: .init(code: "usage", message: StrongroomCommand.message(for: error))))
        } else {
            Console(json: false).explain(explanation(error, of: command))
        }
        return status.rawValue
    }

    /// What a command finds wrong only once it runs is told with its own usage, like what parsing finds.
    private static func explanation(_ error: any Error, of command: (any ParsableCommand.Type)?) -> String {
        guard let error = error as? ValidationError, let command, let path = StrongroomCommand.path(to: command) else {
            return StrongroomCommand.fullMessage(for: error)
        }
        return "Error: \(error.message)\nUsage: \(StrongroomCommand.usageString(for: command))\n"
            + "  See 'strongroom \(path) --help' for more information."
    }
}
#endif
