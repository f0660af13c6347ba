import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

/// The whole path an engine takes: Swift → C table → Swift backend, and back.
@Suite struct S3ManagedKeysTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }

    func open(
        _ rootKey: consuming S3ManagedKeys.RootKey = .recorded, creates: Bool = false
    ) async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(
            S3ManagedKeys.table,
            configuration: S3ManagedKeys.configuration(keyring: keyring, rootKey: rootKey, creates: creates))
    }

    func refusal(_ body: () async throws -> Void) async throws -> KeyBackendError.Code? {
        do {
            try await body()
            return nil
        } catch let error as KeyBackendError {
            return error.code
        }
    }

    @Test func aKeyWrappedBeforeClosingUnwrapsAfterReopening() async throws {
        let first = try await open(creates: true)
        let generated = try await first.generateDataKey(DataKeyRequest())
        #expect(generated.wrapped.bytes.count == 104)
        #expect(generated.wrapped.keyID == S3ManagedKeys.objectKeyID)
        #expect(generated.wrapped.keyVersion == "1")
        try await first.close()

        let second = try await open()
        let key = try await second.unwrap(generated.wrapped, for: UnwrapRequest())
        #expect(try key.isEqual(to: generated.plaintext))
        try await second.close()
    }

    @Test func theMetadataKeyIsAnotherKey() async throws {
        let instance = try await open(creates: true)
        let generated = try await instance.generateDataKey(DataKeyRequest(keyID: S3ManagedKeys.metadataKeyID))
        #expect(generated.wrapped.keyID == S3ManagedKeys.metadataKeyID)
        var confused = generated.wrapped
        confused.keyID = S3ManagedKeys.objectKeyID
        #expect(
            try await refusal { _ = try await instance.unwrap(confused, for: UnwrapRequest()) } == .invalidCiphertext)
        #expect(
            try await refusal { _ = try await instance.generateDataKey(DataKeyRequest(keyID: "other")) } == .keyNotFound
        )
    }

    @Test func everyByteOfAWrappedKeyCounts() async throws {
        let instance = try await open(creates: true)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        for index in wrapped.bytes.indices {
            var damaged = wrapped
            damaged.bytes[index] ^= 0x80
            #expect(
                try await refusal { _ = try await instance.unwrap(damaged, for: UnwrapRequest()) } == .invalidCiphertext
            )
        }
    }

    @Test func rotationKeepsOldKeysAndRewrapMovesThem() async throws {
        let instance = try await open(creates: true)
        let generated = try await instance.generateDataKey(DataKeyRequest())
        for version in 2...4 {
            let answer = try await instance.control(ControlRequest(json: Array(#"{"operation":"rotate"}"#.utf8)))
            #expect(
                String(decoding: answer, as: UTF8.self)
                    == #"{"currentVersion":"\#(version)","keyId":"s3-managed/objects"}"#)
        }
        #expect(try await instance.describe(DescribeRequest()).currentVersion == "4")
        // The other line does not rotate with it.
        let metadata = try await instance.describe(DescribeRequest(keyID: S3ManagedKeys.metadataKeyID))
        #expect(metadata.currentVersion == "1")
        let rewrapped = try await instance.rewrap(generated.wrapped, for: RewrapRequest())
        #expect(rewrapped.keyVersion == "4")
        try await instance.close()

        let reopened = try await open()
        for wrapped in [generated.wrapped, rewrapped] {
            let key = try await reopened.unwrap(wrapped, for: UnwrapRequest())
            #expect(try key.isEqual(to: generated.plaintext))
        }
        var unknown = rewrapped
        // A version has one name: what is counted and told by version must not be passed by under another spelling.
        for version in ["5", "0", "", "04", "+4", "x"] {
            unknown.keyVersion = version
            let code = try await refusal { _ = try await reopened.unwrap(unknown, for: UnwrapRequest()) }
            #expect(code == .keyNotFound)
        }
        // A version cannot be passed off as another.
        unknown.keyVersion = "1"
        #expect(
            try await refusal { _ = try await reopened.unwrap(unknown, for: UnwrapRequest()) } == .invalidCiphertext)
    }

    @Test func aKeyOfAnotherKeyringIsRefused() async throws {
        let mine = try await open(creates: true)
        let other = TemporaryFolder()
        let theirs = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: other.path, creates: true))
        let wrapped = try await theirs.generateDataKey(DataKeyRequest()).wrapped
        #expect(try await refusal { _ = try await mine.unwrap(wrapped, for: UnwrapRequest()) } == .invalidCiphertext)
    }

    @Test func statusTellsKeysAndVersions() async throws {
        let instance = try await open(creates: true)
        let answer = try await instance.control(ControlRequest(json: Array(#" { "operation" : "status" } "#.utf8)))
        let members = try JSONValue.object(parsing: answer)
        #expect(members["backend"] == .string("s3-managed"))
        #expect(members["rootKey"] == .string("file"))
        guard case .array(let keys)? = members["keys"] else { throw KeyBackendError(.moduleFault, "no keys") }
        #expect(keys.count == 2)
    }

    @Test(arguments: [
        (#"{"operation":"no-such"}"#, KeyBackendError.Code.unsupported),
        (#"{"operation":"rotate","keyId":"no-such"}"#, .keyNotFound),
        (#"{"operation":"rotate","keyId":7}"#, .invalidRequest), (#"{"operation":"status","more":1}"#, .invalidRequest),
        (#"{"operation":1}"#, .invalidRequest), ("{}", .invalidRequest), ("[]", .invalidRequest), ("", .invalidRequest),
        (#"{"operation":"status","operation":"rotate"}"#, .invalidRequest),
    ])
    func aControlRequestThatIsNotUnderstoodIsRefused(_ json: String, _ code: KeyBackendError.Code) async throws {
        let instance = try await open(creates: true)
        #expect(try await refusal { _ = try await instance.control(ControlRequest(json: Array(json.utf8))) } == code)
    }

    @Test func thereIsOneKeyringInAFolder() async throws {
        _ = try await open(creates: true)
        let before = try TestFile.read(keyring.appending("s3-managed").appending("keyring"))
        #expect(try await refusal { _ = try await open(creates: true) } == .keyringExists)
        #expect(try TestFile.read(keyring.appending("s3-managed").appending("keyring")) == before)
    }

    @Test func withoutAKeyringThereIsNothingToOpen() async throws {
        #expect(try await refusal { _ = try await open() } == .keyringMissing)
        #expect(TemporaryFolder.list(folder.path) == [])
    }

    @Test func unknownSettingsAreRefused() async throws {
        let code = try await refusal {
            _ = try await KeyBackendInstance.open(
                S3ManagedKeys.table,
                configuration: KeyBackendConfiguration(keyring: keyring, creates: true, settings: ["root-key": "/x"]))
        }
        #expect(code == .invalidRequest)
        #expect(TemporaryFolder.list(folder.path) == [])
    }

    /// No simulation of the disk reaches the kernel's generator: what is drawn comes from the host.
    @Test func randomnessComesFromTheHost() async throws {
        var wrapped: [[UInt8]] = []
        for _ in 0..<2 {
            let folder = TemporaryFolder()
            let instance = try await KeyBackendInstance.open(
                S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: folder.path, creates: true),
                host: SeededHost())
            wrapped.append(try await instance.generateDataKey(DataKeyRequest()).wrapped.bytes)
        }
        #expect(wrapped[0] == wrapped[1])
    }
}

/// A host whose randomness is a function of a seed.
final class SeededHost: KeyBackendHost {
    private let generator = Mutex(SplitMix64(state: 7))

    func wallMilliseconds() -> Int64 { 1_700_000_000_000 }
    func bootNanoseconds() -> UInt64 { 1 }
    func log(_ level: KeyBackendLogLevel, _ message: String) {}
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}

    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) {
        for offset in 0..<buffer.byteCount {
            let byte = generator.withLock { UInt8(truncatingIfNeeded: $0.next()) }
            buffer.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        }
    }
}
