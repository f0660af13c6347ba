#if CommandLineTool && HTTPServer
public import Logging
public import ServiceLifecycle
public import Strongroom

/// A ``CommandSocket`` for as long as an application stands, which adds it to its services:
///
/// ```swift
/// app.addServices(CommandService(store))
/// ```
public struct CommandService: Service {
    private let store: Store
    private let logger: Logger

    /// - Parameters:
    ///   - store: open, in a directory, for as long as the service runs. It is the application's to close.
    ///   - logger: gets the name of each command, at the level `info`.
    public init(_ store: Store, logger: Logger = Logger(label: "strongroom.commands")) {
        (self.store, self.logger) = (store, logger)
    }

    /// Takes commands until the service group that it is in shuts down or its task is cancelled; those that run are
    /// cancelled then.
    ///
    /// - Throws: ``CommandSocketError``.
    public func run() async throws {
        let socket = try await CommandSocket(store, logger: logger)
        // It throws where the task is cancelled: then, too, the socket is to end.
        try? await gracefulShutdown()
        await socket.stop()
    }
}
#endif
