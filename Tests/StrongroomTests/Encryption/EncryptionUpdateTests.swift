import Foundation
import Synchronization
import Testing

@testable import Strongroom

/// Another key for an object that is there, without moving it.
@Suite("Encryption in place")
struct EncryptionUpdateTests {
    private let fixture: ModeFixture
    private let store: Store
    private let bucket: Bucket

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
        bucket = try await store.createBucket("bucket", objectLock: true, allowing: [.customerKeys])
    }

    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    private static func keyID(_ info: ObjectInfo) -> String? {
        if case .kms(let kms) = info.encryption { kms.keyID } else { nil }
    }

    @Test(arguments: [TestMode.s3Managed, .kms, .kmsWithContext, .kmsBucketKey], [0, 5_000, 50_000])
    func theObjectStaysAndItsKeyIsAnother(mode: TestMode, size: Int) async throws {
        let body = [UInt8](repeating: 3, count: size)
        let put = try await bucket.put(
            "a", body, options: PutOptions(encryption: mode.request(fixture), metadata: ["m": "n"], etag: .md5))
        try await bucket.put("a", [9])
        let start = try await store.position()
        let receipt = try await bucket.updateEncryption(
            of: "a", version: put.versionID, toKey: "other", context: ["why": "rotation"])
        let info = try await bucket.head("a", version: put.versionID)
        #expect(Self.keyID(info) == TestKeyService.arn("other"))
        #expect(info.etag == put.etag && info.lastModified == put.lastModified && info.versionID == put.versionID)
        #expect(info.metadata == ["m": "n"] && info.lsn == put.lsn)
        let got = try await bucket.get("a", version: put.versionID)
        #expect(got.info.checksums == put.checksums)
        #expect(try await got.collect(upTo: 1 << 20) == body)
        // A change of what is said of the version, and of nothing else.
        var changes: [Change] = []
        for try await change in try await store.changes(after: start, through: try await store.position()) {
            changes.append(change)
        }
        #expect(changes.map(\.kind) == [.attributesChanged] && changes.first?.lsn == receipt.lsn)

        // Only the new key opens it now, and again after another update and a restart.
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("default"), TestKeyService.arn("app")] }
        #expect(try await bucket.get("a", version: put.versionID).collect(upTo: 1 << 20) == body)
        fixture.service.state.withLock { $0.disabled = [] }
        try await bucket.updateEncryption(of: "a", version: put.versionID, toKey: "app")
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("other")] }
        try await store.close()
        let again = try await fixture.open()
        let found = again.bucket("bucket")
        #expect(try await found.get("a", version: put.versionID).collect(upTo: 1 << 20) == body)
        // A copy is under a data key of its own, and in a mode of its own.
        try await found.copy("a", to: "copy", options: CopyOptions(sourceVersion: put.versionID))
        #expect(try await found.get("copy").collect(upTo: 1 << 20) == body)
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    @Test func objectsInPartsAreUpdatedAlike() async throws {
        let upload = try await bucket.createUpload("big").id
        let first = try await bucket.uploadPart(1, of: "big", upload, [UInt8](repeating: 1, count: 30_000))
        let second = try await bucket.uploadPart(2, of: "big", upload, [2])
        let receipt = try await bucket.completeUpload(
            "big", upload, parts: [CompletedPart(first), CompletedPart(second)])
        try await bucket.updateEncryption(of: "big", toKey: "app")
        let info = try await bucket.head("big")
        #expect(Self.keyID(info) == TestKeyService.arn("app") && info.etag == receipt.etag)
        #expect(try await bucket.get("big", range: 29_999..<30_001).collect(upTo: 10) == [1, 2])
    }

    @Test func whatCannotBeUpdatedIsRefused() async throws {
        try await bucket.put("none", [1], options: PutOptions(encryption: .none))
        try await bucket.put("customer", [1], options: PutOptions(encryption: .customerKey(fixture.customerKey)))
        try await bucket.put("dual", [1], options: PutOptions(encryption: .kmsDualLayer()))
        try await bucket.put("s3", [1])
        #expect(await code { try await bucket.updateEncryption(of: "none") } == .invalidRequest)
        #expect(await code { try await bucket.updateEncryption(of: "dual", toKey: "app") } == .invalidRequest)
        #expect(await code { try await bucket.updateEncryption(of: "customer") } == .invalidRequest)
        #expect(await code { try await bucket.updateEncryption(of: "missing") } == .noSuchKey)
        #expect(await code { try await bucket.updateEncryption(of: "s3", toKey: "nowhere") } == .keyNotFound)
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("app")] }
        #expect(await code { try await bucket.updateEncryption(of: "s3", toKey: "app") } == .keyDisabled)
        guard case .s3Managed = try await bucket.head("s3").encryption else {
            Issue.record("what is refused changes nothing")
            return
        }
    }

    @Test func aLockIsNotGotRoundByAnotherKey() async throws {
        try await bucket.put("held", [1], options: PutOptions(legalHold: true))
        let until = Date.now.addingTimeInterval(10_000)
        try await bucket.put("kept", [1], options: PutOptions(retention: Retention(mode: .governance, until: until)))
        #expect(await code { try await bucket.updateEncryption(of: "held") } == .accessDenied)
        #expect(await code { try await bucket.updateEncryption(of: "kept") } == .accessDenied)
        try await bucket.setLegalHold(false, of: "held")
        try await bucket.setRetention(nil, of: "kept", bypassingGovernance: true)
        try await bucket.updateEncryption(of: "held")
        try await bucket.updateEncryption(of: "kept")
    }

    @Test func updatesAtOnceLeaveTheObjectReadable() async throws {
        let body = [UInt8](repeating: 5, count: 20_000)
        try await bucket.put("a", body)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    _ = try? await bucket.updateEncryption(of: "a", toKey: ["app", "other", "default"][number % 3])
                }
                group.addTask { _ = try? await bucket.setTags(ObjectTags(checked: ["n": "\(number)"]), of: "a") }
            }
        }
        #expect(try await bucket.get("a").collect(upTo: 1 << 20) == body)
        #expect(try await bucket.head("a").tagCount == 1)
    }
}
