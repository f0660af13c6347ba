import Foundation
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom
@testable import StrongroomStorage

@Suite("Key usage")
struct KeyUsageTests {
    private static let app = TestKeyService.arn("app")

    @Test("Every mode's objects, versions, uploads and Bucket Keys count, and stop counting when they go")
    func modes() async throws {
        let fixture = try ModeFixture()
        var store = try await fixture.open()
        let bucket = try await store.createBucket(
            "letters", versioning: .enabled, allowing: [.customerKeys])
        for mode in TestMode.allCases {
            for size in [10, 20_000] {
                try await fixture.handle(bucket, mode).put(
                    ObjectKey("\(mode)"), [UInt8](repeating: 7, count: size),
                    options: PutOptions(encryption: mode.request(fixture)))
            }
        }
        let upload = try await bucket.createUpload("upload", options: PutOptions(encryption: .kms(key: "app")))
        try await KeyUsageScan(store).check(others: ["nobody"])
        try await store.checkpoint()
        try await KeyUsageScan(store).check()
        let usage = try await store.keyUsage(of: Self.app)
        // kms, kmsBucketKey and kmsDualLayer, two versions of each.
        #expect(usage.objectCount == 6 && usage.bytes == 3 * 20_010 && usage.uploadCount == 1)
        #expect(usage.buckets.map(\.name) == ["letters"] && usage.bucketKeyCount == 1 && usage.lockedCount == 0)
        #expect(usage.buckets[0].versions.map(\.keyVersion) == ["1"])
        #expect(try await store.keyUsage(of: "alias/app") == usage)
        #expect(try await store.keyUsage(of: "nobody").buckets.isEmpty)
        let nowhere = await #expect(throws: StoreError.self) { _ = try await store.keyUsage(of: "alias/nowhere") }
        #expect(nowhere?.code == .keyNotFound)

        try fixture.service.rotate("app")
        _ = try await store.rewrapKeys()
        try await KeyUsageScan(store).check()
        #expect(try await store.keyUsage(of: Self.app).buckets[0].versions.map(\.keyVersion) == ["2"])

        try await bucket.abortUpload("upload", upload.id)
        for entry in try await bucket.listVersions().entries {
            _ = try await bucket.delete(entry.key, version: entry.versionID)
        }
        try await KeyUsageScan(store).check()
        let rest = try await store.keyUsage(of: Self.app)
        #expect(rest.objectCount == 0 && rest.uploadCount == 0 && rest.bucketKeyCount == 1)
        try await store.close()
        store = try await fixture.open()
        #expect(try await store.keyUsage(of: Self.app) == rest)
        #expect(try await store.verify().isSound)
        try await store.deleteBucket("letters")
        #expect(try await store.keyUsage(of: Self.app).buckets.isEmpty)
        try await store.close()
    }

    @Test("A lock in compliance mode counts to its last millisecond, and as far as it is extended")
    func locks() async throws {
        let clock = ManualClock(wallMilliseconds: LockClockTests.start)
        let memory = try await MemoryEngine(clock: clock)
        let bucket = try await memory.store.createBucket("vault", objectLock: true)
        func date(_ offset: Int64) -> Date { Date(storeMilliseconds: LockClockTests.start + offset) }
        let hour: Int64 = 3_600_000
        for (name, offset) in [("a", 1_000), ("b", hour), ("c", 2 * hour + 1), ("d", 48 * hour)] as [(String, Int64)] {
            try await bucket.put(
                ObjectKey(name), [1, 2, 3],
                options: PutOptions(retention: Retention(mode: .compliance, until: date(offset))))
        }
        try await bucket.put(
            "g", [1], options: PutOptions(retention: Retention(mode: .governance, until: date(99 * hour))))
        guard case .s3Managed(let encryption) = try await bucket.head("a").encryption else { return }
        func locked() async throws -> (count: UInt64, until: Date?) {
            try await KeyUsageScan(memory.store).check()
            let usage = try await memory.store.keyUsage(of: encryption.keyID)
            return (usage.lockedCount, usage.lockedUntil)
        }
        #expect(try await locked() == (4, date(48 * hour)))
        clock.advance(milliseconds: 999)
        #expect(try await locked().count == 4)
        clock.advance(milliseconds: 1)
        #expect(try await locked() == (3, date(48 * hour)))
        try await bucket.setRetention(Retention(mode: .compliance, until: date(50 * hour)), of: "b")
        #expect(try await locked() == (3, date(50 * hour)))
        clock.advance(milliseconds: UInt64(48 * hour - 1_000))
        #expect(try await locked() == (1, date(50 * hour)))
        clock.advance(milliseconds: UInt64(2 * hour))
        #expect(try await locked() == (0, nil))
        // The governed one never counted.
        #expect(try await memory.store.keyUsage(of: encryption.keyID).objectCount == 5)
    }

