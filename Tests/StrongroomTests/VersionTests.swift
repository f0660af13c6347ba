import Foundation
import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

@Suite("Versions and conditions")
struct VersionTests {
    @Test("Of a thousand puts that ask for an absent key at once, one is done")
    func oneWins() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let codes = await withTaskGroup(of: StoreError.Code?.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        do throws(StoreError) {
                            try await bucket.put(
                                "key", Array("\(number)".utf8), options: PutOptions(condition: .absent))
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 1)
            #expect(codes.count { $0 == .preconditionFailed } == 999)
        }
    }

    @Test("Of many puts that build on one ETag, one is done, and no update is lost")
    func noLostUpdate() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            try await bucket.put("counter", Array("0".utf8))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var done = 0
                        while done < 10 {
                            let body = try await bucket.get("counter")
                            let value = Int(String(decoding: try await body.collect(upTo: 20), as: UTF8.self))!
                            do throws(StoreError) {
                                try await bucket.put(
                                    "counter", Array("\(value + 1)".utf8),
                                    options: PutOptions(condition: .matches(body.info.etag)))
                                done += 1
                            } catch {
                                guard error.code == .preconditionFailed else { throw error }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await bucket.get("counter").collect(upTo: 20) == Array("80".utf8))
            #expect(try await bucket.listVersions().entries.count == 81)
        }
    }

    @Test("Concurrent puts and deletes of versions leave exactly one head and no loose row")
    func concurrentStack() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for round in 0..<40 {
                            switch (writer + round) % 4 {
                            case 0: try await bucket.put("key", [UInt8(round)])
                            case 1: try await bucket.delete("key")
                            default:
                                if let victim = try await bucket.listVersions().entries.randomElement() {
                                    try await bucket.delete("key", version: victim.versionID)
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let entries = try await bucket.listVersions().entries
            #expect(entries.count { $0.isLatest } == (entries.isEmpty ? 0 : 1))
            for entry in entries { try await bucket.delete("key", version: entry.versionID) }
            #expect(try await bucket.listVersions().entries.isEmpty)
            // Nothing is left in any table, pointers included.
            let left = try await store.engine.readStorage { snapshot throws(StorageError) in
                var rows = 0
                try snapshot.scan(from: [RowKey.versionTable], to: nil) { _, _ in
                    rows += 1
                    return .next
                }
                return rows
            }
            #expect(left == 0)
            try await store.deleteBucket("bucket")
        }
    }

    @Test("A batch that moves an object loses nothing that is put to it meanwhile")
    func movesHoldTheirSource() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let log = MoveLog()
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for round in 0..<60 {
                            let value = UInt8(writer * 60 + round)
                            if let receipt = try? await bucket.put("source", [value]) {
                                log.puts.withLock { $0.append((receipt.lsn, value)) }
                            }
                        }
                    }
                }
                group.addTask {
                    for round in 0..<60 {
                        let key: ObjectKey = "archive/\(round)"
                        let receipt = try? await store.batch { batch in
                            batch.copy("source", from: "bucket", to: key, in: "bucket")
                            batch.delete("source", in: "bucket")
                        }
                        if let lsn = receipt?.lsn { log.moves.withLock { $0.append((lsn, key)) } }
                    }
                }
            }
            let (done, moved) = (log.puts.withLock { $0 }, log.moves.withLock { $0 })
            #expect(done.count == 180)
            for (lsn, key) in moved {
                let last = done.filter { $0.lsn < lsn }.max { $0.lsn < $1.lsn }
                #expect(try await bucket.get(key).collect(upTo: 1) == [try #require(last).value])
            }
        }
    }

    @Test("Versions stay readable and removable under a head that cannot be read")
    func damagedHead() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
        let first = try await bucket.put("key", [1])
        try await bucket.put("key", [2])
        try await memory.replace(RowKey.current(try memory.engine.bucket("bucket").row.uid, "key"), [9, 9, 9])
        #expect(try await errorCode { try await bucket.head("key") } == .damaged)
        #expect(try await bucket.get("key", version: first.versionID).collect(upTo: 1) == [1])
        #expect(try await errorCode { try await bucket.head("key", version: .null) } == .damaged)
        try await bucket.delete("key", version: first.versionID)
    }

    @Test("The next page shows a version that became the newest since the page before")
    func promotedBetweenPages() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            var ids: [VersionID] = []
            for byte in 1...3 { ids.append(try await bucket.put("key", [UInt8(byte)]).versionID) }
            try await bucket.put("next", [])
            var options = VersionListOptions(limit: 1)
            options.continuation = try await bucket.listVersions(options).continuation
            try await bucket.delete("key", version: ids[2])
            options.limit = 3
            let page = try await bucket.listVersions(options)
            #expect(page.entries.map(\.versionID).prefix(2) == [ids[1], ids[0]])
            #expect(page.entries.map(\.key.rawValue) == ["key", "key", "next"])
            // Not what came since the page before, which began with the newest.
            try await bucket.put("key", [4])
            #expect(try await bucket.listVersions(options).entries == page.entries.map(\.asOlder))
        }
    }

    @Test("A bucket with nothing but a delete marker or an old version is not empty")
    func notEmpty() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            let put = try await bucket.put("key", [1])
            let marker = try await bucket.delete("key")
            #expect(try await errorCode { try await store.deleteBucket("bucket") } == .bucketNotEmpty)
            try await bucket.delete("key", version: put.versionID)
            #expect(try await errorCode { try await store.deleteBucket("bucket") } == .bucketNotEmpty)
            try await bucket.delete("key", version: marker.versionID)
            try await store.deleteBucket("bucket")
        }
    }

    @Test("Reads heed their conditions, in the order of RFC 9110")
    func readConditions() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let put = try await bucket.put("key", [1])
            let before = put.lastModified.addingTimeInterval(-1)
            func code(_ conditions: ReadConditions) async throws -> StoreError.Code? {
                let head = try await errorCode { try await bucket.head("key", if: conditions) }
                #expect(try await errorCode { try await bucket.get("key", if: conditions) } == head)
                return head
            }
            #expect(try await code(ReadConditions(matches: ["x", put.etag])) == nil)
            #expect(try await code(ReadConditions(matches: ["x"])) == .preconditionFailed)
            #expect(try await code(ReadConditions(differs: [put.etag])) == .notModified)
            #expect(try await code(ReadConditions(differs: ["x"])) == nil)
            #expect(try await code(ReadConditions(modifiedSince: put.lastModified)) == .notModified)
            #expect(try await code(ReadConditions(modifiedSince: before)) == nil)
            #expect(try await code(ReadConditions(notModifiedSince: before)) == .preconditionFailed)
            #expect(try await code(ReadConditions(notModifiedSince: put.lastModified)) == nil)
            // The ETags go before the times.
            #expect(try await code(ReadConditions(matches: [put.etag], notModifiedSince: before)) == nil)
            #expect(try await code(ReadConditions(differs: ["x"], modifiedSince: put.lastModified)) == nil)
        }
    }

    @Test("A forged old version stays forged when it becomes the newest, and so does a forged head that is replaced")
    func movedRowsAreAuthenticated() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
        try await bucket.put("key", [1])
        let second = try await bucket.put("key", [2])
        let uid = try memory.engine.bucket("bucket").row.uid
        let headKey = RowKey.current(uid, "key")
        let honest = try #require(try await memory.metadata.pinnedRow(headKey)).row.value
        var forged = honest
        forged[forged.count - 40] ^= 1
        try await memory.replace(headKey, forged)
        #expect(try await errorCode { try await bucket.put("key", [3]) } == .damaged)
        #expect(try await errorCode { try await bucket.delete("key") } == .damaged)
        try await memory.replace(headKey, honest)

        let old = try await memory.firstRow(after: RowKey.versions(uid, of: "key"))
        forged = old.value
        forged[forged.count - 40] ^= 1
        try await memory.replace(old.key, forged)
        #expect(try await errorCode { try await bucket.delete("key", version: second.versionID) } == .damaged)
        // An old version under the head's name is another row.
        try await memory.replace(headKey, old.value)
        #expect(try await errorCode { try await bucket.head("key") } == .damaged)
    }

    @Test("Version ids are read back as they were written, and nothing else is one")
    func versionIDs() throws {
        for id in [VersionID.null, VersionID(bytes: [UInt8](repeating: 0xA7, count: 16))] {
            #expect(try VersionID(id.description) == id)
        }
        for text in ["", "Null", "00", String(repeating: "A", count: 32), String(repeating: "0", count: 33)] {
            #expect(throws: StoreError.self) { try VersionID(text) }
        }
    }
}

private final class MoveLog: Sendable {
    let puts = Mutex<[(lsn: UInt64, value: UInt8)]>([])
    let moves = Mutex<[(lsn: UInt64, key: ObjectKey)]>([])
}

extension MemoryEngine {
    /// Changes a row below the engine, its payload kept.
    func replace(_ rowKey: [UInt8], _ value: [UInt8]) async throws {
        _ = try await metadata.commit(reads: [rowKey], attachments: []) { _ -> Decision<Never> in
            .commit([RowMutation(key: rowKey, change: .put(value: value, payload: .sameAs(read: 0)))])
        }
    }

    func firstRow(after start: [UInt8]) async throws -> (key: [UInt8], value: [UInt8]) {
        try await engine.readStorage { snapshot throws(StorageError) in
            var found: (key: [UInt8], value: [UInt8]) = ([], [])
            try snapshot.scan(from: start, to: nil) { key, row in
                found = (key, row.value)
                return .stop
            }
            return found
        }
    }
}

extension VersionEntry {
    /// The same version under a newer one of its key.
    fileprivate var asOlder: VersionEntry {
        guard case .object(let info, _) = self else { return self }
        return .object(info, isLatest: info.key == "next")
    }
}
