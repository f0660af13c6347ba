#if CommandLineTool
internal import Logging
internal import Strongroom
internal import Synchronization
internal import SystemPackage

/// One connection of the control socket, which brings one command.
final class ControlSession: Sendable {
    private let connection: ControlConnection
    private let store: Store
    private let path: FilePath
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var isCancelled = false
        var isOver = false
        var task: Task<Void, Never>?
    }

    init(_ connection: ControlConnection, _ store: Store, at path: FilePath, _ logger: Logger) {
        (self.connection, self.store, self.path, self.logger) = (connection, store, path, logger)
    }

    /// Blocking, on a thread of its own, until the command was given up or is done.
    func run(process: Int32, requestTimeoutSeconds: Int) {
        guard connection.isReady(withinSeconds: requestTimeoutSeconds) else {
            logger.warning("a connection that brings no command is closed", metadata: ["process": "\(process)"])
            return refuse("no command came within \(requestTimeoutSeconds) seconds; run it again")
        }
        guard case .message(let request, let streams) = connection.receive() else { return }
        guard streams.count == 3 else {
            for stream in streams { try? stream.close() }
            return refuse("the request came without standard input, output and error; run it again with all three")
        }
        let begun: Task<Void, Never>? = state.withLock { state in
            guard !state.isCancelled else { return nil }
            let task = Task(executorPreference: CommandExecutor()) { [self] in
                await answer(request, streams, process)
                for stream in streams { try? stream.close() }
                self.state.withLock { $0.isOver = true }
                // What waits below has nothing more to wait for.
                connection.finishReceiving()
            }
            state.task = task
            return task
        }
        guard let task = begun else {
            for stream in streams { try? stream.close() }
            return refuse("the store is being closed; run the command again when it is")
        }
        if case .message(_, let more) = connection.receive() { for stream in more { try? stream.close() } }
        task.cancel()
    }

    private func answer(_ request: [UInt8], _ streams: [FileDescriptor], _ process: Int32) async {
        do throws(CommandFailure) {
            let hosted = try HostedCommand(request)
            logger.info("command", metadata: ["command": "\(hosted.name)", "process": "\(process)"])
            let surroundings = Surroundings(
                input: streams[0], output: streams[1], error: streams[2], directory: hosted.directory, store: path,
                whenUnread: { [self] in cancel() })
            send(ControlMessage.Answer(status: await hosted.run(on: store, in: surroundings)))
        } catch {
            refuse(error.message)
        }
    }

    func refuse(_ reason: String) { send(ControlMessage.Answer(refusal: reason)) }

    private func send(_ answer: ControlMessage.Answer) {
        do {
            // Who is gone is not told.
            _ = connection.send(try ControlMessage.encode(answer))
        } catch {
            logger.error("an answer to a command cannot be written", metadata: ["error": "\(error)"])
        }
    }

    /// Has the command end soon, if it runs.
    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
        connection.finishReceiving()
    }

    /// Whether no command runs; after ``cancel()`` none begins.
    var isOver: Bool { state.withLock { $0.task == nil || $0.isOver } }
}
#endif
