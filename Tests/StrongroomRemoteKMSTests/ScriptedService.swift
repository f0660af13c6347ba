#if RemoteKMS
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrongroomTestSupport
import Synchronization

/// A key service that does what a test tells it, over HTTPS on this machine, and remembers what it was asked.
final class ScriptedService: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8]
        /// Counts connections from one.
        var connection: Int

        var operation: String {
            String((head.headers.first(name: "x-amz-target") ?? "").split(separator: ".").last ?? "")
        }
    }

    indirect enum Reaction: Sendable {
        case answer(status: Int, _ body: String, headers: [String] = [])
        /// These bytes as they are, and then the end of the connection.
        case bytes([UInt8])
        /// The end of the connection at once.
        case close
        /// Nothing, for ever.
        case silence
        /// An answer that has no end: pieces of that size, one after the other.
        case endless(pieceSizeBytes: Int, pauseMilliseconds: Int64)
        /// That, when so many requests have come.
        case once(requestCount: Int, Reaction)
    }

    typealias Script = @Sendable (Request, _ index: Int) -> Reaction

    private struct State {
        var requests: [Request] = []
        var connectionCount = 0
        var openCount = 0
        var openCountMax = 0
        var channels: [any Channel] = []
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())
    private let script: Script
    let port: Int
    let isPlain: Bool

    private init(certificate: String?, hangsUpOn hangUpCount: Int, script: @escaping Script) async throws {
        self.script = script
        isPlain = certificate == nil
        let tls = try certificate.map { certificate in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map {
                        .certificate($0)
                    },
                    privateKey: .privateKey(
                        try NIOSSLPrivateKey(bytes: Array(TestCertificates.key.utf8), format: .pem))))
        }
        let holder = Holder()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let service = holder.service else { throw ChannelError.inappropriateOperationForState }
                    let number = service.connected(channel)
                    guard number > hangUpCount else {
                        return try channel.pipeline.syncOperations.addHandler(HangingUpHandler())
                    }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                        ScriptedHandler(service: service, number: number),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
        holder.set(self)
    }

    /// Runs `body` with a service that is gone afterwards.
    ///
    /// - Parameter hangUpCount: so many connections end before anything is agreed on.
    static func run(
        certificate: String? = TestCertificates.server, hangsUpOn hangUpCount: Int = 0, _ script: @escaping Script,
        _ body: (ScriptedService) async throws -> Void
    ) async throws {
        let service = try await ScriptedService(
            certificate: certificate, hangsUpOn: hangUpCount, script: script)
        do {
            try await body(service)
        } catch {
            try await service.group.shutdownGracefully()
            throw error
        }
        try await service.group.shutdownGracefully()
    }

    var url: String { "\(isPlain ? "http" : "https")://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var connectionCount: Int { state.withLock { $0.connectionCount } }
    /// The most that were open at once.
    var openCountMax: Int { state.withLock { $0.openCountMax } }

    /// Ends all connections from this side, as a service does with idle ones.
    func closeConnections() async throws {
        let channels = state.withLock { $0.channels }
        for channel in channels where channel.isActive { try await channel.close() }
    }

    fileprivate func connected(_ channel: any Channel) -> Int {
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.openCount -= 1 } }
        return state.withLock { state in
            state.connectionCount += 1
            state.openCount += 1
            state.openCountMax = max(state.openCountMax, state.openCount)
            state.channels.append(channel)
            return state.connectionCount
        }
    }

    fileprivate func react(_ request: Request) -> Reaction {
        let index = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        return script(request, index)
    }
}

/// Lets connections find the service, which is not whole yet when it starts to listen.
private final class Holder: Sendable {
    private let box = Mutex<ScriptedService?>(nil)

    var service: ScriptedService? { box.withLock { $0 } }

    func set(_ service: ScriptedService) { box.withLock { $0 = service } }
}

/// Ends the connection, orderly, at the first bytes.
private final class HangingUpHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }
}

private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let service: ScriptedService
    private let number: Int
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(service: ScriptedService, number: Int) {
        self.service = service
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let piece): body += Array(piece.readableBytesView)
        case .end:
            guard let head else { return }
            react(service.react(.init(head: head, body: body, connection: number)), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func react(_ reaction: ScriptedService.Reaction, _ context: ChannelHandlerContext) {
        switch reaction {
        case .answer(let status, let text, let headers):
            let lines = ["HTTP/1.1 \(status) Status", "content-length: \(text.utf8.count)"] + headers
            send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + text).utf8), context)
        case .bytes(let bytes):
            send(bytes, context)
            context.close(promise: nil)
        case .close: context.close(promise: nil)
        case .silence: break
        case .endless(let size, let pause):
            send(Array("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".utf8), context)
            let piece =
                Array(String(size, radix: 16).utf8) + [13, 10] + [UInt8](repeating: 0x20, count: size) + [13, 10]
            sendForEver(piece, pause, context)
        case .once(let count, let next):
            guard service.requests.count < count else { return react(next, context) }
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) { self.react(reaction, context) }
        }
    }

    private func sendForEver(_ piece: [UInt8], _ pause: Int64, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        send(piece, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(pause)) {
            self.sendForEver(piece, pause, context)
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
#endif
