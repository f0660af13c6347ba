#if HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL
import Strongroom
import StrongroomCrypto
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomS3
@testable import StrongroomS3Protocol

/// S3 in applications that have routes of their own, on real connections.
@Suite("Mounting", .serialized) struct MountingTests {
    private static func options() -> S3ServiceOptions {
        var options = S3ServiceOptions()
        options.logger = ServerFixture.quiet
        return options
    }

    private static func application<Context: S3RequestContext>(
        _ router: Router<Context>, _ whenRunning: @escaping ServerFixture.WhenRunning
    ) -> Application<RouterResponder<Context>> {
        Application(
            router: router, server: .s3(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0), serverName: "Example"),
            onServerRunning: whenRunning, logger: ServerFixture.quiet)
    }

    @Test("what has no route is S3's, and what has one is the application's")
    func fallingThrough() async throws {
        try await ServerFixture.mounted { store, _, whenRunning in
            let router = Router(context: BasicS3RequestContext.self)
            router.get("/_app/hello") { _, _ in "hello, you" }
            router.add(middleware: S3Middleware(try S3Responder(store, Self.options())))
            return Self.application(router, whenRunning)
        } _: { fixture in
            let connection = try fixture.connect()
            try await connection.send("GET /_app/hello HTTP/1.1\r\nhost: h\r\n\r\n")
            let own = try await connection.receive(until: "hello, you").text
            #expect(own.hasPrefix("HTTP/1.1 200 OK") && !own.contains("x-amz-request-id"))
            try await connection.send(try fixture.head("PUT", "/data", length: 0))
            #expect(try await connection.receive(until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 200 OK"))
            try await connection.send(try fixture.head("PUT", "/data/k", [("expect", "100-continue")], length: 5))
            #expect(try await connection.receive(until: "\r\n\r\n").text == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("bytes")
            let put = try await connection.receive(until: "\r\n\r\n").text
            #expect(put.hasPrefix("HTTP/1.1 200 OK"))
            #expect(put.contains("x-amz-request-id: ") && put.contains("Example"))
            try await connection.send(try fixture.head("GET", "/data/k"))
            #expect(try await connection.receive(until: "\r\n\r\nbytes").text.hasSuffix("\r\n\r\nbytes"))
            // Nobody's request to what has no route: refused as S3 refuses it.
            try await connection.send("GET /_app/other HTTP/1.1\r\nhost: h\r\n\r\n")
            let refused = try await connection.receive(until: "</Error>").text
            #expect(refused.contains("<RequestId>"))
            #expect(try await fixture.store.bucket("data").get("k").collect(upTo: 10) == Array("bytes".utf8))
        }
    }

    @Test("S3 at some hosts leaves all others to the application, whatever their paths")
    func hosts() async throws {
        try await ServerFixture.mounted { store, _, whenRunning in
            var options = Self.options()
            options.domains = ["s3.test"]
            let router = Router(context: BasicS3RequestContext.self)
            router.add(middleware: S3Middleware(try S3Responder(store, options), hosts: ["S3.test"]))
            router.get("/data/k") { _, _ in "the application's" }
            return Self.application(router, whenRunning)
        } _: { fixture in
            let bucket = try await fixture.store.createBucket("data")
            _ = try await bucket.put("data/k", Array("the store's".utf8))
            func get(_ host: String) async throws -> String {
                let connection = try fixture.connect()
                try await connection.send(try fixture.head("GET", "/data/k", host: host))
                return try await connection.receive(until: "'s").text
            }
            #expect(try await get("data.s3.test").hasSuffix("the store's"))
            #expect(try await get("DATA.S3.TEST:9000").hasSuffix("the store's"))
            for host in ["localhost", "s3.test.example", "nots3.test"] {
                #expect(try await get(host).hasSuffix("the application's"), "\(host)")
            }
        }
    }

    /// A context that is told the client's address by middleware.
    private struct ProxiedContext: S3RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel
        var clientAddress: String?

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            channel = source.channel
        }
    }

    private struct TrustedProxy: RouterMiddleware {
        func handle(
            _ request: Request, context: ProxiedContext,
            next: @concurrent (Request, ProxiedContext) async throws -> Response
        ) async throws -> Response {
            var context = context
            context.clientAddress = HTTPField.Name("x-real-ip").flatMap { request.headers[$0] }
            return try await next(request, context)
        }
    }

    @Test("policies see the address that the application's context says")
    func addresses() async throws {
        try await ServerFixture.mounted { store, _, whenRunning in
            let router = Router(context: ProxiedContext.self)
            router.add(middleware: TrustedProxy())
            router.add(middleware: S3Middleware(try S3Responder(store, Self.options())))
            return Self.application(router, whenRunning)
        } _: { fixture in
            let bucket = try await fixture.store.createBucket("data")
            _ = try await bucket.put("k", Array("inside".utf8))
            let policy = #"""
                {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*",
                "Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}
                """#
            _ = try await fixture.store.setUserPolicy(policy, named: "near", of: "ada")
            for (address, status) in [("192.0.2.7", "200 OK"), ("198.51.100.7", "403 Forbidden")] {
                let connection = try fixture.connect()
                try await connection.send(try fixture.head("GET", "/data/k", [("x-real-ip", address)]))
                let answer = try await connection.receive(until: "\r\n\r\n").text
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(address)")
            }
        }
    }

    @Test(
        "all of an application, over TLS: each connection is asked whether it is safe for keys",
        arguments: [true, false])
    func transport(isSecure: Bool) async throws {
        try await ServerFixture.mounted { store, folder, whenRunning in
            let files = try CertificateFixture(folder)
            let tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
            return Application(
                responder: try S3Responder(store, Self.options(), context: BasicS3RequestContext.self),
                server: isSecure ? .s3(tls: tls) : .s3(),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)), onServerRunning: whenRunning,
                logger: ServerFixture.quiet)
        } _: { fixture in
            _ = try await fixture.store.createBucket("data", allowing: [.customerKeys])
            let key = [UInt8](repeating: 7, count: 32)
            let prefix = "x-amz-server-side-encryption-customer-"
            let head = try fixture.head(
                "PUT", "/data/k",
                [
                    (prefix + "algorithm", "AES256"), (prefix + "key", PaddedBase64.encode(key)),
                    (prefix + "key-md5", PaddedMD5.header(key).value),
                ], length: 5)
            if isSecure {
                let answer = try await SecureConnection(port: fixture.port).exchange(head + "bytes", until: "\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK"), "\(answer)")
            } else {
                let connection = try fixture.connect()
                try await connection.send(head + "bytes")
                let answer = try await connection.receive(until: "</Error>").text
                #expect(answer.contains("must be made over a secure connection"), "\(answer)")
            }
        }
    }

    @Test("options that nothing can be served with are refused")
    func options() async throws {
        let folder = TemporaryFolder()
        let store = try await Store.open(at: folder.path.appending("store"))
        for change: (inout S3ServiceOptions) -> Void in [
            { $0.account = "12" }, { $0.region = "" }, { $0.limits.idleSeconds = 0 },
            // The story: a product of limits ended the process.
            { $0.limits.bodyMinimumBytesPerSecond = .max },
        ] {
            var options = S3ServiceOptions()
            change(&options)
            let error = #expect(throws: S3ServerError.self) {
                try S3Responder(store, options, context: BasicS3RequestContext.self)
            }
            #expect(error?.code == .invalidOption)
        }
        try await store.close()
    }
}
#endif
