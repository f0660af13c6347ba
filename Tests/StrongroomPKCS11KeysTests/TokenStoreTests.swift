import Strongroom
import StrongroomPKCS11Keys
import StrongroomTestSupport
import Testing

@testable import StrongroomKeys

/// A store whose SSE-KMS keys are in a token.
@Suite struct TokenStoreTests {
    let token: TestToken
    let folder = TemporaryFolder()

    init() throws { token = try TestToken() }

    private func open(_ settings: [String: String?] = [:]) async throws -> Store {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(
            .linked(PKCS11Keys.table), settings: token.settings, deadlineSeconds: 120)
        for (name, value) in settings { options.keyService?.settings[name] = value }
        return try await Store.open(at: folder.appending("store"), options: options)
    }

    @Test func objectsAreUnderTheTokensKeys() async throws {
        let store = try await open()
        let bucket = try await store.createBucket(
            "bucket", defaultEncryption: .kms(key: "strongroom/default", bucketKey: true))
        let body = [UInt8](repeating: 7, count: 100_000)
        try await bucket.put("direct", body, options: PutOptions(encryption: .kms(context: ["tenant": "blue"])))
        try await bucket.put("through-bucket-key", [1, 2, 3])
        try await store.close()

        let again = try await open()
        let read = again.bucket("bucket")
        #expect(try await read.get("direct").collect(upTo: 1 << 20) == body)
        #expect(try await read.get("through-bucket-key").collect(upTo: 10) == [1, 2, 3])
        guard case .kms(let encryption) = try await read.head("direct").encryption else {
            Issue.record("not under SSE-KMS")
            return
        }
        #expect(encryption.keyID == "strongroom/default")

        let request = #"{"operation":"rotate-key","keyId":"strongroom/default"}"#
        _ = try await again.controlKeyService(Array(request.utf8))
        let report = try await again.rewrapKeys()
        #expect(report.isComplete && report.rewrappedCount > 0)
        #expect(try await again.rewrapKeys().rewrappedCount == 0)
        #expect(try await read.get("direct").collect(upTo: 1 << 20) == body)
        try await again.close()
    }

    @Test func withoutTheTokenTheRestOfTheStoreWorks() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("plain", [1])
        try await bucket.put("token", [2], options: PutOptions(encryption: .kms()))
        try await store.close()

        try token.fail(.tokenInfo, 0xE0, count: -1)
        let again = try await open()
        #expect(try await again.bucket("bucket").get("plain").collect(upTo: 10) == [1])
        await #expect(throws: StoreError.self) { _ = try await again.bucket("bucket").get("token").collect(upTo: 10) }
        try token.fail(.tokenInfo, count: 0)
        #expect(try await again.bucket("bucket").get("token").collect(upTo: 10) == [2])
        try await again.close()
    }

    /// Keys that are gone are not made anew in silence.
    @Test func anotherTokenIsRefused() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("token", [2], options: PutOptions(encryption: .kms()))
        try await store.close()
        let other = try TestToken()
        let again = try await open(["token": other.label])
        let error = await #expect(throws: StoreError.self) {
            _ = try await again.bucket("bucket").get("token").collect(upTo: 10)
        }
        #expect(error?.code == .keyringMissing, "\(String(describing: error))")
        try await again.close()
        #expect(await refusal { _ = try await other.open() }?.code == .keyringMissing)
    }
}
