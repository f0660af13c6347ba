#if RemoteKMS
import Glibc
import Strongroom
import StrongroomCrypto
import StrongroomKeys
import SystemPackage
import Testing

/// Against a key service that is not ours, through the module as a host loads it: run by `make test-remote-kms`, which
/// starts the service and says in STRONGROOM_REMOTE_KMS where.
@Suite("Remote KMS: a real service", .enabled(if: RemoteService.folder != nil, "make test-remote-kms"), .serialized)
struct RemoteServiceTests {
    private func withInstance(
        _ more: [String: String] = [:], _ body: (KeyBackendInstance) async throws -> Void
    ) async throws {
        let instance = try await KeyBackendInstance.open(
            try RemoteService.module().table,
            configuration: KeyBackendConfiguration(settings: try RemoteService.settings(more)))
        do {
            try await body(instance)
        } catch {
            try await instance.close()
            throw error
        }
        try await instance.close()
    }

    private func control(_ instance: KeyBackendInstance, _ json: String) async throws -> [String: JSONValue] {
        try JSONValue.object(parsing: try await instance.control(ControlRequest(json: Array(json.utf8))))
    }

    /// The id in an ARN: moto knows some operations by it alone, and fails on the ARN with status 500.
    private func id(_ arn: String) -> String { String(arn.split(separator: "/").last ?? "") }

