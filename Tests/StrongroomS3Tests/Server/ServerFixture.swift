#if HTTPServer
import Logging
import Strongroom
import StrongroomCrypto
import StrongroomTestSupport
import Synchronization
import SystemPackage

@testable import StrongroomS3
@testable import StrongroomS3Protocol

/// A server on ports of its own, for the time of a test.
struct ServerFixture: Sendable {
    let folder: TemporaryFolder
    let store: Store
    let signer: S3Fixture.Signer
    let port: Int
    let securePort: Int
    var operationsPort = 0

    /// Runs `body` with a server, and stops that afterwards.
    static func with(
        _ limits: S3ServerLimits = S3ServerLimits(), isSecure: Bool = false, lifecycle: LifecycleRuns = .never,
        changing change: (inout S3ServerOptions) -> Void = { _ in },
        _ body: @Sendable (ServerFixture, Task<Void, any Error>) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let store = try await Store.open(at: folder.path.appending("store"))
        _ = try await store.createUser(named: "ada", isAdministrator: true)
        let key = try await store.createAccessKey(of: "ada")
        var options = S3ServerOptions()
        options.http = .init(host: "127.0.0.1", port: 0)
        if isSecure {
            let files = try CertificateFixture(folder)
            options.https = .init(
                address: .init(host: "127.0.0.1", port: 0), certificate: files.certificate, privateKey: files.key)
        }
        options.service.limits = limits
        options.service.logger = quiet
        options.lifecycle = lifecycle
        change(&options)
        let (endpoints, continuation) = AsyncStream.makeStream(of: S3Server.Endpoint.self)
        let server = try S3Server(store, options) { continuation.yield($0) }
        let running = Task { try await server.runUntilCancelled() }
        var found: [S3Server.Endpoint] = []
        let count = [options.http != nil, options.https != nil, options.operations != nil].count { $0 }
        for await endpoint in endpoints {
            found.append(endpoint)
            if found.count == count { break }
        }
        func port(_ purpose: S3Server.Endpoint.Purpose, isSecure: Bool) -> Int {
            found.first { $0.purpose == purpose && $0.isSecure == isSecure }?.port ?? 0
        }
        let fixture = ServerFixture(
            folder: folder, store: store, signer: .init(accessKeyID: key.id, secret: key.secret),
            port: port(.s3, isSecure: false), securePort: port(.s3, isSecure: true),
            operationsPort: port(.operations, isSecure: false))
        let outcome: Result<Void, any Error>
        do {
            try await body(fixture, running)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        try await running.value
        try await store.close()
        try outcome.get()
    }

    func connect(readBytes: Int32? = nil) throws -> RawConnection {
        try RawConnection(port: port, readBytes: readBytes)
    }

    /// The head of a signed request, empty line included.
    func head(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], length: Int? = nil,
        hash: String = "UNSIGNED-PAYLOAD", host: String = "127.0.0.1"
    ) throws -> String {
        let all = [(name: "host", value: host), ("x-amz-content-sha256", hash)] + headers
        let now = Int64(wallSeconds()) * 1_000
        let signed = try S3Fixture.signed(method, target, "", all, [], signer, atMilliseconds: now)
        let lines = signed.map { "\($0.name): \($0.value)\r\n" }.joined()
        return "\(method) \(target) HTTP/1.1\r\n" + lines + (length.map { "content-length: \($0)\r\n" } ?? "") + "\r\n"
    }
}

/// The files of a certificate.
struct CertificateFixture {
    let certificate: String
    let key: String

    init(_ folder: TemporaryFolder, named name: String = "server") throws {
        certificate = folder.appending("\(name).pem").string
        key = folder.appending("\(name).key").string
        try write(TestCertificates.server, TestCertificates.key)
    }

    func write(_ chain: String, _ privateKey: String) throws {
        for (path, text) in [(certificate, chain), (key, privateKey)] {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            _ = try file.closeAfter { try file.writeAll((text + "\n").utf8) }
        }
    }
}
#endif
