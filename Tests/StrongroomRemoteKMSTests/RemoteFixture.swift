#if RemoteKMS
import Glibc
import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomRemoteKMSKeys

/// A folder with what a backend needs to be opened: credentials, and an authority.
final class RemoteFixture: Sendable {
    static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    static let arn = "arn:aws:kms:eu-central-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    static let credentials = """
        # those of another
        [other]
        aws_access_key_id = OTHER
        aws_secret_access_key = other

        [default]
        aws_access_key_id = AKIDEXAMPLE
        aws_secret_access_key = \(secretAccessKey)
        """

    private let temporary = TemporaryFolder()

    var folder: FilePath { temporary.path }

    init() throws {
        try write(Self.credentials, to: "credentials")
        try write(TestCertificates.authority, to: "authority.pem")
        try write(TestCertificates.otherAuthority, to: "other-authority.pem")
    }

    func write(_ text: String, to name: String, mode: CModeT = 0o600) throws {
        try TestFile.write(text.utf8, to: folder.appending(name), mode: mode)
    }

    func settings(_ endpoint: String, _ more: [String: String] = [:]) -> [String: String] {
        let all = [
            "endpoint": endpoint, "region": "eu-central-1",
            "credentials-file": folder.appending("credentials").string,
            "ca-file": folder.appending("authority.pem").string, "default-key-id": Self.arn,
            // A busy machine is no fault of the service.
            "connect-timeout-seconds": "60", "request-timeout-seconds": "300",
        ]
        return all.merging(more) { _, new in new }
    }

    func open(
        _ settings: [String: String], host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) throws(KeyBackendError) -> RemoteBackend {
        try RemoteBackend(KeyBackendConfiguration(settings: settings), host)
    }

    /// Runs `body` with a backend that asks `service`, and closes it.
    func with(
        _ service: ScriptedService, _ more: [String: String] = [:],
        host: any KeyBackendHost = PatientHost(),
        _ body: (RemoteBackend) async throws -> Void
    ) async throws {
        var settings = settings(service.url, more)
        if service.isPlain {
            settings["ca-file"] = nil
            settings["allow-plain-http"] = "true"
        }
        let backend = try open(settings, host: host)
        do {
            try await body(backend)
        } catch {
            try await backend.close()
            throw error
        }
        try await backend.close()
    }
}

/// A host whose clock for deadlines goes slowly: how busy the machine is decides no test.
struct PatientHost: KeyBackendHost {
    private let host = ProcessKeyBackendHost.silent

    func wallMilliseconds() -> Int64 { host.wallMilliseconds() }
    func bootNanoseconds() -> UInt64 { host.bootNanoseconds() / 100 }
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) { try host.fillRandom(&buffer) }
    func log(_ level: KeyBackendLogLevel, _ message: String) {}
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) { try await host.appendAudit(record) }
}

/// Answers as a key service writes them.
enum TestAnswer {
    static let key = [UInt8](1...32)
    static let wrapped = [UInt8](repeating: 7, count: 184)

    static func dataKey(
        _ key: [UInt8] = key, arn: String = RemoteFixture.arn, more: String = ""
    ) -> ScriptedService.Reaction {
        .answer(
            status: 200,
            #"{"CiphertextBlob":"\#(PaddedBase64.encode(wrapped))","Plaintext":"\#(PaddedBase64.encode(key))","#
                + #""KeyId":"\#(arn)"\#(more)}"#)
    }

    static func error(
        _ type: String, status: Int = 400, _ message: String = "no", headers: [String] = []
    ) -> ScriptedService.Reaction {
        .answer(status: status, #"{"__type":"\#(type)","message":"\#(message)"}"#, headers: headers)
    }

    static func metadata(_ arn: String = RemoteFixture.arn, state: String = "Enabled") -> ScriptedService.Reaction {
        .answer(
            status: 200,
            #"{"KeyMetadata":{"Arn":"\#(arn)","KeyId":"1234abcd","KeyState":"\#(state)","CreationDate":1.5E9}}"#)
    }
}

extension WrappedDataKey {
    static let test = WrappedDataKey(keyID: RemoteFixture.arn, keyVersion: "unversioned", bytes: TestAnswer.wrapped)
}

/// Requests that wait as long as the machine needs; what they would do by themselves ends after 30 seconds, which a
/// machine with a thousand tests under way may need.
extension DataKeyRequest {
    static var patient: Self { Self(context: .patient) }
}

extension UnwrapRequest {
    static var patient: Self { Self(context: .patient) }
}

extension RewrapRequest {
    static var patient: Self { Self(context: .patient) }
}

extension DescribeRequest {
    static var patient: Self { Self(context: .patient) }
}

extension KeyRequestContext {
    static var patient: Self { .within(seconds: 3600) }

    static func patient(_ grantTokens: [String]) -> Self {
        var context = patient
        context.grantTokens = grantTokens
        return context
    }

    static func within(seconds: Double, cancellation: KeyCancellation = .never) -> KeyRequestContext {
        KeyRequestContext(
            deadlineNanoseconds: PosixClock().bootNanoseconds() + UInt64(seconds * 1e9), cancellation: cancellation)
    }
}

/// The error that `body` throws.
func failure(_ body: () async throws -> Void) async -> KeyBackendError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? KeyBackendError
    }
}

/// Whether a secret has these bytes.
func isSame(_ secret: borrowing SecretBytes, _ bytes: [UInt8]) throws -> Bool {
    try secret.isEqual(to: try SecretBytes(copying: unsafe bytes.span.bytes))
}
#endif
