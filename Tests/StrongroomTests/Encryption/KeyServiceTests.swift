import StrongroomKeys
import Synchronization
import Testing

@testable import Strongroom

/// SSE-KMS: what the key service is sent, and what happens when it is not well.
@Suite("Key service")
struct KeyServiceTests {
    private let fixture: ModeFixture
    private let store: Store
    private let bucket: Bucket

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
        bucket = try await store.createBucket("bucket")
    }

    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test func theContextIsS3s() async throws {
        let caller = Caller(principal: "arn:aws:iam::000000000000:user/ana", account: "000000000000")
        let theirs = store.acting(as: caller).bucket("bucket")
        try await theirs.put("a/é", [1], options: PutOptions(encryption: .kms(context: ["tenant": "blue"])))
        _ = try await theirs.get("a/é").collect(upTo: 10)
        let (contexts, callers) = fixture.service.state.withLock { ($0.contexts, $0.callers) }
        let expected = try EncryptionContext(["tenant": "blue", "aws:s3:arn": "arn:aws:s3:::bucket/a/é"])
        #expect(contexts == [expected, expected])
        // The store calls for whom it acts.
        var expectedCaller = caller
        expectedCaller.viaService = "s3"
        #expect(callers.allSatisfy { $0 == expectedCaller })
    }

    @Test func whatNeedsNoKeyAsksForNone() async throws {
        try await bucket.put("a", [1, 2, 3], options: PutOptions(encryption: .kms(), tags: ["a": "b"]))
        let before = fixture.service.calls("unwrap")
        let info = try await bucket.head("a")
        #expect(info.checksums.isEmpty, "a checksum follows from the bytes, and nobody has shown that he may read them")
        #expect(try await bucket.list().objects.first?.checksums == [])
        _ = try await bucket.tags(of: "a")
        try await bucket.setTags(["c": "d"], of: "a")
        #expect(fixture.service.calls("unwrap") == before)
        #expect(try await bucket.get("a").info.checksums.count == 1)
        #expect(fixture.service.calls("unwrap") == before + 1)
    }

    /// Under SSE-KMS nobody takes the MD5, which is not shown there; and then the object is under another mode.
    @Test func theETagIsOfTheModeThatIsTheDefaultInTheEnd() async throws {
        try await bucket.setDefaultEncryption(.kms())
        let isOver = DecisionFlag()
        let body = AsyncThrowingStream<ArraySlice<UInt8>, any Error> { [bucket] in
            if isOver.value { return nil }
            isOver.set(true)
            try await bucket.setDefaultEncryption(.s3Managed)
            return [1, 2, 3]
        }
        let receipt = try await bucket.put("a", body, lengthBytes: nil, options: PutOptions(etag: .md5))
        // The MD5 of the three bytes.
        #expect(receipt.etag == "5289df737df57326fcdd22597afb1fac")
        #expect(try await bucket.head("a").etag == receipt.etag)
    }

    @Test func aContextThatNamesTheObjectIsRefused() async throws {
        let options = PutOptions(encryption: .kms(context: ["aws:s3:arn": "arn:aws:s3:::bucket/other"]))
        #expect(await code { _ = try await bucket.put("a", [1], options: options) } == .invalidArgument)
        let large = PutOptions(encryption: .kms(context: ["a": String(repeating: "x", count: 9_000)]))
        #expect(await code { _ = try await bucket.put("a", [1], options: large) } == .invalidArgument)
    }

    @Test func aDisabledKeyIsRefusedAtOnceAndWorksAgain() async throws {
        try await bucket.put("a", [1], options: PutOptions(encryption: .kms(key: "app")))
        fixture.service.state.withLock { _ = $0.disabled.insert(TestKeyService.arn("app")) }
        #expect(await code { _ = try await bucket.get("a") } == .keyDisabled)
        let options = PutOptions(encryption: .kms(key: "app"))
        #expect(await code { _ = try await bucket.put("b", [1], options: options) } == .keyDisabled)
        #expect(await code { _ = try await bucket.head("b") } == .noSuchKey)
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await bucket.get("a").collect(upTo: 10) == [1])
    }

    @Test func anAliasThatIsPointedElsewhereChangesNoObject() async throws {
        try await bucket.put("a", [1], options: PutOptions(encryption: .kms(key: "alias/app")))
        fixture.service.state.withLock { $0.aliases["alias/app"] = TestKeyService.arn("other") }
        try await bucket.put("b", [2], options: PutOptions(encryption: .kms(key: "alias/app")))
        #expect(try await bucket.get("a").collect(upTo: 10) == [1])
        guard case .kms(let first) = try await bucket.head("a").encryption,
            case .kms(let second) = try await bucket.head("b").encryption
        else { preconditionFailure("both are under the key service") }
        #expect(first.keyID == TestKeyService.arn("app") && second.keyID == TestKeyService.arn("other"))
    }

    @Test func aServiceThatHangsHoldsUpNobodyElse() async throws {
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms()))
        try await bucket.put("s3", [2])
        try await store.close()
        var impatient = fixture
        impatient.deadlineSeconds = 1
        let store = try await impatient.open()
        let bucket = store.bucket("bucket")
        fixture.service.state.withLock { $0.mood = .hangs }
        async let slow = code { _ = try await bucket.get("kms") }
        async let slowPut = code {
            _ = try await bucket.put("new", [1], options: PutOptions(encryption: .kms()))
        }
        #expect(try await bucket.get("s3").collect(upTo: 10) == [2])
        try await bucket.put("clear", [3], options: PutOptions(encryption: .none))
        // Within the bound of a second that the store was opened with, and never in another mode.
        #expect(await slow == .keyBackendFailed)
        #expect(await slowPut == .keyBackendFailed)
        fixture.service.state.withLock { $0.mood = .throttles }
        #expect(await code { _ = try await bucket.get("kms") } == .keyBackendFailed)
        try await store.close()
        fixture.service.state.withLock { $0.mood = .well }
        let again = try await fixture.open()
        #expect(await code { _ = try await again.bucket("bucket").head("new") } == .noSuchKey)
        #expect(try await again.bucket("bucket").get("kms").collect(upTo: 10) == [1])
        try await again.close()
    }

    @Test func aStoreOpensWhileItsServiceIsDown() async throws {
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms()))
        try await bucket.put("s3", [2])
        try await store.close()
        TestKeyService.names.withLock { $0[fixture.service.name] = nil }
        let store = try await fixture.open()
        let bucket = store.bucket("bucket")
        #expect(try await bucket.get("s3").collect(upTo: 10) == [2])
        #expect(await code { _ = try await bucket.get("kms") } == .keyBackendFailed)
        // It comes back, and is asked again.
        TestKeyService.names.withLock { $0[fixture.service.name] = fixture.service }
        #expect(try await bucket.get("kms").collect(upTo: 10) == [1])
        try await store.close()
    }

    @Test func withoutTheServiceItsObjectsAreRefusedAndTheOthersAreThere() async throws {
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms()))
        try await bucket.put("s3", [2])
        try await bucket.setDefaultEncryption(.kms())
        try await store.close()
        var options = fixture.options
        options.keyService = nil
        let alone = try await Store.open(at: fixture.directory.store, options: options)
        let found = alone.bucket("bucket")
        #expect(await code { _ = try await found.get("kms") } == .keyServiceMissing)
        // The bucket's default is not weakened either.
        #expect(await code { _ = try await found.put("new", [1]) } == .keyServiceMissing)
        #expect(await code { try await found.setDefaultEncryption(.kms()) } == .keyServiceMissing)
        #expect(
            await code { _ = try await alone.createBucket("other", defaultEncryption: .kms()) } == .keyServiceMissing)
        #expect(try await found.get("s3").collect(upTo: 10) == [2])
        try await found.delete("kms")
        try await alone.close()
    }

    @Test func anotherServiceIsRefusedAtTheDoor() async throws {
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms()))
        try await store.close()
        var options = fixture.options
        let other = exportKeyBackend(name: "other-kms", version: "1") { (_, _) throws(KeyBackendError) in
            throw KeyBackendError(.unavailable, "never opened")
        }
        options.keyService = KeyServiceOptions(.linked(other))
        #expect(
            await code { _ = try await Store.open(at: fixture.directory.store, options: options) } == .keyNotFound)
    }
}