    @Test("A store in which nothing was counted is counted once, and says so until then")
    func olderStores() async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket("letters")
        for number in 0..<50 {
            try await bucket.put(ObjectKey("\(number)"), [1], options: PutOptions(encryption: .kms(key: "app")))
        }
        let storeID = store.engine.storeID
        try await store.close()
        try await Self.runOlderProgram(fixture.directory, storeID)
        // Neither did that program know of anchors.
        for file in try fixture.directory.files(below: fixture.directory.keyring) where file.string.contains("/anchor-")
        {
            try FileManager.default.removeItem(atPath: file.string)
        }
        let again = try await fixture.open()
        try await Self.untilCounted(again)
        try await KeyUsageScan(again).check()
        #expect(try await again.keyUsage(of: Self.app).objectCount == 50)
        #expect(try await again.verify().isSound)
        try await again.close()
    }

    /// What a program does that knows nothing of sums: changes rows, and moves them into the catalog.
    private static func runOlderProgram(_ directory: TemporaryDirectory, _ storeID: [UInt8]) async throws {
        let storage = try await EmbeddedStorage.open(
            directory: directory.store, storeID: storeID,
            environment: StorageEnvironment(
                fileSystem: PosixFileSystem(), random: SystemRandom(), clock: PosixClock()))
        _ = try await storage.metadata.commit(reads: [], attachments: []) { _ -> Decision<Never> in
            .commit([RowMutation(key: [0x7F], change: .put(value: [1], payload: .none))])
        }
        #expect(
            try await storage.metadata.read { snapshot throws(StorageError) in
                try snapshot.sums(KeyUsageIndex.definition, namesStartingWith: nil) == nil ? 0 : 1
            } == 1)
        try await storage.checkpoint()
        #expect(
            try await storage.metadata.read { snapshot throws(StorageError) in
                try snapshot.sums(KeyUsageIndex.definition, namesStartingWith: nil) == nil ? 0 : 1
            } == 0)
        _ = try await storage.metadata.commit(reads: [[0x7F]], attachments: []) { _ -> Decision<Never> in
            .commit([RowMutation(key: [0x7F], change: .delete)])
        }
        try await storage.close()
    }

    private static func untilCounted(_ store: Store) async throws {
        for _ in 0..<2_000 {
            do throws(StoreError) {
                _ = try await store.keyUsage(of: app)
                return
            } catch {
                guard error.code == .keyUsageIncomplete else { throw error }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the store was not counted")
    }

    /// The story: a sum took no object for larger than 8 TiB, and they may have 50.
    @Test("The largest object counts for all of its bytes")
    func largestObject() { #expect(PutOperation.objectLimitBytes <= KeyUsageIndex.objectBytesMax) }

    @Test("Whatever bytes a row has, what it counts for can be told")
    func hostileRows() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let until = Date().addingTimeInterval(1_000)
        try await bucket.put("key", [1], options: PutOptions(retention: Retention(mode: .compliance, until: until)))
        let (key, value) = (try memory.rowKey("bucket", "key"), try await memory.stored("bucket", "key").value)
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<3_000 {
            var changed = value
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            changed.removeLast(Int.random(in: 0...changed.count, using: &generator) / 7)
            var tally = RowTally()
            for table in KeyUsageIndex.definition.tables {
                KeyUsageIndex.definition.addUp([table] + key.dropFirst(), changed[...], &tally)
                KeyUsageIndex.definition.addUp([table], changed[...], &tally)
            }
            #expect(tally.amounts.values.allSatisfy { $0.min() >= 0 })
        }
        // What is damaged keeps nobody from being told of the rest.
        try await memory.overwrite("bucket", "key", value: [1, 2, 3], payload: [])
        _ = try await memory.store.keyUsage(of: "any")
    }

    @Test("Totals of numbers that damage made too large are the largest there are")
    func largestTotals() {
        let version = KeyUsage.Version(
            keyVersion: "1", objectCount: .max, bytes: .max, uploadCount: .max, bucketKeyCount: .max)
        let bucket = KeyUsage.Bucket(
            name: "bucket", versions: [version, version], lockedCount: .max, lockedBytes: .max)
        let usage = KeyUsage(keyID: "key", buckets: [bucket, bucket])
        #expect(
            [bucket.objectCount, bucket.bytes, bucket.uploadCount, bucket.bucketKeyCount] == [.max, .max, .max, .max])
        #expect([usage.objectCount, usage.bytes, usage.uploadCount, usage.bucketKeyCount] == [.max, .max, .max, .max])
        #expect(usage.lockedCount == .max)
        let place = KeyDependencies.Place(
            store: "store", bucket: "bucket", objectCount: .max, uploadCount: .max, bytes: .max, lockedCount: .max)
        let all = KeyDependencies(places: [place, place], storeCount: 1, unknown: nil)
        #expect([all.objectCount, all.uploadCount, all.bytes, all.lockedCount] == [.max, .max, .max, .max])
        var amounts: RowAmounts = [.max, 1, 0, 5]
        amounts.addSaturating([.max, 2, -7, .min])
        #expect(amounts == [.max, 3, 0, 5])
    }

    @Test("Numbers in names come in order, hours before 1970 too")
    func names() {
        let moments: [Int64] = [.min, .min + 1, -3_600_001, -3_600_000, -1, 0, 1, 3_599_999, 3_600_000, .max - 1, .max]
        for (left, right) in zip(moments, moments.dropFirst()) {
            #expect(KeyUsageName.ordered(left).lexicographicallyPrecedes(KeyUsageName.ordered(right)))
            #expect(KeyUsageName.hour(of: left) <= KeyUsageName.hour(of: right))
            #expect(KeyUsageName.number([9] + KeyUsageName.ordered(left)) == left)
        }
        #expect(moments[2...7].map { KeyUsageName.hour(of: $0) } == [-2, -1, -1, 0, 0, 0])
    }
}
