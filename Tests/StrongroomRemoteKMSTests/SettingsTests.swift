#if RemoteKMS
import Glibc
import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomRemoteKMSKeys

@Suite("Remote KMS: settings")
struct SettingsTests {
    private let fixture: RemoteFixture

    init() throws { fixture = try RemoteFixture() }

    private func code(_ body: () throws -> Void) -> KeyBackendError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? KeyBackendError)?.code
        }
    }

    @Test(arguments: [
        ("https://kms.example.com", "kms.example.com", 443), ("https://kms.example.com/", "kms.example.com", 443),
        ("https://kms.example.com:8443", "kms.example.com:8443", 8443), ("https://[::1]:4", "[::1]:4", 4),
        ("https://127.0.0.1", "127.0.0.1", 443), ("https://kms.example.com:443", "kms.example.com", 443),
    ])
    func anEndpointIsRead(_ text: String, _ header: String, _ port: Int) throws {
        let endpoint = try ServiceEndpoint(text, allowsPlain: false)
        #expect(endpoint.hostHeader == header && endpoint.port == port && !endpoint.isPlain)
    }

    @Test(arguments: [
        "", "kms.example.com", "ftp://kms", "HTTPS://kms", "https://", "https://kms/path", "https://kms?x",
        "https://kms#x",
        "https://user@kms", "https://user:secret@kms", "https://kms:", "https://kms:0", "https://kms:65536",
        "https://kms:-1", "https://kms:1x", "https://[::1", "https://[::1]x", "https://k ms", "https://k\nms",
        "https://kms//", "https://fe80::1", "https://::1", "https://kms:1:2", "https://k\u{E4}ms",
    ])
    func whatIsNoEndpointIsRefused(_ text: String) {
        #expect(code { _ = try ServiceEndpoint(text, allowsPlain: true) } == .invalidRequest)
    }

    /// In the clear a data key would be anybody's.
    @Test(arguments: [
        "http://kms.example.com", "http://10.0.0.1", "http://localhost", "http://128.0.0.1", "http://[::2]",
    ])
    func theClearIsRefused(_ text: String) throws {
        #expect(code { _ = try ServiceEndpoint(text, allowsPlain: true) } == .invalidRequest)
        #expect(code { _ = try ServiceEndpoint("http://127.0.0.1:80", allowsPlain: false) } == .invalidRequest)
        #expect(try ServiceEndpoint("http://127.0.0.1", allowsPlain: true).isPlain)
        #expect(try ServiceEndpoint("http://[::1]:99", allowsPlain: true).isPlain)
    }

    @Test(arguments: [
        ["unknown": "1"], ["endpoint": ""], ["region": ""], ["region": "EU/central"], ["attempts": "0"],
        ["attempts": "11"], ["attempts": "x"], ["connections": "65"], ["request-timeout-seconds": "301"],
        ["connect-timeout-seconds": "-1"], ["allow-plain-http": "yes"], ["default-key-id": "a b"],
        ["profile": "missing"], ["root-key-file": "/x"],
    ])
    func aSettingThatWouldBeIgnoredOrWrongIsRefused(_ more: [String: String]) {
        let settings = fixture.settings("https://127.0.0.1:1", more)
        #expect(code { _ = try fixture.open(settings) } == .invalidRequest)
    }

    @Test(arguments: ["endpoint", "region", "credentials-file"])
    func whatIsNeededIsAskedFor(_ name: String) {
        var settings = fixture.settings("https://127.0.0.1:1")
        settings[name] = nil
        #expect(code { _ = try fixture.open(settings) } == .invalidRequest)
    }

    @Test func aPassphraseIsRefused() throws {
        let configuration = KeyBackendConfiguration(
            settings: fixture.settings("https://127.0.0.1:1"), secret: try SecretBytes.random(count: 8))
        let code = code { _ = try RemoteBackend(configuration, ProcessKeyBackendHost.silent) }
        #expect(code == .invalidRequest)
    }

    // MARK: - Files

    private var credentials: FilePath { fixture.folder.appending("credentials") }

    @Test func aFileThatOthersMayReadIsRefused() throws {
        for mode: CModeT in [0o640, 0o604, 0o666, 0o602] {
            try fixture.write(RemoteFixture.credentials, to: "credentials", mode: mode)
            #expect(code { _ = try Credentials.read(credentials, profile: "default") } == .unsafePermissions)
        }
        try fixture.write(RemoteFixture.credentials, to: "credentials")
        _ = try Credentials.read(credentials, profile: "default")
        let link = fixture.folder.appending("link")
        #expect(unsafe symlink(credentials.string, link.string) == 0)
        #expect(code { _ = try Credentials.read(link, profile: "default") } == .unsafePermissions)
        #expect(
            code { _ = try Credentials.read(fixture.folder.appending("none"), profile: "default") }
                == .keyringMissing)
        #expect(code { _ = try Credentials.read("relative", profile: "default") } == .invalidRequest)
    }

    @Test func anAuthorityThatOthersMayWriteIsRefused() throws {
        try fixture.write(TestCertificates.authority, to: "authority.pem", mode: 0o666)
        #expect(code { _ = try fixture.open(fixture.settings("https://127.0.0.1:1")) } == .unsafePermissions)
        for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            try fixture.write(text, to: "authority.pem")
            #expect(code { _ = try fixture.open(fixture.settings("https://127.0.0.1:1")) } == .invalidRequest)
        }
    }

    @Test func aProfileIsFound() throws {
        let read = try Credentials.read(credentials, profile: "default")
        #expect(read.accessKeyID == "AKIDEXAMPLE" && read.sessionToken == nil)
        #expect(try isSame(read.secretAccessKey.bytes, Array(RemoteFixture.secretAccessKey.utf8)))
        let text =
            "\r\n ; x\n[ default ]\naws_access_key_id=A\n[default]\t\naws_secret_access_key\t=  s=e=c \r\n"
            + "aws_session_token=t\naws_access_key_id = B"
        try fixture.write(text, to: "credentials")
        let other = try Credentials.read(credentials, profile: "default")
        #expect(other.accessKeyID == "B" && other.sessionToken == "t")
        #expect(try isSame(other.secretAccessKey.bytes, Array("s=e=c".utf8)))
    }

    @Test(arguments: [
        "", "[default]", "[default]\naws_access_key_id=A", "[default\naws_access_key_id=A\naws_secret_access_key=s",
        "[default]\naws_access_key_id=A\naws_access_key_id=B\naws_secret_access_key=s",
        "[default]\naws_access_key_id=A\naws_secret_access_key=",
        "[default]\naws_access_key_id=A B\naws_secret_access_key=s",
        "[default]\naws_access_key_id=A\naws_secret_access_key=s\nsource_profile=x",
        "[default]\naws_access_key_id=A\naws_secret_access_key=s\nSECRET",
        "[default]\naws_access_key_id=A\naws_secret_access_key=s\n[default]\naws_access_key_id=B",
        "[default]\naws_access_key_id=A\naws_secret_access_key=s\naws_session_token=a\u{1}b",
    ])
    func credentialsThatAreNoneAreRefused(_ text: String) throws {
        try fixture.write(text, to: "credentials")
        do {
            _ = try Credentials.read(credentials, profile: "default")
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalidRequest)
            #expect(!error.message.contains("SECRET"), "what cannot be read could be a secret")
        }
    }
}
#endif
