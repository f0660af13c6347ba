#if RemoteKMS
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Connections to one service, kept and used again, and the requests that wait for one.
///
/// Everything of it happens on one event loop, so it needs no lock. Invariants: `openCount` counts the connections from
/// the attempt to make them to their end, never more than the limit; an idle one is ready, and not closing; an exchange
/// is in `waiting`, or at one connection, or has ended.
final class ConnectionPool {
    struct Configuration: Sendable {
        var endpoint: ServiceEndpoint
        /// Nil: in the clear.
        var tls: NIOSSLContext?
        var connectTimeout: TimeAmount
        var connectionCountMax: Int
    }

    /// How long an idle connection is trusted to be still open at the other end.
    private static let idleMax = TimeAmount.seconds(20)
    /// How often it is looked whether anybody still waits.
    private static let watchInterval = TimeAmount.milliseconds(50)

    /// Makes a channel on the loop and gives it to `configure` before anything comes in; fails where nobody answers.
    typealias Connect = (_ configure: @escaping (any Channel) throws -> Void) -> EventLoopFuture<Void>

    private let loop: any EventLoop
    private let configuration: Configuration
    private let connect: Connect
    private var openCount = 0
    private var openingCount = 0
    private var idle: [Connection] = []
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var waiting: [Exchange] = []
    private var isClosed = false

    /// - Parameters:
    ///   - configuration: where to, and how many.
    ///   - loop: where everything happens.
    ///   - connect: how a channel is made; nil: over TCP, to the endpoint.
    init(_ configuration: Configuration, on loop: any EventLoop, connect: Connect? = nil) {
        self.loop = loop
        self.configuration = configuration
        self.connect = connect ?? { configure in Self.connect(configuration, loop, configure) }
    }

    func submit(_ exchange: Exchange) {
        loop.assertInEventLoop()
        guard !isClosed else { return exchange.end(.failure(TransportError(.closed))) }
        waiting.append(exchange)
        watch(exchange)
        serve()
    }

    /// Ends all connections and fails what waits; nothing is accepted afterwards.
    func close() {
        isClosed = true
        for exchange in waiting { exchange.end(.failure(TransportError(.closed))) }
        waiting = []
        for connection in connections.values { connection.close(TransportError(.closed)) }
    }

    // MARK: - What connections report

    func connectionReady(_ connection: Connection) {
        if connections[ObjectIdentifier(connection)] == nil {
            openingCount -= 1
            connections[ObjectIdentifier(connection)] = connection
        }
        if isClosed { return connection.close(TransportError(.closed)) }
        idle.append(connection)
        serve(fresh: connection)
    }

    /// Its end has been asked for and may be long in coming.
    func connectionClosing(_ connection: Connection) { idle.removeAll { $0 === connection } }

    /// Also where it never became ready; then whoever waits first is told why.
    func connectionEnded(_ connection: Connection, _ error: TransportError) {
        openCount -= 1
        idle.removeAll { $0 === connection }
        if connections.removeValue(forKey: ObjectIdentifier(connection)) == nil {
            openingCount -= 1
            failFirst(error)
        }
        serve()
    }

    private func connectFailed(_ error: any Error) {
        openCount -= 1
        openingCount -= 1
        failFirst(TransportError(.unreachable, "\(error)"))
        serve()
    }

    private func failFirst(_ error: TransportError) {
        if !waiting.isEmpty { waiting.removeFirst().end(.failure(error)) }
    }

    // MARK: - Serving

    /// - Parameter fresh: a connection that has just become ready, which may serve what must not go over an old one.
    private func serve(fresh: Connection? = nil) {
        if let fresh, let first = waiting.first, !first.request.isRepeatable, isFresh(fresh) {
            idle.removeAll { $0 === fresh }
            waiting.removeFirst()
            fresh.start(first)
        }
        closeStale()
        // First, or whoever needs a new connection would wait for a moment at which nobody else waits.
        makeRoom()
        while let index = waiting.firstIndex(where: \.request.isRepeatable), let connection = idle.popLast() {
            connection.start(waiting.remove(at: index))
        }
        makeRoom()
        while openingCount < waiting.count, openCount < configuration.connectionCountMax, !isClosed { open() }
    }

    /// Ends idle connections for those at the head of the queue who need a new one and would find no place for it.
    private func makeRoom() {
        guard openCount == configuration.connectionCountMax else { return }
        let wantedCount = waiting.prefix { !$0.request.isRepeatable }.count
        let closingCount = connections.values.count(where: \.isClosing)
        for _ in 0..<max(0, wantedCount - openingCount - closingCount) {
            guard let connection = idle.popLast() else { return }
            connection.close(TransportError(.closed))
        }
    }

    private func isFresh(_ connection: Connection) -> Bool { connection.servedCount == 0 }

    private func closeStale() {
        let oldest = NIODeadline.now() - Self.idleMax
        for connection in idle where connection.idleSince < oldest { connection.close(TransportError(.closed)) }
        idle.removeAll { $0.idleSince < oldest }
    }

    /// Looks, as long as the exchange lasts, whether anybody still waits for it.
    private func watch(_ exchange: Exchange) {
        guard !exchange.hasEnded else { return }
        if let error = exchange.expiry {
            let connection = exchange.connection
            waiting.removeAll { $0 === exchange }
            exchange.end(.failure(error))
            // The answer may still come: the connection is of no use to others.
            connection?.close(error)
            return
        }
        let pause = min(Self.watchInterval, exchange.deadline - .now())
        loop.assumeIsolated().scheduleTask(in: max(pause, .nanoseconds(1))) { self.watch(exchange) }
    }

    // MARK: - Opening

    private func open() {
        openCount += 1
        openingCount += 1
        connect(configure).assumeIsolated().whenFailure { error in self.connectFailed(error) }
    }

    private static func connect(
        _ configuration: Configuration, _ loop: any EventLoop, _ configure: @escaping (any Channel) throws -> Void
    ) -> EventLoopFuture<Void> {
        let configure = NIOLoopBound(configure, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure.value(channel) }
            }
            .connect(host: configuration.endpoint.host, port: configuration.endpoint.port)
            .map { _ in }
    }

    private func configure(_ channel: any Channel) throws {
        let operations = channel.pipeline.syncOperations
        if let tls = configuration.tls {
            // For an address there is no name to send; the certificate must then be for the address itself.
            let name = configuration.endpoint.isAddress ? nil : configuration.endpoint.host
            try operations.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        try operations.addHTTPClientHandlers()
        let connection = Connection(pool: self, isPlain: configuration.tls == nil)
        try operations.addHandler(connection)
        loop.assumeIsolated().scheduleTask(in: configuration.connectTimeout) {
            guard !connection.isReady else { return }
            connection.close(TransportError(.unreachable, "no connection was agreed on in time"))
        }
    }
}
#endif
