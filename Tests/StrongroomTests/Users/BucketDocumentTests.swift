import SystemPackage
import Testing

@testable import Strongroom

@Suite("Documents of buckets")
struct BucketDocumentTests {
    @Test("A document is what was set last, after a reopening too")
    func life() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: .forTests)
        var bucket = try await store.createBucket("bucket")
        #expect(try await bucket.document(.policy) == nil)
        #expect(try await bucket.setDocument(nil, .policy).lsn == nil)
        try await bucket.setDocument([1, 2, 3], .policy)
        try await bucket.setDocument([], .tagging)
        #expect(try await bucket.document(.policy) == [1, 2, 3])
        try await bucket.setDocument([4], .policy)
        #expect(try await bucket.document(.policy) == [4])
        #expect(try await bucket.document(.tagging) == [])
        #expect(try await bucket.document(.lifecycle) == nil)
        try await store.close()

        store = try await Store.open(at: directory.store, options: .forTests)
        bucket = store.bucket("bucket")
        #expect(try await bucket.document(.policy) == [4])
        try await bucket.setDocument(nil, .policy)
        #expect(try await bucket.document(.policy) == nil)
        #expect(try await bucket.document(.tagging) == [])
        #expect(try await errorCode { try await store.bucket("other").document(.policy) } == .noSuchBucket)
        #expect(try await errorCode { try await store.bucket("other").setDocument([1], .policy) } == .noSuchBucket)
        let large = [UInt8](repeating: 7, count: BucketDocumentKind.documentLimitBytes)
        try await bucket.setDocument(large, .crossOrigin)
        #expect(try await bucket.document(.crossOrigin) == large)
        #expect(try await errorCode { try await bucket.setDocument(large + [1], .crossOrigin) } == .limitExceeded)
        #expect(try await bucket.document(.crossOrigin) == large)
        try await store.close()
    }

    @Test("Documents go with their bucket, in the same commit, and a new one of its name has none")
    func deletedBucket() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        let other = try await memory.store.createBucket("other")
        for kind in 1...6 {
            try await bucket.setDocument([UInt8(kind)], BucketDocumentKind(rawValue: UInt8(kind)))
        }
        try await other.setDocument([9], .policy)
        let uid = try memory.engine.bucket("bucket").row.uid
        let before = try await memory.store.position().lsn
        let deleted = try await memory.store.deleteBucket("bucket").lsn
        // One commit marks the bucket, and the next one deletes it with all it has.
        #expect(deleted == before + 2)
        #expect(try await memory.engine.documentRowKeys(of: uid) == [])
        #expect(try await errorCode { try await bucket.document(.policy) } == .noSuchBucket)
        try await memory.store.createBucket("bucket")
        #expect(try await bucket.document(.policy) == nil)
        #expect(try await other.document(.policy) == [9])
        #expect(try await memory.afterCrash().store.bucket("bucket").document(.policy) == nil)
    }

    @Test("Whoever follows the store learns that the bucket changed")
    func changes() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let start = try await store.position()
            let set = try await bucket.setDocument([1], .lifecycle)
            let removed = try await bucket.setDocument(nil, .lifecycle)
            var found: [Change] = []
            for try await change in try await store.changes(after: start, through: try await store.position()) {
                found.append(change)
            }
            #expect(found.map(\.kind) == [.bucketChanged, .bucketChanged])
            #expect(found.map(\.lsn) == [set.lsn, removed.lsn] && found.allSatisfy { $0.bucket == "bucket" })
        }
    }

    @Test("A locked store tells nothing of documents")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        try await store.createBucket("bucket").setDocument([1], .policy)
        try await store.close()
        var options = StoreOptions.forTests
        options.keyring = directory.path.appending("no keyring")
        options.whenKeyringMissing = .openLocked
        let locked = try await Store.open(at: directory.store, options: options)
        #expect(try await errorCode { try await locked.bucket("bucket").document(.policy) } == .storeLocked)
        #expect(try await errorCode { try await locked.bucket("bucket").setDocument([1], .policy) } == .storeLocked)
        try await locked.close()
    }

    @Test("Every byte of the row counts, and its place; another document heals it", arguments: [0, 1, 200])
    func altered(size: Int) async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        let other = try await memory.store.createBucket("other")
        let bytes = [UInt8](repeating: 5, count: size)
        try await bucket.setDocument(bytes, .policy)
        try await other.setDocument([6], .policy)
        let uid = try memory.engine.bucket("bucket").row.uid
        let rowKey = RowKey.bucketDocument(uid, .policy)
        let value = try #require(try await memory.value(rowKey))
        let otherKey = RowKey.bucketDocument(try memory.engine.bucket("other").row.uid, .policy)
        let foreign: [[UInt8]] = [
            try #require(try await memory.value(otherKey)), [], [1], Array(value.dropLast()), value + [0],
        ]
        let flipped = value.indices.map { index in
            var copy = value
            copy[index] ^= 1 << UInt8(index & 7)
            return copy
        }
        for altered in foreign + flipped {
            try await memory.overwrite(rowKey, value: altered)
            let found = try await memory.afterCrash()
            #expect(try await errorCode { try await found.store.bucket("bucket").document(.policy) } == .damaged)
            #expect(try await found.store.bucket("bucket").document(.tagging) == nil)
            #expect(try await found.store.bucket("other").document(.policy) == [6])
        }
        // Under another kind.
        try await memory.overwrite(RowKey.bucketDocument(uid, .tagging), value: value)
        let found = try await memory.afterCrash()
        #expect(try await errorCode { try await found.store.bucket("bucket").document(.tagging) } == .damaged)
        let report = try await found.store.verify()
        #expect(report.findings.count == 2 && report.findings.allSatisfy { $0.place == "bucket bucket" })
        try await found.store.bucket("bucket").setDocument([8], .policy)
        try await found.store.bucket("bucket").setDocument(nil, .tagging)
        #expect(try await found.store.bucket("bucket").document(.policy) == [8])
        #expect(try await found.store.verify().findings == [])
    }
}
