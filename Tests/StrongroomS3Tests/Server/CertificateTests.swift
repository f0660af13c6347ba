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
    /// Of no certificate, and for nothing else.
    private static let strangeKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6eAZYmFrJhOmQUMa
        S09U9J8pJ4GU5V2Z48yD3C8sQ62hRANCAARz2iYpa5QMJGHpKA4vswoll0fTU8Qv
        A2BJEHXfPDZHyGSrBOzruQ1O7+w0vrNphqUcsAFPCpwaCGd0/5HDEKar
        -----END PRIVATE KEY-----
        """

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

    /// Under a passphrase.
    private static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhpDP0udc2YNwICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPHH6x1yev0Tr7sHQVN+yXoEgZBo
        BY3ZQOsDpLdJ0mMJJR/iLHRr/hLTz+I5lHJr02Pgr8Tn3eK/sqFQYGnRMHrbT/d2
        A7VHfzaaNT2N77WF2vykyLnlwIxunXIEk/RWod8cjnGnaZmRVMs3CKLxzkYyMzRQ
        z/eZ+pcRPK4Akseirwz0aG1tOyagYKUe9UVaIV3ga4b655rqKzNJzNcoBcqajJU=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    @Test("that cannot be used keep a server from starting")
    func refusals() throws {
        let folder = TemporaryFolder()
        let files = try CertificateFixture(folder)
        let encrypted = try CertificateFixture(folder, named: "encrypted")
        try encrypted.write("", Self.encryptedKey)
        let strange = try CertificateFixture(folder, named: "strange")
        try strange.write(TestCertificates.server, Self.strangeKey)
        let unusable = [
            (files.key, files.key, "The file '\(files.key)' holds no certificate"),
            (files.certificate, files.certificate, "The file '\(files.certificate)' holds no private key"),
            (files.certificate, "/none", "There is no file '/none', in which the private key"),
            ("/none", files.key, "There is no file '/none', in which the certificate"),
            (encrypted.certificate, files.key, "The file '\(encrypted.certificate)' holds no certificate"),
            (files.certificate, encrypted.key, "The file '\(encrypted.key)' holds a private key that is encrypted"),
            (files.certificate, strange.key, "in '\(strange.key)' does not belong to"),
            ("/", files.key, "The certificate in '/' cannot be read"),
            (files.certificate, "/", "The file '/' holds no private key"),
        ]
        for (certificate, key, message) in unusable {
            let error = #expect(throws: S3ServerError.self) {
                try CertificateFiles(certificatePath: certificate, keyPath: key, logger: logger)
            }
            #expect(error?.code == .invalidCertificate)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "") instead of \(message)")
        }
    }
}
#endif
