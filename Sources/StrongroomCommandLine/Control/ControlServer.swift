#if CommandLineTool
internal import CStrongroomShims
internal import Glibc
internal import Logging
internal import Strongroom
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Listens beside an open store for commands of the same user's, which find the store's lock held: they are run here,
/// with the terminal and the files of whoever asks.
///
/// Who may connect may do with the store what this process may: the socket is its user's alone, and whose process is at
/// the other end is asked of the system.
final class ControlServer: Sendable {
    private struct State {
        var isStopped = false
        var sessions: [ObjectIdentifier: ControlSession] = [:]
    }

    /// More commands at a time are refused.
    private static let sessionsMax = 16
    private static let endSeconds = 5
    /// A command sends its request as soon as it is connected.
    static let requestTimeoutSeconds = 10

    private let requestTimeoutSeconds: Int
    private let store: Store
    private let path: FilePath
    private let logger: Logger
    private let listener: ControlConnection
    private let state = Mutex(State())

    /// - Parameter requestTimeoutSeconds: how long a connection may be silent before it says what it wants. A few that
    ///   never do would take all places for as long as the server runs.
    /// - Throws: ``CommandFailure`` where the socket cannot be made.
    init(
        _ store: Store, at path: FilePath, logger: Logger, requestTimeoutSeconds: Int = requestTimeoutSeconds
    ) async throws(CommandFailure) {
        (self.store, self.logger, self.requestTimeoutSeconds) = (store, logger, requestTimeoutSeconds)
        self.path = try ModuleChoice.absolute(path)
        listener = try await Offload.run { () throws(CommandFailure) in try ControlConnection.listen(at: path) }
        // Whoever asked may be gone while its command still prints.
        signal(SIGPIPE, SIG_IGN)
        _ = DedicatedThread(name: "strongroom-control") { [self] in acceptAll() }
    }

    /// Takes no more commands, cancels those that run, and returns when they have ended; or after some seconds: one
    /// that prints to a terminal that somebody has stopped, or into a pipe that nobody reads, ends with this process.
    func stop() async {
        let sessions = state.withLock { state in
            state.isStopped = true
            return Array(state.sessions.values)
        }
        // Before the store's lock is given up: the next one to have it makes a socket of its own.
        // Safe: the call only reads the path, for as long as it takes.
        unsafe unlink(path.appending(ControlMessage.socketName).string)
        listener.finishReceiving()
        for session in sessions { session.cancel() }
        // Apart: whoever stops a server is a task that was cancelled, and would not wait.
        await Task.detached {
            let end = ContinuousClock.now + .seconds(Self.endSeconds)
            while !sessions.allSatisfy(\.isOver), ContinuousClock.now < end {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
    }

    private func acceptAll() {
        while true {
            let descriptor = strongroom_control_accept(listener.descriptor)
            guard descriptor >= 0 else {
                if state.withLock(\.isStopped) { return }
                // Such as a want of descriptors, which passes.
                logger.warning("no command can be taken", metadata: ["errno": "\(-descriptor)"])
                usleep(100_000)
                continue
            }
            begin(ControlConnection(descriptor: descriptor))
        }
    }

    private func begin(_ connection: ControlConnection) {
        guard let peer = connection.peer, peer.user == geteuid() || peer.user == 0 else {
            let user = connection.peer.map { "\($0.user)" } ?? "unknown"
            logger.warning("a command of another user is refused", metadata: ["user": "\(user)"])
            return
        }
        let session = ControlSession(connection, store, at: path, logger)
        let isTaken = state.withLock { state in
            guard !state.isStopped, state.sessions.count < Self.sessionsMax else { return false }
            state.sessions[ObjectIdentifier(session)] = session
            return true
        }
        guard isTaken else { return session.refuse("too many commands run there; try again when one has ended") }
        _ = DedicatedThread(name: "strongroom-ctl") { [self] in
            session.run(process: peer.process, requestTimeoutSeconds: requestTimeoutSeconds)
            state.withLock { $0.sessions[ObjectIdentifier(session)] = nil }
        }
    }
}
#endif
