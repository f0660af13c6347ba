#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import SystemPackage

/// A store that another process has open, and that runs commands which find it so.
enum RunningStore {
    /// Has that process run this one's command, with this one's files and terminal.
    ///
    /// - Returns: the command's exit status; nil where nobody listens.
    /// - Throws: ``CommandFailure`` where it is not run there.
    static func run(_ arguments: [String], at store: FilePath) async throws -> Int32? {
        let request = try ControlMessage.encode(
            ControlMessage.Request(arguments: arguments, directory: try ModuleChoice.absolute(".").string))
        guard request.count <= ControlMessage.sizeBytesMax else {
            throw CommandFailure(
                .commandNotRun,
                "the store is open elsewhere, and a command line of \(request.count) bytes is too long to be run there; "
                    + "\(ControlMessage.sizeBytesMax) bytes are allowed")
        }
        guard
            let connection = try await Offload.run({ () throws(CommandFailure) in try ControlConnection(to: store) })
        else { return nil }
        return try await withTaskCancellationHandler {
            let bytes = try await Offload.run { () throws(CommandFailure) in
                try answer(to: request, on: connection)
            }
            let received = try ControlMessage.decode(bytes, as: ControlMessage.Answer.self)
            guard let status = received.status else {
                throw CommandFailure(.commandNotRun, received.refusal ?? "the command was not run, nobody says why")
            }
            return status
        } onCancel: {
            connection.finishSending()
        }
    }

    private static func answer(
        to request: [UInt8], on connection: ControlConnection
    ) throws(CommandFailure) -> [UInt8] {
        let streams = [FileDescriptor.standardInput, .standardOutput, .standardError]
        let result = connection.send(request, streams)
        // Who takes no more commands has said so, and reads none.
        guard result == 0 || result == EPIPE else {
            throw .system("cannot ask the process that has the store open by", "control.sock", Errno(rawValue: result))
        }
        guard case .message(let answer, _) = connection.receive() else {
            throw CommandFailure(
                .commandNotRun,
                "the process that has the store open has ended; what the command did until then is done. Run it again")
        }
        return answer
    }
}
#endif
