#if CommandLineTool
public import Logging
public import Strongroom
internal import SystemPackage

/// Takes commands of the program `strongroom` for a store that this process has open: whoever types one finds the
/// store's lock held, and has it run here, with their terminal, their files and their working directory.
///
/// ```swift
/// let commands = try await CommandSocket(store)
/// …
/// await commands.stop()
/// try await store.close()
/// ```
///
/// They come by `control.sock` in the store's directory, whose mode is 0600. The system is asked whose process is at
/// the other end: this process's user and root are let in, and may do with the store what this process may. The program
/// has to be of the same version of the package as this process.
///
/// Writing into a pipe that nobody reads fails in this process from then on, and does not end it: `SIGPIPE` is ignored.
///
/// In a `ServiceGroup`, see ``CommandService``.
public struct CommandSocket: Sendable {
    private let server: ControlServer

    /// Listens for commands until ``stop()``.
    ///
    /// - Parameters:
    ///   - store: open, in a directory. It is the application's to close, after ``stop()``.
    ///   - logger: gets the name of each command, at the level `info`.
    /// - Throws: ``CommandSocketError``.
    public init(
        _ store: Store, logger: Logger = Logger(label: "strongroom.commands")
    ) async throws(CommandSocketError) {
        guard !store.directory.isEmpty else {
            throw CommandSocketError(
                .inMemory,
                "A store in memory has no directory in which another process could find it; open one at a path.")
        }
        do throws(CommandFailure) {
            server = try await ControlServer(store, at: store.directory, logger: logger)
        } catch {
            throw CommandSocketError(.cannotListen, error.message, underlying: error)
        }
    }

    /// Takes no more commands, cancels those that run, and returns when they have ended; after five seconds at the
    /// latest, where somebody does not read what one prints.
    public func stop() async { await server.stop() }
}

/// Why commands cannot be taken.
public struct CommandSocketError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. More may be added: switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The store is in memory: it has no directory in which another process could find it.
        public static let inMemory = Self("inMemory")
        /// The socket cannot be made in the store's directory.
        public static let cannotListen = Self("cannotListen")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String
    /// What it comes from, where there is more to say.
    public let underlyingError: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        (self.code, self.message, underlyingError) = (code, message, underlying)
    }

    /// The message.
    public var description: String { message }
}
#endif
