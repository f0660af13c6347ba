import Foundation
import Strongroom
import StrongroomTesting
import Testing

@Suite("Stores in memory")
struct InMemoryStoreTests {
    /// One body for each home: a row, the journal, a file of its own.
    static let sizes = [0, 100, 20_000, 300_000]

    static func body(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }

    @Test("What is put comes back, whole and by range, with what was said of it", arguments: sizes)
    func putAndGet(size: Int) async throws {
        let bucket = try await Store.inMemory().createBucket("bucket")
        let bytes = Self.body(size)
        let options = PutOptions(contentType: "text/plain", metadata: ["colour": "red"])
        let receipt = try await bucket.put("key", bytes, options: options)
        let object = try await bucket.get("key")
        #expect(object.info.etag == receipt.etag)
        #expect(object.info.contentType == "text/plain")
        #expect(object.info.metadata == ["colour": "red"])
        #expect(try await object.collect(upTo: 1 << 20) == bytes)
        if size > 50 {
            #expect(try await bucket.get("key", range: 10..<50).collect(upTo: 1 << 20) == Array(bytes[10..<50]))
        }
        try await bucket.delete("key")
        await #expect { try await bucket.head("key") } throws: { ($0 as? StoreError)?.code == .noSuchKey }
    }

    @Test("Objects are sealed under keys of the store's own", arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305])
    func encryption(suite: CipherSuite) async throws {
        let store = try await Store.inMemory(suite: suite)
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("sealed", Self.body(100))
        guard case .s3Managed(let sealing) = try await bucket.head("sealed").encryption else {
            Issue.record("not encrypted")
            return
        }
        #expect(sealing.suite == suite)
        #expect(sealing.keyID == "ephemeral/objects")
        try await bucket.put("clear", Self.body(100), options: PutOptions(encryption: .none))
        #expect(try await bucket.head("clear").encryption == EncryptionDescriptor.none)
    }

    @Test("Listings are in order, with prefixes rolled up, page by page")
    func list() async throws {
        let bucket = try await Store.inMemory().createBucket("bucket")
        for key in ["b/2", "a", "b/1", "c"] as [ObjectKey] { try await bucket.put(key, [1]) }
        let page = try await bucket.list(ListOptions(delimiter: "/"))
        #expect(page.objects.map(\.key) == ["a", "c"])
        #expect(page.commonPrefixes == ["b/"])
        var keys: [ObjectKey] = []
        var options = ListOptions(limit: 3)
        repeat {
            let page = try await bucket.list(options)
            keys += page.objects.map(\.key)
            options.continuation = page.continuation
        } while options.continuation != nil
        #expect(keys == ["a", "b/1", "b/2", "c"])
    }

    @Test("Versions stay, and go by their id", arguments: sizes)
    func versions(size: Int) async throws {
        let bucket = try await Store.inMemory().createBucket("bucket", versioning: .enabled)
        try await bucket.put("key", Self.body(size))
        try await bucket.put("key", [2])
        try await bucket.delete("key")
        let entries = try await bucket.listVersions().entries
        #expect(entries.map(\.isDeleteMarker) == [true, false, false])
        let oldest = try #require(entries.last)
        #expect(try await bucket.get("key", version: oldest.versionID).collect(upTo: 1 << 20) == Self.body(size))
        try await bucket.delete("key", version: oldest.versionID)
        #expect(try await bucket.listVersions().entries.count == 2)
    }

    @Test("A batch is done as a whole, or not at all")
    func batch() async throws {
        let store = try await Store.inMemory()
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("old", [1])
        try await store.batch { batch in
            batch.put("new", Self.body(300_000), in: "bucket")
            batch.copy("old", from: "bucket", to: "copy", in: "bucket")
            batch.delete("old", in: "bucket")
        }
        #expect(try await bucket.listNames().names == ["copy", "new"])
        await #expect {
            try await store.batch { batch in
                batch.delete("copy", in: "bucket")
                batch.put("new", [2], in: "bucket", options: PutOptions(condition: .absent))
            }
        } throws: { ($0 as? StoreError)?.code == .preconditionFailed }
        #expect(try await bucket.listNames().names == ["copy", "new"])
    }

    @Test("Writers at the same time lose nothing, and readers beside them never see damage")
    func concurrency() async throws {
        let store = try await Store.inMemory()
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("shared", [UInt8](repeating: 99, count: 200_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    for round in 0..<20 {
                        let size = 100 * round
                        try await bucket.put(
                            ObjectKey("\(writer)/\(round)"), [UInt8](repeating: UInt8(round), count: size))
                        // Each replaces a blob that others are about to open.
                        try await bucket.put("shared", [UInt8](repeating: UInt8(writer), count: 200_000))
                        let bytes = try await bucket.get("shared").collect(upTo: 1 << 20)
                        #expect(bytes == [UInt8](repeating: bytes[0], count: 200_000))
                    }
                }
            }
            try await group.waitForAll()
        }
        for writer in 0..<16 {
            for round in 0..<20 {
                let bytes = try await bucket.get(ObjectKey("\(writer)/\(round)")).collect(upTo: 1 << 20)
                #expect(bytes == [UInt8](repeating: UInt8(round), count: 100 * round))
            }
        }
        let statistics = try await store.statistics()
        #expect(statistics.tiny.objectCount + statistics.small.objectCount == 16 * 20)
        #expect(statistics.large.objectCount == 1)
        #expect(try await store.verify(readingData: true).isSound)
    }

    @Test("Two stores share nothing")
    func nothingIsShared() async throws {
        let first = try await Store.inMemory()
        let second = try await Store.inMemory()
        try await first.createBucket("bucket").put("key", [1])
        #expect(try await second.listBuckets().isEmpty)
        try await first.close()
        try await second.createBucket("bucket").put("key", [2])
        #expect(try await second.bucket("bucket").get("key").collect(upTo: 10) == [2])
    }

    @Test("Statistics count by home as on disk, and verify reads everything")
    func statistics() async throws {
        let store = try await Store.inMemory()
        let bucket = try await store.createBucket("bucket")
        for index in 0..<3 {
            for size in Self.sizes.dropFirst() { try await bucket.put(ObjectKey("\(size)/\(index)"), Self.body(size)) }
        }
        try await store.checkpoint()
        let statistics = try await store.statistics()
        for home in [statistics.tiny, statistics.small, statistics.large] { #expect(home.objectCount == 3) }
        #expect(statistics.large.storedBytes > 900_000)
        #expect(statistics.lastLSN == statistics.checkpointLSN)
        #expect(statistics.lastLSN >= 10)
        let report = try await store.verify(readingData: true)
        #expect(report.isSound)
        #expect(report.objectCount == 9)
        #expect(report.verifiedBytes == 3 * (100 + 20_000 + 300_000))
        #expect(try await store.verify().verifiedBytes == 0)
    }

    @Test("A closed store says so, whatever is asked")
    func closed() async throws {
        let store = try await Store.inMemory()
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("key", [1])
        try await store.close()
        try await store.close()
        let calls: [@Sendable () async throws -> Void] = [
            { try await bucket.put("key", [2]) }, { _ = try await bucket.get("key") }, { _ = try await bucket.list() },
            { _ = try await store.listBuckets() }, { _ = try await store.statistics() },
            { _ = try await store.verify() }, { try await store.checkpoint() },
        ]
        for call in calls {
            await #expect { try await call() } throws: { ($0 as? StoreError)?.code == .closed }
        }
    }

    @Test("Nothing is written to any file")
    func nothingIsWritten() async {
        await #expect(processExitsWith: .success) {
            FileSizeLimit.setToZero()
            let store = try await Store.inMemory()
            let bucket = try await store.createBucket("bucket")
            for size in Self.sizes { try await bucket.put(ObjectKey("\(size)"), Self.body(size)) }
            let report = try await store.verify(readingData: true)
            precondition(report.objectCount == 4 && report.isSound)
            try await store.close()
        }
        // The measure itself: a store on disk does not pass it.
        await #expect(processExitsWith: .failure) {
            FileSizeLimit.setToZero()
            try await withTemporaryStore { _ in }
        }
    }
}
