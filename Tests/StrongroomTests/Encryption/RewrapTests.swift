import StrongroomKeys
import Synchronization
import Testing

@testable import Strongroom

/// Rotation: everything ends up under the new version, and nothing is unreadable meanwhile.
@Suite("Rewrapping")
struct RewrapTests {
    private let fixture: ModeFixture
    private let store: Store

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
    }

    /// Objects of every kind, old versions and an unfinished upload among them.
    private func fill() async throws -> (bucket: Bucket, shared: Bucket, upload: UploadID) {
        let bucket = try await store.createBucket("bucket", versioning: .enabled, allowing: [.customerKeys])
        let shared = try await store.createBucket("shared", defaultEncryption: .kms(key: "app", bucketKey: true))
        for number in 0..<5 {
            try await bucket.put("s3", [UInt8(number)])
            try await bucket.put("kms", [UInt8(number)], options: PutOptions(encryption: .kms(key: "app")))
            try await shared.put("k\(number)", [UInt8(number)])
        }
        try await bucket.put("none", [1], options: PutOptions(encryption: .none))
        try await bucket.put("customer", [1], options: PutOptions(encryption: .customerKey(fixture.customerKey)))
        try await bucket.put("large", [UInt8](repeating: 1, count: 50_000))
        try await bucket.put("updated", [7])
        try await bucket.updateEncryption(of: "updated", toKey: "app", context: ["a": "b"])
        let upload = try await bucket.createUpload("parts", options: PutOptions(encryption: .kms(key: "app"))).id
        try await bucket.uploadPart(1, of: "parts", upload, [1])
        return (bucket, shared, upload)
    }

    private func versions(_ coverage: EncryptionCoverage, _ mode: EncryptionCoverage.Mode) -> Set<String> {
        Set(coverage.entries.filter { $0.mode == mode }.compactMap(\.keyVersion))
    }

    @Test func everythingIsUnderTheNewVersion() async throws {
        let (bucket, shared, upload) = try await fill()
        let before = try await store.encryptionCoverage()
        #expect(versions(before, .s3Managed) == ["1"] && versions(before, .kms) == ["1"])
        let idle = try await store.rewrapKeys()
        #expect(idle.isComplete && idle.rewrappedCount == 0)

        try await store.rotateManagedKey()
        try fixture.service.rotate("app")
        // New objects are under the new version at once, old ones when the job has come to them.
        try await bucket.put("new", [1])
        #expect(versions(try await store.encryptionCoverage(), .s3Managed) == ["1", "2"])
        let start = try await store.position()
        let report = try await store.rewrapKeys()
        // Five versions and a large one under SSE-S3; under SSE-KMS five, the updated one, the upload and one Bucket
        // Key.
        #expect(report.isComplete && report.rewrappedCount == 6 + 8, "\(report)")
        let after = try await store.encryptionCoverage()
        #expect(versions(after, .s3Managed) == ["2"] && versions(after, .kms) == ["2"])
        #expect(try await store.rewrapKeys().rewrappedCount == 0)
        // Nobody who follows the store hears of it: nothing that he could see has changed.
        for try await change in try await store.changes(after: start, through: try await store.position()) {
            Issue.record("\(change)")
        }

        try fixture.service.forgetVersion("1", of: "app")
        try await bucket.uploadPart(2, of: "parts", upload, [2])
        let listed = try await bucket.listParts("parts", upload).parts
        try await bucket.completeUpload("parts", upload, parts: listed.map { CompletedPart($0) })
        #expect(try await bucket.get("parts").collect(upTo: 10) == [1, 2])
        for version in try await bucket.listVersions(VersionListOptions(prefix: "kms")).entries {
            _ = try await bucket.get("kms", version: version.versionID).collect(upTo: 10)
        }
        #expect(try await bucket.get("updated").collect(upTo: 10) == [7])
        for number in 0..<5 { #expect(try await shared.get("k\(number)").collect(upTo: 10) == [UInt8(number)]) }
        try await store.close()
        let again = try await fixture.open()
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    @Test func itStopsWhereItIsToldToAndGoesOnFromThere() async throws {
        _ = try await fill()
        try fixture.service.rotate("app")
        try await store.rotateManagedKey()
        var cursor: UpkeepCursor?
        var rewrapped: UInt64 = 0
        var runs = 0
        repeat {
            let report = try await store.rewrapKeys(RewrapOptions(after: cursor, limit: 3))
            #expect(report.rewrappedCount <= 3 && report.failures.isEmpty)
            rewrapped += report.rewrappedCount
            runs += 1
            // As a later process would.
            cursor = try report.cursor.map { try UpkeepCursor($0.description) }
        } while cursor != nil && runs < 100
        #expect(rewrapped == 14 && runs == 5)
        #expect(throws: StoreError.self) { _ = try UpkeepCursor("zz") }
        #expect(throws: StoreError.self) { _ = try UpkeepCursor("ff00") }
        let one = try await store.rewrapKeys(RewrapOptions(keyID: TestKeyService.arn("app")))
        #expect(one.rewrappedCount == 0 && one.currentCount == 8)
        try await store.close()
    }

    @Test func aKeyThatRefusesIsReportedAndTheOthersGoOn() async throws {
        let (bucket, _, _) = try await fill()
        try fixture.service.rotate("app")
        try await store.rotateManagedKey()
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("app")] }
        let report = try await store.rewrapKeys()
        #expect(!report.isComplete && report.rewrappedCount == 6 && report.failures.count == 8)
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await store.rewrapKeys().rewrappedCount == 8)
        #expect(try await bucket.get("kms").collect(upTo: 10) == [4])
        try await store.close()
    }

    /// A backend that answers with another data key would destroy the object if its answer were believed.
    @Test func aWrapThatOpensToAnotherKeyReplacesNothing() async throws {
        let (bucket, shared, _) = try await fill()
        try fixture.service.rotate("app")
        fixture.service.state.withLock { $0.mood = .rewrapsOtherKeys }
        let report = try await store.rewrapKeys(RewrapOptions(keyID: TestKeyService.arn("app")))
        #expect(report.rewrappedCount == 0 && report.failures.count == 8)
        fixture.service.state.withLock { $0.mood = .well }
        #expect(try await bucket.get("kms").collect(upTo: 10) == [4])
        #expect(try await shared.get("k3").collect(upTo: 10) == [3])
        try await store.close()
    }

    @Test func whoReadsAndWritesMeanwhileIsNotDisturbed() async throws {
        let (bucket, _, upload) = try await fill()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<6 {
                    try fixture.service.rotate("app")
                    try await store.rotateManagedKey()
                    _ = try await store.rewrapKeys()
                }
            }
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<40 {
                        _ = try await bucket.get("kms").collect(upTo: 10)
                        _ = try await bucket.get("s3").collect(upTo: 10)
                        let options = PutOptions(encryption: number.isMultiple(of: 2) ? .s3Managed : .kms(key: "app"))
                        try await bucket.put("t\(task)", [UInt8(number)], options: options)
                        try await bucket.uploadPart(10 + task, of: "parts", upload, [UInt8(task)])
                        try await bucket.setTags(ObjectTags(checked: ["n": "\(number)"]), of: "t\(task)")
                    }
                }
            }
            try await group.waitForAll()
        }
        _ = try await store.rewrapKeys()
        let last = try await store.rewrapKeys()
        #expect(last.isComplete && last.rewrappedCount == 0)
        #expect(try await store.verify(readingData: true).isSound)
        try await store.close()
    }

    @Test func coverageTellsWhatIsNotAsTheBucketAsks() async throws {
        let (bucket, _, _) = try await fill()
        let before = try await store.encryptionCoverage(of: "bucket")
        // Five under SSE-KMS, the updated one, the one in the clear and the customer's.
        #expect(before.objectCount == 14 && before.unlikeDefaultCount == 8)
        #expect(before.entries.first { $0.mode == .customerKey }?.keyID == nil)
        try await bucket.setDefaultEncryption(.kms(key: "alias/app"))
        #expect(try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 8)
        try await bucket.setDefaultEncryption(.kms(key: "alias/app", bucketKey: true))
        #expect(try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 14)
        #expect(try await store.encryptionCoverage(of: "shared").unlikeDefaultCount == 0)
        await #expect(throws: StoreError.self) { _ = try await store.encryptionCoverage(of: "nowhere") }
        try await store.close()
    }

    /// A completion that met an upload whose wrap was made anew said that there is no such upload.
    @Test func completionsGoOnWhileWrapsAreMadeAnew() async throws {
        let bucket = try await store.createBucket("bucket")
        for round in 0..<20 {
            let upload = try await bucket.createUpload("parts").id
            let part = try await bucket.uploadPart(1, of: "parts", upload, [UInt8(round)])
            try await store.rotateManagedKey()
            async let report = store.rewrapKeys()
            try await bucket.completeUpload("parts", upload, parts: [CompletedPart(part)])
            _ = try await report
            #expect(try await bucket.get("parts").collect(upTo: 10) == [UInt8(round)])
        }
        try await store.close()
    }

    /// What was wrapped under a version that came while the run went on was taken for an old one, again and again.
    @Test func aRotationInTheMiddleOfARunIsCaughtUpWith() async throws {
        _ = try await fill()
        fixture.service.state.withLock { $0.calls = [:] }
        try fixture.service.rotate("app")
        let service = fixture.service
        let isDone = Atomic(false)
        let report = try await store.rewrapKeys { _ in
            guard !isDone.exchange(true, ordering: .relaxed) else { return }
            do { try service.rotate("app") } catch { Issue.record(error) }
        }
        #expect(report.isComplete && report.rewrappedCount >= 8)
        #expect(versions(try await store.encryptionCoverage(), .kms) == ["3"])
        try await store.close()
    }
}
