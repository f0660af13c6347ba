#if HTTPServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import StrongroomTestSupport
import Testing

@testable import StrongroomS3
@testable import StrongroomS3Protocol

@Suite("Certificates") struct CertificateTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The certificate that a server shows.
    private func shown(_ port: Int) async throws -> NIOSSLCertificate? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: nil))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        // The answer to anything at all comes behind the handshake.
        try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nhost: h\r\n\r\n"))
        let certificate = try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate
        }.get()
        channel.close(promise: nil)
        return certificate
    }

    @Test("that are replaced are shown to the next client, and those that do not fit are not")
    func reloading() async throws {
        let folder = TemporaryFolder()
        let files = try CertificateFixture(folder)
        let certificate = try CertificateFiles(
            certificatePath: files.certificate, keyPath: files.key, logger: logger)
        let tls = try NIOSSLContext(configuration: certificate.configuration(minimumVersion: .tlsv12))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let first = try NIOSSLCertificate(bytes: Array(TestCertificates.server.utf8), format: .pem)
        let second = try NIOSSLCertificate(bytes: Array(TestCertificates.elsewhere.utf8), format: .pem)
        #expect(try await shown(port) == first)
        try files.write(TestCertificates.elsewhere + "\n", TestCertificates.key)
        certificate.reload()
        #expect(try await shown(port) == second)
        try files.write("no certificate", TestCertificates.key)
        certificate.reload()
        #expect(try await shown(port) == second)
        try await server.close()
    }

    @Test("that cannot be used keep a server from starting")
    func refusals() throws {
        let folder = TemporaryFolder()
        let files = try CertificateFixture(folder)
        let unusable = [
            (files.key, files.key), (files.certificate, files.certificate), (files.certificate, "/none"),
            ("/none", files.key),
        ]
        for (certificate, key) in unusable {
            #expect {
                try CertificateFiles(certificatePath: certificate, keyPath: key, logger: logger)
            } throws: {
                ($0 as? S3ServerError)?.code == .invalidCertificate
            }
        }
    }
}
#endif