    /// A new key's ARN.
    private func createKey(_ instance: KeyBackendInstance) async throws -> String {
        let key = try await control(instance, #"{"operation":"create-key","description":"made by a test"}"#)
        guard case .string(let arn)? = key["keyId"] else {
            Issue.record("no key: \(key)")
            return ""
        }
        return arn
    }

    @Test func aDataKeyGoesAroundTheWholeCircle() async throws {
        try await withInstance { instance in
            let arn = try await createKey(instance)
            let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::b/\u{E9}\" \\", "tenant": ""])
            let generated = try await instance.generateDataKey(.init(keyID: arn, encryptionContext: context))
            let wrapped = generated.wrapped
            #expect(wrapped.keyID == arn)
            let key = generated.takePlaintext()
            let opened = try await instance.unwrap(wrapped, for: .init(encryptionContext: context))
            #expect(try opened.isEqual(to: key))
            let rewrapped = try await instance.rewrap(wrapped, for: .init(encryptionContext: context))
            #expect(rewrapped.bytes != wrapped.bytes)
            let again = try await instance.unwrap(rewrapped, for: .init(encryptionContext: context))
            #expect(try again.isEqual(to: key))
            let description = try await instance.describe(.init(keyID: arn))
            #expect(description.health == .ready)
        }
    }

    @Test func whatWasWrappedElsewhereIsRefused() async throws {
        try await withInstance { instance in
            let (arn, other) = (try await createKey(instance), try await createKey(instance))
            let context = try EncryptionContext(["tenant": "blue"])
            let generated = try await instance.generateDataKey(.init(keyID: arn, encryptionContext: context))
            var wrapped = generated.wrapped
            let codes: [KeyBackendError.Code] = [.invalidCiphertext, .accessDenied, .incorrectKey]
            for wrong in [EncryptionContext.empty, try .init(["tenant": "red"])] {
                let error = await failure {
                    _ = try await instance.unwrap(wrapped, for: .init(encryptionContext: wrong))
                }
                #expect(error?.code == .invalidCiphertext)
            }
            wrapped.bytes[wrapped.bytes.count - 1] ^= 1
            let damaged = await failure {
                _ = try await instance.unwrap(wrapped, for: .init(encryptionContext: context))
            }
            #expect(damaged?.code == .invalidCiphertext)
            wrapped = generated.wrapped
            wrapped.keyID = other
            let foreign = await failure {
                _ = try await instance.unwrap(wrapped, for: .init(encryptionContext: context))
            }
            #expect(codes.contains(foreign?.code ?? .closed))
        }
    }

    /// Why the engine binds what it must by itself: this service writes names and values one after the other, so to it
    /// these contexts are the same. (What the engine does about it: ModeAttackTests.)
    @Test func aServiceMayConfuseContexts() async throws {
        try await withInstance { instance in
            let arn = try await createKey(instance)
            let generated = try await instance.generateDataKey(
                .init(keyID: arn, encryptionContext: try .init(["a": "bc"])))
            let opened = try await instance.unwrap(
                generated.wrapped, for: .init(encryptionContext: try .init(["ab": "c"])))
            #expect(try opened.isEqual(to: generated.plaintext))
        }
    }

    @Test func keysAreAdministered() async throws {
        try await withInstance { instance in
            let arn = try await createKey(instance)
            let alias = "alias/strongroom-\(arn.suffix(12))"
            _ = try await control(
                instance, #"{"operation":"create-alias","aliasName":"\#(alias)","targetKeyId":"\#(arn)"}"#)
            let named = try await instance.generateDataKey(.init(keyID: alias))
            #expect(named.wrapped.keyID == arn, "a wrapped key never names an alias")
            let aliases = try await control(instance, #"{"operation":"list-aliases","keyId":"\#(arn)"}"#)
            guard case .array(let list)? = aliases["aliases"] else { throw KeyBackendError(.moduleFault, "no list") }
            #expect(list.count == 1)
            _ = try await control(instance, #"{"operation":"disable-key","keyId":"\#(id(arn))"}"#)
            let description = try await instance.describe(.init(keyID: arn))
            #expect(description.health == .unavailable)
            _ = try await control(instance, #"{"operation":"enable-key","keyId":"\#(id(arn))"}"#)
            let rotated = try await control(instance, #"{"operation":"rotate-key","keyId":"\#(id(arn))"}"#)
            #expect(rotated["keyId"] == .string(arn))
            _ = try await control(instance, #"{"operation":"list-rotations","keyId":"\#(id(arn))"}"#)
            let policy = try await control(instance, #"{"operation":"get-key-policy","keyId":"\#(id(arn))"}"#)
            #expect(policy["policy"] != nil)
            var found = false
            var request = #"{"operation":"list-keys","limit":1}"#
            while !found {
                let page = try await control(instance, request)
                if case .array(let keys)? = page["keys"] {
                    found = keys.contains {
                        if case .object(let key) = $0 { key["keyId"] == .string(arn) } else { false }
                    }
                }
                guard case .string(let marker)? = page["nextMarker"] else { break }
                request = #"{"operation":"list-keys","limit":1,"marker":"\#(marker)"}"#
            }
            #expect(found)
            let missing = await failure { _ = try await instance.describe(.init(keyID: "alias/none")) }
            #expect(missing?.code == .keyNotFound)
        }
    }

    // MARK: - Who asks

    @Test func aWrongSignatureIsRefused() async throws {
        try await withInstance(["profile": "wrong"]) { instance in
            let error = await failure { _ = try await createKey(instance) }
            #expect(error?.code == .accessDenied)
            #expect(error?.message.contains("credentials") == true)
        }
    }

    @Test func whoMayNotIsRefused() async throws {
        var arn = ""
        try await withInstance { arn = try await createKey($0) }
        try await withInstance(["profile": "reader"]) { instance in
            let description = try await instance.describe(.init(keyID: arn))
            #expect(description.health == .ready)
            let error = await failure { _ = try await instance.generateDataKey(.init(keyID: arn)) }
            #expect(error?.code == .accessDenied)
        }
    }

    @Test func anotherAuthorityIsRefused() async throws {
        let fixture = try RemoteFixture()
        let other = fixture.folder.appending("other-authority.pem").string
        try await withInstance(["ca-file": other]) { instance in
            let error = await failure { _ = try await createKey(instance) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("ca-file") == true)
        }
    }

    // MARK: - A store

    @Test func aStoreKeepsObjectsUnderIt() async throws {
        var arn = ""
        try await withInstance { arn = try await createKey($0) }
        // What the service's checks of the contract are run with.
        try RemoteService.note(arn, as: "key")
        let folder = try RemoteFixture()
        let path = folder.folder.appending("store-\(arn.suffix(12))")
        defer { _ = unsafe system("rm -rf '\(path.string)' '\(path.string).keyring'") }
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(
            .module(try RemoteService.trusted()), settings: try RemoteService.settings(["default-key-id": arn]))
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let requests: [(ObjectKey, EncryptionRequest)] = [
            ("plain", .kms(key: arn)), ("context", .kms(context: ["tenant": "blue", "\u{E9}": ""])),
            ("bucket-key", .kms(key: arn, bucketKey: true)),
        ]
        let store = try await Store.open(at: path, options: options)
        let bucket = try await store.createBucket("bucket")
        for (key, request) in requests { try await bucket.put(key, body, options: PutOptions(encryption: request)) }
        try await store.close()

        let again = try await Store.open(at: path, options: options)
        for (key, _) in requests {
            let read = try await again.bucket("bucket").get(key).collect(upTo: 1 << 20)
            #expect(read == body)
        }
        try await withInstance { instance in
            _ = try await control(instance, #"{"operation":"disable-key","keyId":"\#(id(arn))"}"#)
            let info = try await again.bucket("bucket").head("plain")
            #expect(info.key == "plain", "what needs no key is there all the same")
            _ = try await control(instance, #"{"operation":"enable-key","keyId":"\#(id(arn))"}"#)
        }
        try await again.close()
    }
}

/// What `make test-remote-kms` has started.
enum RemoteService {
    static let folder: FilePath? = {
        guard let name = unsafe getenv("STRONGROOM_REMOTE_KMS") else { return nil }
        return FilePath(unsafe String(cString: name))
    }()

    private static func path(_ name: String) throws -> FilePath {
        try #require(folder).appending(name)
    }

    static func settings(_ more: [String: String] = [:]) throws -> [String: String] {
        let file = try FileDescriptor.open(try path("endpoint"), .readOnly)
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
        return [
            "endpoint": String(decoding: bytes.prefix(count), as: UTF8.self), "region": "eu-central-1",
            "credentials-file": try path("credentials").string, "ca-file": try path("authority.pem").string,
        ].merging(more) { _, new in new }
    }

    static func trusted() throws -> TrustedModule {
        let folder = unsafe getenv("STRONGROOM_MODULES").map { unsafe String(cString: $0) }
        let module = FilePath(try #require(folder)).appending("libRemoteKMSKeys.so")
        return TrustedModule(path: module, sha256: try KeyModule.digest(of: module))
    }

    static func module() throws -> KeyModule { try KeyModule.load(try trusted()) }

    static func note(_ text: String, as name: String) throws {
        let file = try FileDescriptor.open(
            try path(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        defer { try? file.close() }
        try file.writeAll(text.utf8)
    }
}
#endif
