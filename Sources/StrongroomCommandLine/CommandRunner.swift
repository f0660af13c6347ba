#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Logging
internal import Strongroom

/// Parses, runs and ends: exit status 0 done, 1 failed, 64 wrong usage.
enum CommandRunner {
    static func run(_ arguments: [String]) async -> Never {
        ProcessHardening.apply()
        // What a command does it says itself; the library is heard when something is wrong.
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let json = arguments.contains("--json")
        let command: any ParsableCommand
        do {
            command = try StrongroomCommand.parseAsRoot(arguments)
        } catch {
            end(parsing: error, json: json)
        }
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
        } catch let error as StoreError {
            // The body was ours, and so is the better word for what became of it.
            if let cause = error.underlyingError as? CommandFailure {
                fail(
                    code: cause.code.rawValue, message: cause.message, bucket: error.bucket, key: error.key, json: json)
            }
            fail(code: error.code.rawValue, message: error.message, bucket: error.bucket, key: error.key, json: json)
        } catch let error as CommandFailure {
            fail(code: error.code.rawValue, message: error.message, json: json)
        } catch let status as ExitCode {
            // Whoever threw it has said what there was to say.
            exit(status.rawValue)
        } catch is CancellationError {
            fail(code: StoreError.Code.cancelled.rawValue, message: "stopped; nothing half-done is left", json: json)
        } catch {
            end(parsing: error, json: json)
        }
    }

    private static func fail(
        code: String, message: String, bucket: String? = nil, key: String? = nil, json: Bool
    ) -> Never {
        Console(json: json).fail(ErrorLine(error: .init(code: code, message: message, bucket: bucket, key: key)))
        exit(1)
    }

    /// Help and version are no failures; everything else that parsing throws is wrong usage.
    private static func end(parsing error: any Error, json: Bool) -> Never {
        let status = StrongroomCommand.exitCode(for: error)
        if json && !status.isSuccess {
            let message = StrongroomCommand.message(for: error)
            Console(json: true).fail(ErrorLine(error: .init(code: "usage", message: message)))
            exit(status.rawValue)
        }
        StrongroomCommand.exit(withError: error)
    }
}
#endif
