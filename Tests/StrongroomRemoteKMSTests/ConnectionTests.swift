#if RemoteKMS
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import StrongroomKeys
import Testing

@testable import StrongroomRemoteKMSKeys

/// A pool with room for one connection, whose other end lets no close come to its end.
@Suite("Remote KMS: connections")
struct ConnectionTests {
    /// Keeps the connection open until it is let go.
    private final class Holder: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var isHolding = true

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if isHolding { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    private final class Bench {
        let loop = EmbeddedEventLoop()
        let holder = Holder()
        let channel: EmbeddedChannel
        private var connected: ConnectionPool?
        private(set) var connectCount = 0

        init() throws {
            channel = EmbeddedChannel(handler: holder, loop: loop)
            let configuration = ConnectionPool.Configuration(
                endpoint: try ServiceEndpoint("http://127.0.0.1:1", allowsPlain: true), tls: nil,
                connectTimeout: .seconds(1), connectionCountMax: 1)
            connected = ConnectionPool(configuration, on: loop) { [unowned self] in connect($0) }
        }

        var pool: ConnectionPool { connected! }

        private func connect(_ configure: @escaping (any Channel) throws -> Void) -> EventLoopFuture<Void> {
            connectCount += 1
            // The one that there is has not come to its end: the pool must not ask for another.
            guard connectCount == 1 else { return loop.makeFailedFuture(ChannelError.alreadyClosed) }
            let promise = loop.makePromise(of: Void.self)
            loop.assumeIsolated().execute { [channel] in
                promise.completeWith(
                    Result { try configure(channel) }.flatMap { _ in
                        Result { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }
                    })
            }
            return promise.futureResult
        }

        func submit(isRepeatable: Bool = true) -> EventLoopFuture<ServiceResponse> {
            let promise = loop.makePromise(of: ServiceResponse.self)
            let request = ServiceRequest(
                headers: [], body: [], isSecret: true, isRepeatable: isRepeatable, answerSizeBytesMax: 100)
            pool.submit(
                Exchange(request, deadline: .now() + .hours(1), cancellation: .never, promise: promise))
            loop.run()
            return promise.futureResult
        }

        /// Does not wait: everything that is to happen has happened.
        func result(of future: EventLoopFuture<ServiceResponse>) throws -> ServiceResponse {
            var result: Result<ServiceResponse, any Error>?
            future.assumeIsolated().whenComplete { result = $0 }
            return try #require(result).get()
        }

        /// How many requests have been sent since it was asked last.
        func sentCount() throws -> Int {
            var sent = ""
            while let part = try channel.readOutbound(as: ByteBuffer.self) { sent += String(buffer: part) }
            return sent.split(separator: "POST ").count
        }

        func connection() throws -> Connection { try channel.pipeline.syncOperations.handler(type: Connection.self) }

        func isClosing() throws -> Bool { try connection().isClosing }

        func answer() throws {
            try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))
            loop.run()
        }

        func end(_ waiting: [EventLoopFuture<ServiceResponse>] = []) throws {
            #expect(connectCount == 1)
            holder.isHolding = false
            pool.close()
            _ = try channel.finish(acceptAlreadyClosed: true)
            for future in waiting { #expect(throws: TransportError.self) { try result(of: future) } }
            connected = nil
        }
    }

    @Test func anAnswerThatNobodyWaitsForIsOverwritten() throws {
        let bench = try Bench()
        let future = bench.submit()
        #expect(try bench.sentCount() == 1)
        let connection = try bench.connection()
        connection.close(TransportError(.timedOut))
        let piece = ByteBuffer(bytes: [UInt8](repeating: 9, count: 32))
        let context = try bench.channel.pipeline.syncOperations.context(handler: connection)
        connection.channelRead(context: context, data: NIOAny(HTTPClientResponsePart.body(piece)))
        #expect(Array(piece.readableBytesView) == [UInt8](repeating: 0, count: 32))
        try bench.end([future])
    }

    @Test func aConnectionThatIsEndingServesNobody() throws {
        let bench = try Bench()
        let first = bench.submit()
        try bench.answer()
        #expect(try bench.result(of: first).status == 200 && bench.sentCount() == 1)
        try bench.connection().close(TransportError(.lost))
        let future = bench.submit()
        #expect(try bench.sentCount() == 0)
        try bench.end([future])
    }

    /// What needs a new connection gets room for one when it is its turn, however many wait behind it.
    @Test func whoNeedsANewConnectionDoesNotStarve() throws {
        let bench = try Bench()
        let first = bench.submit()
        let waiting = [bench.submit(isRepeatable: false), bench.submit()]
        #expect(try bench.sentCount() == 1)
        #expect(try !bench.isClosing())
        try bench.answer()
        #expect(try bench.result(of: first).status == 200)
        #expect(try bench.isClosing())
        #expect(try bench.sentCount() == 0)
        try bench.end(waiting)
    }

    @Test func whoStandsBeforeItInTheQueueIsServedFirst() throws {
        let bench = try Bench()
        let first = bench.submit()
        let second = bench.submit()
        let waiting = [bench.submit(isRepeatable: false)]
        try bench.answer()
        #expect(try bench.sentCount() == 2)
        #expect(try !bench.isClosing())
        try bench.answer()
        #expect(try bench.result(of: first).status == 200 && bench.result(of: second).status == 200)
        #expect(try bench.isClosing())
        try bench.end(waiting)
    }
}
#endif
