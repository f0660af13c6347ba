import Foundation
import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// The job that brings a bucket's objects up to its default.
@Suite("Resealing")
struct ResealTests {
    static let defaults: [DefaultEncryption] = [
        .s3Managed, .kms(key: "other"), .kms(key: "alias/app", bucketKey: true), .kmsDualLayer(key: "app"),
    ]
    private let fixture: ModeFixture
    private let store: Store

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
    }

    private static func body(_ size: Int, _ seed: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 167 &+ seed) >> 3) }
    }

    /// What must be the same of a version whatever it is under.
    private struct Picture: Equatable {
        var info: ObjectInfo
        var tags: [String: String]
        var parts: [ObjectPartInfo]
        var body: [UInt8]
    }

    private func pictures(_ bucket: Bucket) async throws -> [String: Picture] {
        var pictures: [String: Picture] = [:]
        for entry in try await bucket.listVersions(VersionListOptions()).entries {
            var handle = bucket
            let head = try? await bucket.head(entry.key, version: entry.versionID)
            if head == nil { handle = bucket.presenting(fixture.customerKey) }
            let attributes = try await handle.attributes(of: entry.key, version: entry.versionID)
            var info = attributes.object
            // The one thing that the job is there to change.
            info.encryption = .none
            pictures["\(entry.key) \(entry.versionID)"] = Picture(
                info: info, tags: try await bucket.tags(of: entry.key, version: entry.versionID).tags.values,
                parts: attributes.parts,
                body: try await handle.get(entry.key, version: entry.versionID).collect(upTo: 1 << 20))
        }
        return pictures
    }

    /// Objects of every mode, size and make, each in two versions.
    private func fill(_ bucket: Bucket) async throws {
        for mode in TestMode.allCases {
            for size in [0, 300, 30_000] {
                for round in 0..<2 {
                    let options = PutOptions(
                        encryption: mode.request(fixture), contentType: "text/x", metadata: ["round": "\(round)"],
                        tags: ["n": "\(size)"], checksums: [.crc64NVME, .sha256], etag: .md5)
                    try await bucket.put("\(mode)/\(size)", Self.body(size, round), options: options)
                }
            }
            let handle = fixture.handle(bucket, mode)
            let upload = try await bucket.createUpload(
                "\(mode)/parts", options: PutOptions(encryption: mode.request(fixture), metadata: ["p": "q"])
            ).id
            var parts: [CompletedPart] = []
            for (number, size) in [(1, 20_000), (4, 10), (7, 9_000)] {
                parts.append(
                    CompletedPart(
                        try await handle.uploadPart(number, of: "\(mode)/parts", upload, Self.body(size, number))))
            }
            try await bucket.completeUpload("\(mode)/parts", upload, parts: parts)
        }
    }

    private func isAsAsked(_ encryption: EncryptionDescriptor, _ standard: DefaultEncryption) -> Bool {
        switch (encryption, standard) {
        case (.s3Managed, .s3Managed): true
        case (.kms(let kms), .kms(let key, let bucketKey)):
            kms.usesBucketKey == bucketKey && kms.keyID == TestKeyService.arn(key == "other" ? "other" : "app")
        case (.kmsDualLayer(let dual), .kmsDualLayer): dual.keyID == TestKeyService.arn("app")
        default: false
        }
    }

    @Test(arguments: defaults)
    func everythingIsAsTheDefaultAsksAndElseTheSame(standard: DefaultEncryption) async throws {
        let bucket = try await store.createBucket("bucket", versioning: .enabled, allowing: [.customerKeys])
        try await fill(bucket)
        let before = try await pictures(bucket)
        let total = TestMode.allCases.count * 7
        #expect(before.count == total)
        try await bucket.setDefaultEncryption(standard)
        let start = try await store.position()
        let report = try await bucket.reseal(ResealOptions(allowsLesserModes: true))
        #expect(report.isComplete && report.untouchable.count == 7, "\(report)")
        #expect(report.untouchable.allSatisfy { $0.place.contains("customerKey/") })
        #expect(report.currentCount + 7 == UInt64(total))
        // Only from and to what a key service wraps alone, one row is enough.
        if case .kms = standard { #expect(report.updatedCount > 7) } else { #expect(report.updatedCount == 0) }
        let after = try await pictures(bucket)
        for (name, picture) in before { #expect(after[name] == picture, "\(name)") }
        for entry in try await bucket.listVersions(VersionListOptions()).entries
        where !entry.key.rawValue.hasPrefix("c") {
            let info = try await bucket.head(entry.key, version: entry.versionID)
            #expect(isAsAsked(info.encryption, standard), "\(entry.key) \(info.encryption)")
            if entry.key.rawValue.hasPrefix("kmsWithContext") {
                switch info.encryption {
                case .kms(let kms): #expect(kms.context == ["tenant": "blue", "é": ""])
                case .kmsDualLayer(let dual): #expect(dual.context == ["tenant": "blue", "é": ""])
                default: break
                }
            }
        }
        #expect(try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 7)
        // Whoever follows hears of a change of attributes for each, and of nothing else.
        var changed: Set<String> = []
        for try await change in try await store.changes(after: start, through: try await store.position()) {
            guard change.key != nil else { continue }
            #expect(change.kind == .attributesChanged)
            changed.insert("\(change.key!) \(change.versionID!)")
        }
        #expect(changed.count == Int(report.changedCount))
        #expect(try await bucket.reseal(ResealOptions(allowsLesserModes: true)).changedCount == 0)
        await store.engine.parts.settle()
        #expect(try await store.verify(readingData: true).isSound)
        try await store.close()
        let again = try await fixture.open()
        #expect(try await pictures(again.bucket("bucket")) == after)
        try await again.close()
    }

    @Test func noEncryptionIsTakenAway() async throws {
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("a", [1])
        try await bucket.put("plain", [1], options: PutOptions(encryption: .none))
        try await bucket.setDefaultEncryption(.none)
        let report = try await bucket.reseal(ResealOptions(renewsDataKeys: true))
        #expect(report.untouchable.map(\.place) == [#""bucket/a""#] && report.currentCount == 1)
        #expect(report.changedCount == 0 && report.isComplete)
        try await store.close()
    }

    @Test func whatIsBetterProtectedStaysUnlessAllowed() async throws {
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms(context: ["tenant": "blue"])))
        try await bucket.put("dual", [2], options: PutOptions(encryption: .kmsDualLayer(key: "app")))
        let strict = try await bucket.reseal()
        #expect(strict.changedCount == 0 && strict.untouchable.count == 2 && strict.isComplete)
        try await bucket.setDefaultEncryption(.kms(key: "app"))
        let key = try await bucket.reseal()
        #expect(key.updatedCount == 1 && key.untouchable.map(\.place) == [#""bucket/dual""#])
        #expect(try await bucket.reseal(ResealOptions(allowsLesserModes: true)).resealedCount == 1)
        try await bucket.setDefaultEncryption(.s3Managed)
        #expect(try await bucket.reseal(ResealOptions(allowsLesserModes: true)).resealedCount == 2)
        let mine = bucket.presenting(fixture.customerKey)
        await #expect { _ = try await mine.reseal() } throws: { ($0 as? StoreError)?.code == .invalidRequest }
        try await store.close()
    }

    @Test func lockedVersionsAreListedAndLeftAlone() async throws {
        let bucket = try await store.createBucket("bucket", objectLock: true)
        let until = Date.now.addingTimeInterval(10_000)
        try await bucket.put("held", [1], options: PutOptions(legalHold: true))
        try await bucket.put(
            "kept", [2], options: PutOptions(retention: Retention(mode: .compliance, until: until)))
        try await bucket.put("free", [3])
        try await bucket.setDefaultEncryption(.kmsDualLayer())
        for renews in [false, true] {
            let report = try await bucket.reseal(ResealOptions(renewsDataKeys: renews))
            #expect(report.untouchable.count == 2 && report.resealedCount == 1 && report.isComplete, "\(report)")
            #expect(Set(report.untouchable.map(\.place)).count == 2)
        }
        try await bucket.setLegalHold(false, of: "held")
        let report = try await bucket.reseal()
        let kept = try await bucket.head("kept").versionID
        #expect(report.resealedCount == 1 && report.untouchable.map(\.place) == [#""bucket/kept" version \#(kept)"#])
        #expect(try await bucket.get("kept").collect(upTo: 1) == [2])
        #expect(try await bucket.head("kept").retention?.mode == .compliance)
        try await store.close()
    }

    @Test func itStopsWhereItIsToldToAndGoesOnFromThere() async throws {
        let bucket = try await store.createBucket("bucket", versioning: .enabled)
        for number in 0..<20 { try await bucket.put("k\(number % 12)", Self.body(2_000, number)) }
        try await bucket.setDefaultEncryption(.kmsDualLayer(key: "app"))
        var cursor: UpkeepCursor?
        var (resealed, runs): (UInt64, Int) = (0, 0)
        repeat {
            let report = try await bucket.reseal(ResealOptions(after: cursor, limit: 3))
            #expect(report.resealedCount <= 3 && report.failures.isEmpty)
            resealed += report.resealedCount
            runs += 1
            cursor = try report.cursor.map { try UpkeepCursor($0.description) }
        } while cursor != nil && runs < 100
        #expect(resealed == 20 && runs == 7)
        let stop = try await bucket.reseal(ResealOptions(renewsDataKeys: true, limit: 1)).cursor
        let other = try await store.createBucket("other")
        await #expect { _ = try await other.reseal(ResealOptions(after: stop)) } throws: {
            ($0 as? StoreError)?.code == .invalidArgument
        }
        await #expect { _ = try await bucket.reseal(ResealOptions(bytesPerSecond: 0)) } throws: {
            ($0 as? StoreError)?.code == .invalidArgument
        }
        try await store.close()
    }

    @Test(arguments: [DefaultEncryption.s3Managed, .kms(key: "app", bucketKey: true), .kmsDualLayer(key: "app")])
    func newDataKeysForEverything(standard: DefaultEncryption) async throws {
        let bucket = try await store.createBucket("bucket", defaultEncryption: standard)
        for size in [5, 40_000] { try await bucket.put("k\(size)", Self.body(size, 1)) }
        func wraps() async throws -> [ObjectRow.WrappedSealing] {
            try await store.engine.sealedRows(after: [RowKey.currentTable], limit: 10).rows.compactMap {
                try $0.get().sealing
            }
        }
        let before = try await wraps()
        #expect(before.count == 2)
        #expect(try await bucket.reseal().currentCount == 2)
        #expect(try await wraps() == before)
        let report = try await bucket.reseal(ResealOptions(renewsDataKeys: true))
        #expect(report.resealedCount == 2 && report.resealedBytes == 40_005 && report.isComplete)
        let after = try await wraps()
        for (old, new) in zip(before, after) {
            #expect(old.wrapBinding != new.wrapBinding && old.descriptorMAC != new.descriptorMAC)
            #expect(old.wrappedKey != new.wrappedKey || old.enclosedKey != new.enclosedKey)
        }
        for size in [5, 40_000] { #expect(try await bucket.get("k\(size)").collect(upTo: size) == Self.body(size, 1)) }
        try await store.close()
    }

    @Test func aKeyThatRefusesIsReportedAndNothingIsLost() async throws {
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("kms", [1], options: PutOptions(encryption: .kms(key: "other")))
        try await bucket.put("none", [2], options: PutOptions(encryption: .none))
        try await bucket.setDefaultEncryption(.kmsDualLayer(key: "app"))
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("other")] }
        let report = try await bucket.reseal()
        #expect(report.resealedCount == 1 && report.failures.map(\.place) == [#""bucket/kms""#] && !report.isComplete)
        // Without the default's own key nothing is tried.
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("app")] }
        await #expect { _ = try await bucket.reseal() } throws: { ($0 as? StoreError)?.code == .keyDisabled }
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await bucket.reseal().resealedCount == 1)
        #expect(try await bucket.get("kms").collect(upTo: 1) == [1])
        try await store.close()
    }
}
