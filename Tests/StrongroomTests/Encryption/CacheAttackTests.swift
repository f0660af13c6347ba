import StrongroomCrypto
import StrongroomKeys
import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// What is remembered of keys must open nothing that the key itself would not.
@Suite("Attacks through what is remembered of keys")
struct CacheAttackTests {
    private static let bucket: BucketName = "bucket"

    /// A check that only the first read of an object makes would be none.
    @Test("10: commitment and context are checked while the key is remembered", arguments: TestMode.allCases)
    func checksAreMadeEachTime(mode: TestMode) async throws {
        let fixture = try ModeFixture("warm")
        let memory = try await fixture.memory(mode)
        let plain = try await memory.store.createBucket(Self.bucket, allowing: [.customerKeys])
        let reader = memory.bucket(Self.bucket)
        for key: ObjectKey in ["a", "b"] {
            try await plain.put(
                key, [UInt8](repeating: 7, count: 20_000), options: PutOptions(encryption: mode.request(fixture)))
        }
        let value = try await memory.stored(Self.bucket, "a").value
        let payload = try await memory.payload(Self.bucket, "a")
        let other = try ObjectRow(decoding: try await memory.stored(Self.bucket, "b").value)
        func expectRefusal(_ what: String, _ value: [UInt8], _ payload: [UInt8]) async throws {
            // Everything that is remembered is remembered now.
            _ = try await reader.get("a").collect(upTo: 1 << 20)
            let whole = (try await memory.stored(Self.bucket, "a").value, try await memory.payload(Self.bucket, "a"))
            try await memory.overwrite(Self.bucket, "a", value: value, payload: payload)
            for round in 0..<2 {
                await #expect(
                    "\(what), \(round)",
                    performing: {
                        _ = try await reader.get("a").collect(upTo: 1 << 20)
                    }, throws: { ($0 as? StoreError)?.key == "a" })
            }
            try await memory.overwrite(Self.bucket, "a", value: whole.0, payload: whole.1)
        }
        var flipped = payload
        // The commitment, or, in mode none, a byte of the first chunk.
        flipped[30] ^= 1
        try await expectRefusal("the stream's commitment", value, flipped)
        guard mode != .none else { return }
        let changes: [(String, @Sendable (inout ObjectRow) -> Void)] = [
            ("the wrap of another object", { $0.wrapped = other.wrapped }),
            ("the binding", { $0.wrapped.wrapBinding[0] ^= 1 }),
            ("the descriptor's MAC", { $0.wrapped.descriptorMAC[0] ^= 1 }),
        ]
        for (what, change) in changes {
            try await expectRefusal(what, try await memory.forge(Self.bucket, "a", change), payload)
        }
        guard mode != .s3Managed, mode != .customerKey else { return }
        let context = try EncryptionContext(["tenant": "red"])
        try await expectRefusal(
            "another context", try await memory.forge(Self.bucket, "a") { $0.wrapped.context = context }, payload)
        try await expectRefusal(
            "another key", try await memory.forge(Self.bucket, "a") { $0.wrapped.keyID = TestKeyService.arn("other") },
            payload)
    }

    /// `{"a": "bc"}` is not `{"ab": "c"}`, and neither is anybody else's account.
    @Test("16: what a Bucket Key is remembered by is not ambiguous")
    func purposesAreNotAmbiguous() async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket(Self.bucket)
        let contexts: [[String: String]] = [["a": "bc"], ["ab": "c"], ["a": "b", "c": ""], ["abc": ""], [:]]
        let callers = [("ab", "c"), ("a", "bc"), ("abc", "")].map { Caller(principal: $0.0, account: $0.1) }
        for (number, context) in contexts.enumerated() {
            let request = EncryptionRequest.kms(key: "app", context: context, bucketKey: true)
            try await bucket.put("c\(number)", [1], options: PutOptions(encryption: request))
        }
        for (number, caller) in callers.enumerated() {
            let request = EncryptionRequest.kms(key: "app", bucketKey: true)
            try await store.acting(as: caller).bucket(Self.bucket)
                .put("p\(number)", [1], options: PutOptions(encryption: request))
        }
        var ids: Set<[UInt8]> = []
        for result in try await store.engine.sealedRows(after: [RowKey.currentTable], limit: 100).rows {
            if let id = try result.get().sealing?.bucketKeyID { ids.insert(id) }
        }
        #expect(ids.count == contexts.count + callers.count)
        #expect(fixture.service.calls("generate") == ids.count)
        try await store.close()
    }

    /// Keys are let go of, and their memory is zeroed, while puts are on their way: none may be sealed under zeros.
    @Test("16: a key that is let go of while it is in use seals nothing under zeros")
    func nothingIsSealedUnderZeros() async throws {
        let fixture = try ModeFixture()
        var options = fixture.options
        // A Bucket Key is let go of after two puts, while others still seal under it.
        options.keyService?.bucketKeyUseLimit = 2
        let store = try await Store.open(at: fixture.directory.store, options: options)
        let bucket = try await store.createBucket(
            Self.bucket, defaultEncryption: .kms(key: "app", bucketKey: true))
        let reserve = try store.engine.unlockedKeys().reserve
        let isOver = DecisionFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let letting = Task {
                while !isOver.value {
                    reserve?.clear()
                    await Task.yield()
                }
            }
            for task in 0..<6 {
                group.addTask {
                    for number in 0..<60 {
                        let options = PutOptions(encryption: number.isMultiple(of: 2) ? .bucketDefault : .s3Managed)
                        try await bucket.put("\(task)/\(number)", [UInt8(number)], options: options)
                        #expect(try await bucket.get("\(task)/\(number)").collect(upTo: 1) == [UInt8(number)])
                    }
                }
            }
            try await group.waitForAll()
            isOver.set(true)
            await letting.value
        }
        let zeros = try PreparedKey(SecretBytes(count: 32) { (_: inout MutableRawSpan) in })
        var enclosed: Set<[UInt8]> = []
        for result in try await store.engine.sealedRows(after: [RowKey.currentTable], limit: 1_000).rows {
            guard case .object(let object) = try result.get().content else { continue }
            let sealing = object.wrapped
            let key = sealing.enclosedKey.isEmpty ? sealing.wrappedKey : sealing.enclosedKey
            #expect(enclosed.insert(key).inserted)
            #expect(throws: SealError.self) {
                _ = try SealedStream.open(
                    key, .aes256GCM, key: zeros,
                    context: CanonicalFields.enclosedKeyContext(objectUID: object.objectUID))
            }
        }
        #expect(enclosed.count == 360)
        try await store.close()
        let again = try await fixture.open()
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    /// A key whose making the closing met was kept in memory until it expired.
    @Test func aKeyThatIsMadeWhileTheStoreIsClosedIsNotKept() async throws {
        let keyring = BucketKeyring(lifetimeSeconds: 300, useLimit: 100)
        let purpose = BucketKeyring.Purpose(
            bucketUID: [1], keyID: nil, context: .empty, requester: .init(Requester.root))
        let dataKey = try DataKey(try SecretBytes.random(count: 32))
        let made = CallCount()
        for _ in 0..<2 {
            let key = try await keyring.sealingKey(purpose) { () async throws(StoreError) in
                made.add()
                keyring.close()
                return BucketKeyring.Opened(
                    id: [2], key: dataKey, backendID: "b", keyID: "k", expiresNanoseconds: .max)
            }
            #expect(key.id == [2])
            keyring.note(key, for: .init(Requester.root))
            #expect(keyring.openedKey([2], for: .init(Requester.root)) == nil)
        }
        #expect(made.value == 2)
    }
}

private final class CallCount: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}
