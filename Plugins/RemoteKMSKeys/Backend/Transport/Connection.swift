#if RemoteKMS
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import StrongroomCrypto

/// One connection to the service: at the end of its channel's pipeline, on the pool's event loop. It serves one
/// exchange after the other, never two at once.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let pool: ConnectionPool
    private let isPlain: Bool
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var head: HTTPResponseHead?
    private var body = AnswerBuffer(isSecret: true, sizeBytesMax: 0)
    private var failure: TransportError?
    /// Whether requests may be sent: who answers has proved to be the service.
    private(set) var isReady = false
    private(set) var idleSince = NIODeadline.now()
    private(set) var servedCount = 0

    init(pool: ConnectionPool, isPlain: Bool) {
        self.pool = pool
        self.isPlain = isPlain
    }

    /// Sends the request; the connection must be ready and idle.
    func start(_ exchange: Exchange) {
        precondition(isReady && !isClosing && self.exchange == nil, "a connection serves one request at a time")
        guard let context else { return exchange.end(.failure(TransportError(.lost, "the connection was closed"))) }
        self.exchange = exchange
        exchange.connection = self
        servedCount += 1
        head = nil
        let request = exchange.request
        body = AnswerBuffer(isSecret: request.isSecret, sizeBytesMax: request.answerSizeBytesMax)
        var headers = HTTPHeaders(request.headers)
        headers.add(name: "content-length", value: String(request.body.count))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/", headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Ends the connection; what it serves fails. Until the end has come it serves nothing more.
    func close(_ error: TransportError) {
        if failure == nil {
            failure = error
            pool.connectionClosing(self)
        }
        context?.close(promise: nil)
    }

    /// Whether its end has been asked for.
    var isClosing: Bool { failure != nil }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if isPlain { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange, !isClosing else {
            // It may be the answer, with a key, to whoever has given up.
            if case .body(let piece) = unwrapInboundIn(data) { AnswerBuffer.wipe(piece) }
            close(TransportError(.malformed, "it sent what nobody had asked for"))
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let piece):
            do throws(TransportError) { try body.append(piece) } catch { close(error) }
        case .end: finish(exchange)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(transportError(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        let error = failure ?? TransportError(isReady ? .lost : .unreachable, "the service closed the connection")
        body.discard()
        exchange?.end(.failure(error))
        exchange = nil
        pool.connectionEnded(self, error)
        context.fireChannelInactive()
    }

    private func becomeReady() {
        guard !isReady, !isClosing else { return }
        isReady = true
        pool.connectionReady(self)
    }

    private func finish(_ exchange: Exchange) {
        guard let head else {
            close(TransportError(.malformed, "an answer without a head"))
            return
        }
        self.exchange = nil
        do throws(SecretMemoryError) {
            let body = try body.take()
            exchange.end(
                .success(ServiceResponse(status: Int(head.status.code), headers: head.headers, body: body)))
        } catch {
            exchange.end(.failure(TransportError(.noMemory, error.message)))
        }
        if head.isKeepAlive {
            idleSince = .now()
            pool.connectionReady(self)
        } else {
            close(TransportError(.lost, "the service closes each connection"))
        }
    }

    private func transportError(_ error: any Error) -> TransportError {
        switch error {
        case NIOSSLError.uncleanShutdown:
            TransportError(isReady ? .lost : .unreachable, "the connection was cut")
        // As a service does that is starting, or has too many connections: nobody has proved to be somebody else.
        case NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])):
            TransportError(.unreachable, "the service closed the connection at once")
        case let error as NIOSSLError where !isReady: TransportError(.untrusted, "\(error)")
        case let error as NIOSSLExtraError where !isReady: TransportError(.untrusted, "\(error)")
        case let error as BoringSSLError where !isReady: TransportError(.untrusted, "\(error)")
        case HTTPParserError.invalidEOFState: TransportError(.lost, "the connection ended too early")
        case let error as HTTPParserError: TransportError(.malformed, "\(error)")
        default: TransportError(isReady ? .lost : .unreachable, "\(error)")
        }
    }
}
#endif
