import StrongroomKeys
import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// One key of the service for many objects: how rarely it is asked, and how soon it is obeyed.
@Suite("Bucket Keys")
struct BucketKeyTests {
    private let fixture: ModeFixture

    init() throws { fixture = try ModeFixture() }

    private func open(lifetimeSeconds: Int = 300, useLimit: Int = 1 << 20) async throws -> Store {
        var options = fixture.options
        options.keyService?.bucketKeyLifetimeSeconds = lifetimeSeconds
        options.keyService?.bucketKeyUseLimit = useLimit
        return try await Store.open(at: fixture.directory.store, options: options)
    }

    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    private func calls() -> Int { fixture.service.calls("generate") + fixture.service.calls("unwrap") }

    @Test func aThousandObjectsCostTheServiceLessThanOneCallInAHundred() async throws {
        let store = try await open()
        let with = try await store.createBucket("with", defaultEncryption: .kms(key: "app", bucketKey: true))
        let without = try await store.createBucket("without", defaultEncryption: .kms(key: "app"))
        var counts: [Int] = []
        for bucket in [with, without] {
            let before = calls()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<10 {
                    group.addTask {
                        for number in 0..<100 {
                            let key: ObjectKey = "k\(task)-\(number)"
                            try await bucket.put(key, [UInt8(number)])
                            guard try await bucket.get(key).collect(upTo: 10) == [UInt8(number)] else {
                                throw StoreError(.damaged, "other bytes")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            counts.append(calls() - before)
        }
        #expect(counts[1] == 2_000)
        #expect(counts[0] * 100 < counts[1], "\(counts)")
        // What the service is told is the bucket.
        let contexts = fixture.service.state.withLock { Set($0.contexts.map(\.canonicalBytes)) }
        #expect(contexts.contains(try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::with"]).canonicalBytes))
        guard case .kms(let kms) = try await with.head("k0-0").encryption else { preconditionFailure("SSE-KMS") }
        #expect(kms.usesBucketKey && kms.keyVersion == nil && kms.keyID == TestKeyService.arn("app"))
        try await store.close()

        // They outlive the store's closing: the keys are rows, and each is opened once.
        let again = try await open()
        let before = calls()
        for number in 0..<100 {
            #expect(try await again.bucket("with").get("k3-\(number)").collect(upTo: 10) == [UInt8(number)])
        }
        #expect(calls() - before == 1)
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    @Test func aDisabledKeyIsObeyedWithinTheLifetime() async throws {
        let store = try await open(lifetimeSeconds: 1)
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(key: "app", bucketKey: true))
        try await bucket.put("a", [1])
        _ = try await bucket.get("a").collect(upTo: 10)
        fixture.service.state.withLock { _ = $0.disabled.insert(TestKeyService.arn("app")) }
        try await Task.sleep(for: .milliseconds(1_100))
        #expect(await code { _ = try await bucket.get("a") } == .keyDisabled)
        #expect(await code { _ = try await bucket.put("b", [2]) } == .keyDisabled)
        // Enabled again it works at once: a refusal is not remembered.
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await bucket.get("a").collect(upTo: 10) == [1])
        try await bucket.put("b", [2])
        try await store.close()
    }

    @Test func nobodyIsServedByWhatTheServiceOpenedForSomebodyElse() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(key: "app", bucketKey: true))
        try await bucket.put("a", [1])
        _ = try await bucket.get("a").collect(upTo: 10)
        let ana = Caller(principal: "arn:aws:iam::000000000000:user/ana", account: "000000000000")
        var withFactor = ana
        withFactor.multiFactorAgeSeconds = 40
        for caller in [ana, withFactor] {
            let before = calls()
            let theirs = store.acting(as: caller).bucket("bucket")
            _ = try await theirs.get("a").collect(upTo: 10)
            #expect(calls() == before + 1, "opened for this one, too")
            try await theirs.put("b", [2])
            #expect(calls() == before + 2, "and made for this one")
            // How long ago the second factor was does not count, or no key would serve twice.
            var later = caller
            if later.multiFactorAgeSeconds != nil { later.multiFactorAgeSeconds = 41 }
            _ = try await store.acting(as: later).bucket("bucket").get("a").collect(upTo: 10)
            #expect(calls() == before + 2)
        }
        try await store.close()
    }

    /// Sessions of a role have one name where whoever assumes it says so, and not the same policies.
    @Test func sessionsOfARoleAreOthersWhereTheirPoliciesAre() {
        var callers = [Caller(principal: "session", account: "000000000000", policies: [])]
        for (role, policy) in [("role/r", nil), ("role/s", nil), ("role/r", "{}"), ("role/r", "{ }")] {
            var session = callers[0]
            (session.roleARN, session.sessionPolicy) = (role, policy)
            callers.append(session)
        }
        #expect(Set(callers.map { BucketKeyring.Identity(Requester(caller: $0)) }).count == callers.count)
    }

    @Test func aKeyIsUsedForSoManyObjectsAndNoMore() async throws {
        let store = try await open(useLimit: 10)
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(bucketKey: true))
        for number in 0..<30 { try await bucket.put("k\(number)", [1]) }
        #expect(fixture.service.calls("generate") == 3)
        for number in 0..<30 { _ = try await bucket.get("k\(number)").collect(upTo: 10) }
        #expect(fixture.service.calls("unwrap") == 3)
        try await store.close()
    }

