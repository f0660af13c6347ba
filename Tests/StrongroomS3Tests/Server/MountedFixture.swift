#if HTTPServer
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Strongroom
import StrongroomTestSupport
import SystemPackage

@testable import StrongroomS3
@testable import StrongroomS3Protocol

extension ServerFixture {
    typealias WhenRunning = @concurrent @Sendable (any Channel) async -> Void

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` with an application of its own that serves a store.
    static func mounted<Responder: HTTPResponder>(
        in make: (Store, TemporaryFolder, @escaping WhenRunning) throws -> Application<Responder>,
        _ body: @Sendable (ServerFixture) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let store = try await Store.open(at: folder.path.appending("store"))
        _ = try await store.createUser(named: "ada", isAdministrator: true)
        let key = try await store.createAccessKey(of: "ada")
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = try make(store, folder) { continuation.yield($0.localAddress?.port ?? 0) }
        let running = Task { try await application.run() }
        var port = 0
        for await first in ports {
            port = first
            break
        }
        let fixture = ServerFixture(
            folder: folder, store: store, signer: .init(accessKeyID: key.id, secret: key.secret), port: port,
            securePort: port)
        let outcome: Result<Void, any Error>
        do {
            try await body(fixture)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        _ = await running.result
        try await store.close()
        try outcome.get()
    }
}

/// A client that speaks TLS, and believes every certificate.
struct SecureConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    init(port: Int) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: nil))
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Sends a request and gets what comes until the text holds `mark`, or the other side closes.
    func exchange(_ text: String, until mark: String) async throws -> String {
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await buffer in inbound {
                answer += String(buffer: buffer)
                if answer.contains(mark) { break }
            }
            return answer
        }
    }
}
#endif
