import StrongroomStorage
import StrongroomSystem
import Testing

@testable import Strongroom

@Suite("Parts of an object")
struct ObjectPartsTests {
    static var options: StoreOptions {
        var options = StoreOptions.forTests
        options.partMinimumBytes = 1
        return options
    }

    /// Parts whose bytes are their numbers.
    @discardableResult
    static func upload(
        _ sizes: [Int: Int], to bucket: Bucket, _ key: ObjectKey, options: PutOptions = PutOptions()
    ) async throws -> PutReceipt {
        let upload = try await bucket.createUpload(key, options: options).id
        var parts: [CompletedPart] = []
        for (number, count) in sizes.sorted(by: { $0.key < $1.key }) {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count)
            parts.append(CompletedPart(try await bucket.uploadPart(number, of: key, upload, bytes)))
        }
        return try await bucket.completeUpload(key, upload, parts: parts)
    }

    @Test(
        "A part is read alone, under the number that it was uploaded with",
        arguments: [DefaultEncryption.s3Managed, .none])
    func readAlone(encryption: DefaultEncryption) async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket", defaultEncryption: encryption)
            // Of all homes; the last part is empty.
            let sizes = [2: 70_000, 3: 300_000, 7: 10, 9: 0]
            let receipt = try await Self.upload(sizes, to: bucket, "key")
            var offset: UInt64 = 0
            for (number, count) in sizes.sorted(by: { $0.key < $1.key }) {
                let body = try await bucket.get("key", part: number)
                #expect(body.range == offset..<offset + UInt64(count))
                #expect(body.info.partCount == 4 && body.info.etag == receipt.etag)
                #expect(body.info.sizeBytes == receipt.sizeBytes)
                #expect(
                    try await body.collect(upTo: 1 << 20) == [UInt8](repeating: UInt8(number), count: count))
                let head = try await bucket.head("key", part: number)
                #expect(head.object == body.info && head.part == body.part)
                #expect(head.part.number == number && head.part.sizeBytes == UInt64(count))
                offset += UInt64(count)
            }
            for number in [-1, 0, 1, 4, 8, 10, 10_000, 65_538, .max, .min] {
                #expect(try await errorCode { try await bucket.get("key", part: number) } == .invalidPartNumber)
                #expect(try await errorCode { try await bucket.head("key", part: number) } == .invalidPartNumber)
            }
            #expect(try await bucket.head("key").partCount == 4)
            #expect(try await bucket.get("key").part == nil)
        }
    }

    @Test("An object that was put whole is its own part 1, the empty one too", arguments: [0, 100, 300_000])
    func putWhole(count: Int) async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            let bytes = [UInt8](repeating: 8, count: count)
            let receipt = try await bucket.put("key", bytes)
            let body = try await bucket.get("key", part: 1)
            #expect(try await body.collect(upTo: 1 << 20) == bytes)
            #expect(body.part?.checksums == receipt.checksums && body.info.partCount == nil)
            #expect(try await bucket.head("key", part: 1).part.range == 0..<UInt64(count))
            #expect(try await errorCode { try await bucket.get("key", part: 2) } == .invalidPartNumber)
            #expect(try await errorCode { try await bucket.head("key", part: 0) } == .invalidPartNumber)
        }
    }

    @Test("A part is read of the version named, under conditions, and has its own checksums")
    func versionsAndConditions() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            let options = PutOptions(checksums: [.crc32c, .sha256])
            let old = try await Self.upload([1: 1_000, 2: 2_000], to: bucket, "key", options: options)
            try await bucket.put("key", [1], options: options)
            let body = try await bucket.get("key", part: 2, version: old.versionID)
            #expect(try await body.collect(upTo: 9_000) == [UInt8](repeating: 2, count: 2_000))
            let alone = try await bucket.put("alone", [UInt8](repeating: 2, count: 2_000), options: options)
            #expect(body.part?.checksums == alone.checksums && body.part?.checksums.count == 2)
            #expect(try await errorCode { try await bucket.get("key", part: 2) } == .invalidPartNumber)
            let other = ReadConditions(matches: ["other"])
            #expect(
                try await errorCode { try await bucket.head("key", part: 2, version: old.versionID, if: other) }
                    == .preconditionFailed)
            #expect(try await errorCode { try await bucket.get("none", part: 1) } == .noSuchKey)
        }
    }

    @Test("A body of a part stays readable when the object is overwritten")
    func overwritten() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            try await Self.upload([1: 300_000, 2: 400_000], to: bucket, "key")
            let body = try await bucket.get("key", part: 2)
            try await bucket.put("key", [])
            #expect(try await body.collect(upTo: 1 << 20) == [UInt8](repeating: 2, count: 400_000))
        }
    }

    @Test("An attacker who takes a part away is found out, whichever part is read")
    func attack() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        try await Self.upload([1: 100, 2: 100, 3: 100], to: bucket, "key")
        let rows = try await memory.rows(RowKey.partTable)
        for row in rows {
            try await memory.put([(row.key, nil)])
            for number in 1...3 {
                #expect(try await errorCode { try await bucket.get("key", part: number) } == .damaged)
                #expect(try await errorCode { try await bucket.head("key", part: number) } == .damaged)
            }
            try await memory.put([(row.key, row.row)])
        }
        #expect(try await bucket.get("key", part: 3).collect(upTo: 100) == [UInt8](repeating: 3, count: 100))
    }
}
