#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

/// A command of another process, to be run here on the store that this one has open.
struct HostedCommand {
    private let command: any StoreCommand

    /// Where relative names of files begin.
    let directory: FilePath

    /// As the user writes it: `backup create`.
    let name: String

    /// - Throws: ``CommandFailure`` where it is none that can be run here.
    init(_ message: [UInt8]) throws(CommandFailure) {
        guard let request = try? ControlMessage.decode(message, as: ControlMessage.Request.self) else {
            throw CommandFailure(
                .commandNotRun,
                "the message is no request that this program knows; run a strongroom of the same version")
        }
        guard request.version == ControlMessage.version else {
            throw CommandFailure(
                .commandNotRun,
                "the process that has the store open is of another version of strongroom; run that one, or restart it")
        }
        directory = FilePath(request.directory)
        guard let parsed = try? StrongroomCommand.parseAsRoot(request.arguments) else {
            throw CommandFailure(
                .commandNotRun,
                "the process that has the store open does not know this command or an option of it; it is of another "
                    + "version of strongroom")
        }
        guard let command = parsed as? any StoreCommand, type(of: command).runsBesideOthers else {
            throw CommandFailure(
                .commandNotRun, "the command needs the store for itself; end the process that has it open")
        }
        guard !command.location.acceptRollback else {
            throw CommandFailure(
                .commandNotRun, "the store is open elsewhere, so that --accept-rollback has nothing to accept")
        }
        self.command = command
        name = StrongroomCommand.path(to: type(of: command)) ?? "\(type(of: command))"
    }

    /// Runs it to its end, and says the exit status.
    func run(on store: Store, in surroundings: Surroundings) async -> Int32 {
        await Surroundings.$current.withValue(surroundings) {
            let console = command.location.console
            do {
                try await command.run(on: store, console)
                return surroundings.isUnprinted.isSet ? 1 : 0
            } catch  where surroundings.isUnprinted.isSet && error.isCancellation {
                // That is why, and it has been told.
                return 1
            } catch {
                return CommandRunner.tell(error, of: type(of: command), json: console.json)
            }
        }
    }
}
#endif
