#if RemoteKMS
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import StrongroomKeys
import Testing

@testable import StrongroomRemoteKMSKeys

/// One connection whose other end lets no close come to its end, and the requests that wait for it.
@Suite("Remote KMS: connections")
struct ConnectionTests {
    /// Keeps the connection open until it is let go.
    private final class Holder: ChannelOutboundHandler {
        typealias OutboundIn = HTTPClientRequestPart

        var isHolding = true

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if isHolding { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    private struct Bench {
        let channel: EmbeddedChannel
        let pool: ConnectionPool
        let connection: Connection
        let holder = Holder()

        /// The pool has no room for connections but this one.
        init() throws {
            let loop = EmbeddedEventLoop()
            pool = ConnectionPool(
                .init(
                    endpoint: try ServiceEndpoint("https://127.0.0.1:1", allowsPlain: false), tls: nil,
                    connectTimeout: .seconds(1), connectionCountMax: 0),
                on: loop)
            connection = Connection(pool: pool, isPlain: true)
            channel = EmbeddedChannel(handlers: [holder, connection], loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func submit(isRepeatable: Bool = true) -> EventLoopFuture<ServiceResponse> {
            let promise = channel.eventLoop.makePromise(of: ServiceResponse.self)
            let request = ServiceRequest(
                headers: [], body: [], isSecret: true, isRepeatable: isRepeatable, answerSizeBytesMax: 100)
            pool.submit(
                Exchange(request, deadline: .now() + .hours(1), cancellation: .never, promise: promise))
            return promise.futureResult
        }

        /// How many requests have been sent since it was asked last.
        func sentCount() throws -> Int {
            var count = 0
            while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
                if case .head = part { count += 1 }
            }
            return count
        }

        func answer() throws {
            try channel.writeInbound(
                HTTPClientResponsePart.head(.init(version: .http1_1, status: .ok, headers: ["content-length": "0"])))
            try channel.writeInbound(HTTPClientResponsePart.end(nil))
        }

        func end(_ waiting: [EventLoopFuture<ServiceResponse>]) throws {
            holder.isHolding = false
            pool.close()
            _ = try channel.finish()
            for future in waiting { #expect(throws: TransportError.self) { try future.wait() } }
        }
    }

    @Test func anAnswerThatNobodyWaitsForIsOverwritten() throws {
        let bench = try Bench()
        let future = bench.submit()
        #expect(try bench.sentCount() == 1)
        bench.connection.close(TransportError(.timedOut))
        let piece = ByteBuffer(bytes: [UInt8](repeating: 9, count: 32))
        try bench.channel.writeInbound(HTTPClientResponsePart.body(piece))
        #expect(Array(piece.readableBytesView) == [UInt8](repeating: 0, count: 32))
        try bench.end([future])
    }

    @Test func aConnectionThatIsEndingServesNobody() throws {
        let bench = try Bench()
        bench.connection.close(TransportError(.lost))
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
        #expect(!bench.connection.isClosing)
        try bench.answer()
        #expect(try first.wait().status == 200)
        #expect(bench.connection.isClosing)
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
        #expect(!bench.connection.isClosing)
        try bench.answer()
        #expect(try first.wait().status == 200 && second.wait().status == 200)
        #expect(bench.connection.isClosing)
        try bench.end(waiting)
    }
}
#endif