    @Test func everyPathWorksUnderThem() async throws {
        let store = try await open()
        let bucket = try await store.createBucket(
            "bucket", defaultEncryption: .kms(key: "app", bucketKey: true), versioning: .enabled)
        let body = [UInt8](repeating: 9, count: 40_000)
        try await bucket.put("large", body)
        try await bucket.copy("large", to: "copy")
        let upload = try await bucket.createUpload("parts").id
        let part = try await bucket.uploadPart(1, of: "parts", upload, body)
        try await bucket.completeUpload("parts", upload, parts: [CompletedPart(part)])
        try await store.batch { $0.put("batch", body, in: "bucket") }
        try await bucket.put("other", body, options: PutOptions(encryption: .s3Managed))
        try await bucket.updateEncryption(of: "other", toKey: "other", bucketKey: true)
        try await bucket.put("context", body, options: PutOptions(encryption: .kms(context: ["tenant": "blue"])))
        try await bucket.put("plain", body, options: PutOptions(encryption: .kms(bucketKey: false)))
        for key: ObjectKey in ["large", "copy", "parts", "batch", "other", "context", "plain"] {
            let found = try await bucket.get(key)
            guard case .kms(let kms) = found.info.encryption else { preconditionFailure("\(key) is under SSE-KMS") }
            #expect(kms.usesBucketKey == (key != "plain"))
            #expect(try await found.collect(upTo: 1 << 20) == body)
        }
        // Under another Bucket Key of the same service key, and from it to none.
        try await bucket.updateEncryption(of: "large", toKey: "other", bucketKey: false)
        #expect(try await bucket.get("large").collect(upTo: 1 << 20) == body)
        try await store.close()
    }

    @Test func aBucketKeyThatIsGoneOrAlteredIsDamageOfItsObjects() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(bucketKey: true))
        let other = try await store.createBucket("other", defaultEncryption: .kms(bucketKey: true))
        try await bucket.put("a", [1])
        try await other.put("a", [1])
        let engine = store.engine
        let rows = try await engine.readStorage { snapshot throws(StorageError) in
            var rows: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: [RowKey.bucketKeyTable], to: [RowKey.bucketKeyTable + 1]) { key, row in
                rows.append((key, row.value))
                return .next
            }
            return rows
        }
        #expect(rows.count == 2)
        for (index, row) in rows.enumerated() {
            var flipped = row.value
            flipped[20] ^= 1
            for forged: RowMutation.Change in [
                .delete, .put(value: flipped, payload: .none),
                .put(value: rows[1 - index].value, payload: .none),
            ] {
                _ = try await engine.metadata.commit(reads: [row.key], attachments: []) { _ -> Decision<Never> in
                    .commit([RowMutation(key: row.key, change: forged)])
                }
            }
        }
        // Told without the service, and without reading data.
        #expect(try await store.verify().findings.count >= 2)
        for name: BucketName in ["bucket", "other"] {
            #expect(await code { _ = try await store.bucket(name).get("a") } == .damaged)
        }
        try await store.close()
    }

    @Test func theyGoWithTheirBucket() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(bucketKey: true))
        try await bucket.put("a", [1])
        try await bucket.delete("a")
        try await store.deleteBucket("bucket")
        let count = try await store.engine.readStorage { snapshot throws(StorageError) in
            var count = 0
            try snapshot.scan(from: [RowKey.bucketKeyTable], to: [RowKey.bucketKeyTable + 1]) { _, _ in
                count += 1
                return .next
            }
            return count
        }
        #expect(count == 0)
        // A bucket made anew under the name has keys of its own.
        let anew = try await store.createBucket("bucket", defaultEncryption: .kms(bucketKey: true))
        try await anew.put("a", [2])
        #expect(try await anew.get("a").collect(upTo: 10) == [2])
        try await store.close()
    }
}
