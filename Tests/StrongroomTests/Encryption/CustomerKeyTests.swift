import StrongroomCrypto
import SystemPackage
import Testing

@testable import Strongroom

/// Keys that come with each request.
@Suite("Customer keys")
struct CustomerKeyTests {
    private let fixture: ModeFixture
    private let store: Store
    private let bucket: Bucket

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
        bucket = try await store.createBucket("bucket", allowing: [.customerKeys])
    }

    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test func withoutItsKeyNothingIsTold() async throws {
        try await bucket.put(
            "secret", [UInt8](repeating: 7, count: 20_000),
            options: PutOptions(encryption: .customerKey(fixture.customerKey)))
        let wrong = bucket.presenting(fixture.otherCustomerKey)
        for (handle, expected) in [(bucket, StoreError.Code.invalidRequest), (wrong, .accessDenied)] {
            #expect(await code { _ = try await handle.get("secret") } == expected)
            #expect(await code { _ = try await handle.get("secret", range: 0..<1) } == expected)
            #expect(await code { _ = try await handle.get("secret", part: 1) } == expected)
            #expect(await code { _ = try await handle.head("secret") } == expected)
            #expect(await code { _ = try await handle.head("secret", part: 1) } == expected)
            #expect(await code { _ = try await handle.attributes(of: "secret") } == expected)
            #expect(await code { _ = try await bucket.copy("secret", from: handle, to: "copy") } == expected)
            // Not even whether a condition holds.
            let conditions = ReadConditions(matches: ["\"wrong\""])
            #expect(await code { _ = try await handle.head("secret", if: conditions) } == expected)
            #expect(await code { _ = try await handle.get("secret", if: conditions) } == expected)
        }
        // A listing tells what can be told without: no checksum.
        let listed = try #require(try await bucket.list().objects.first)
        #expect(listed.sizeBytes == 20_000 && listed.checksums.isEmpty)
        #expect(try await bucket.presenting(fixture.customerKey).head("secret").checksums.count == 1)
    }

    @Test func aKeyForWhatIsUnderNoneIsRefused() async throws {
        try await bucket.put("plain", [1])
        let handle = bucket.presenting(fixture.customerKey)
        #expect(await code { _ = try await handle.get("plain") } == .invalidRequest)
        #expect(await code { _ = try await handle.head("plain") } == .invalidRequest)
        #expect(await code { _ = try await handle.attributes(of: "plain") } == .invalidRequest)
        let upload = try await bucket.createUpload("upload").id
        #expect(await code { _ = try await handle.uploadPart(1, of: "upload", upload, [1]) } == .invalidRequest)
    }

    @Test func partsNeedTheKeyOfTheirUpload() async throws {
        let upload = try await bucket.presenting(fixture.customerKey).createUpload("upload").id
        #expect(await code { _ = try await bucket.uploadPart(1, of: "upload", upload, [1]) } == .invalidRequest)
        let wrong = bucket.presenting(fixture.otherCustomerKey)
        #expect(await code { _ = try await wrong.uploadPart(1, of: "upload", upload, [1]) } == .accessDenied)
        // A source under a key of its own is opened by that, and stored under the upload's.
        try await bucket.put(
            "source", [1, 2, 3], options: PutOptions(encryption: .customerKey(fixture.otherCustomerKey)))
        let handle = bucket.presenting(fixture.customerKey)
        #expect(
            await code { _ = try await handle.uploadPart(1, of: "upload", upload, copying: "source", from: bucket) }
                == .invalidRequest)
        let part = try await handle.uploadPart(1, of: "upload", upload, copying: "source", from: wrong)
        try await bucket.completeUpload("upload", upload, parts: [CompletedPart(part)])
        #expect(try await handle.get("upload").collect(upTo: 10) == [1, 2, 3])
        #expect(await code { _ = try await wrong.get("upload") } == .accessDenied)
    }

    @Test func conflictingRequestsAreRefused() async throws {
        let handle = bucket.presenting(fixture.customerKey)
        for request: EncryptionRequest in [
            .none, .s3Managed, .kms(), .customerKey(fixture.otherCustomerKey),
        ] {
            #expect(
                await code { _ = try await handle.put("key", [1], options: PutOptions(encryption: request)) }
                    == .invalidRequest)
        }
        try await handle.put("key", [1], options: PutOptions(encryption: .customerKey(fixture.customerKey)))
        try await handle.put("other", [1])
        guard case .customerKey = try await handle.head("other").encryption else {
            Issue.record("the key that is presented seals")
            return
        }
    }

    @Test func newBucketsBlockThemOnEveryPathThatWrites() async throws {
        let blocked = try await store.createBucket("blocked")
        #expect(try await blocked.info().allowedEncryption.isEmpty)
        let options = PutOptions(encryption: .customerKey(fixture.customerKey))
        #expect(await code { _ = try await blocked.put("a", [1], options: options) } == .accessDenied)
        #expect(
            await code { _ = try await blocked.put("a", [UInt8](repeating: 1, count: 50_000), options: options) }
                == .accessDenied)
        #expect(await code { _ = try await blocked.createUpload("a", options: options) } == .accessDenied)
        try await blocked.put("source", [1])
        let copy = CopyOptions(encryption: .customerKey(fixture.customerKey))
        #expect(await code { _ = try await blocked.copy("source", to: "a", options: copy) } == .accessDenied)
        #expect(
            await code {
                try await store.batch { batch in batch.put("a", [1], in: "blocked", options: options) }
            } == .accessDenied)
        #expect(
            await code {
                try await store.batch { $0.copy("source", from: "blocked", to: "a", in: "blocked", options: copy) }
            } == .accessDenied)
        // Allowed, and blocked again: what is there can be read all the same.
        try await blocked.setAllowedEncryption([.customerKeys])
        try await blocked.put("a", [1], options: options)
        try await blocked.setAllowedEncryption([])
        #expect(await code { _ = try await blocked.put("b", [1], options: options) } == .accessDenied)
        #expect(try await blocked.presenting(fixture.customerKey).get("a").collect(upTo: 10) == [1])
    }

    @Test func keysOfAnotherSizeAndWithAnotherMD5AreRefused() throws {
        for count in [16, 31, 33] {
            let secret = SharedSecret(try SecretBytes.random(count: count))
            #expect(throws: StoreError.self) { _ = try CustomerKey(secret) }
        }
        let secret = SharedSecret(try SecretBytes.random(count: 32))
        let md5 = try secret.bytes.withBytes { (bytes) throws(SealError) in try Digest.hash(.md5, bytes) }
        _ = try CustomerKey(secret, md5: md5)
        var other = md5
        other[3] ^= 1
        #expect(throws: StoreError.self) { _ = try CustomerKey(secret, md5: other) }
        #expect(throws: StoreError.self) { _ = try CustomerKey(secret, md5: []) }
    }

    @Test func twoObjectsOfOneKeyDoNotSaySo() async throws {
        let options = PutOptions(encryption: .customerKey(fixture.customerKey))
        let (first, second) = (
            try await bucket.put("a", [1], options: options), try await bucket.put("b", [1], options: options)
        )
        #expect(first.encryption != second.encryption && first.etag != second.etag)
    }

    /// What follows from the plaintext went out by the ETags of parts, and by the receipt of a completion.
    @Test func uploadsTellNothingToWhoHasNoKey() async throws {
        for options in [
            PutOptions(encryption: .customerKey(fixture.customerKey), etag: .md5),
            PutOptions(encryption: .kms(), etag: .md5),
        ] {
            let upload = try await bucket.createUpload("upload", options: options).id
            var handle = bucket
            if case .customerKey(let key) = options.encryption { handle = bucket.presenting(key) }
            let part = try await handle.uploadPart(1, of: "upload", upload, [1, 2, 3])
            // The MD5 of the three bytes.
            let digest = "5289df737df57326fcdd22597afb1fac"
            #expect(part.etag != digest)
            let receipt = try await bucket.completeUpload("upload", upload, parts: [CompletedPart(part)])
            #expect(receipt.checksums.isEmpty)
            #expect(try await handle.attributes(of: "upload").object.checksums.count == 1)
        }
    }

    @Test func aBlockHoldsForUploadsThatHaveBegun() async throws {
        let handle = bucket.presenting(fixture.customerKey)
        let upload = try await handle.createUpload("upload").id
        let part = try await handle.uploadPart(1, of: "upload", upload, [1])
        try await bucket.setAllowedEncryption([])
        #expect(await code { _ = try await handle.uploadPart(2, of: "upload", upload, [2]) } == .accessDenied)
        #expect(
            await code { _ = try await bucket.completeUpload("upload", upload, parts: [CompletedPart(part)]) }
                == .accessDenied)
        try await bucket.abortUpload("upload", upload)
    }

    /// An object that nobody here can open was called sound whatever had become of its bytes.
    @Test func damageIsFoundWithoutTheKey() async throws {
        try await bucket.put(
            "large", [UInt8](repeating: 7, count: 50_000),
            options: PutOptions(encryption: .customerKey(fixture.customerKey)))
        try await store.checkpoint()
        #expect(try await store.verify(readingData: true).isSound)
        let file = try #require(try fixture.directory.files().first { $0.extension == "blob" })
        var bytes = try fixture.directory.contents(of: file)
        bytes[20_000] ^= 1
        try fixture.directory.overwrite(file, with: bytes)
        let report = try await store.verify(readingData: true)
        #expect(!report.isSound && report.unopenedCount == 1)
    }
}
