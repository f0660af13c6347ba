import StrongroomCrypto
import StrongroomKeys
import StrongroomStorage
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Multipart uploads")
struct MultipartTests {
    private static var options: StoreOptions {
        var options = StoreOptions.forTests
        options.partMinimumBytes = 1_000
        return options
    }

    /// Bytes that tell which part and attempt they are of.
    private static func bytes(_ number: Int, attempt: Int = 0, count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number * 100 + attempt))
        return Array(generator.bytes(count).prefix(count))
    }

    @Test("A thousand parts, out of order, by sixteen tasks, every tenth repeated")
    func thousandParts() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            let options = PutOptions(contentType: "text/plain", checksums: [.crc64NVME, .sha256], etag: .md5)
            let upload = try await bucket.createUpload("key", options: options).id
            var generator = SeededGenerator(seed: 5)
            let numbers = Array(1...1_000).shuffled(using: &generator)
            func size(_ number: Int) -> Int { number % 100 == 0 ? 200_000 : 1_000 + number }
            var parts: [PartInfo] = []
            try await withThrowingTaskGroup(of: [PartInfo].self) { group in
                for task in 0..<16 {
                    group.addTask {
                        var done: [PartInfo] = []
                        for number in numbers where number % 16 == task {
                            if number % 10 == 0 {
                                try await bucket.uploadPart(
                                    number, of: "key", upload,
                                    Self.bytes(number, attempt: 1, count: size(number)))
                            }
                            done.append(
                                try await bucket.uploadPart(
                                    number, of: "key", upload, Self.bytes(number, count: size(number))))
                        }
                        return done
                    }
                }
                for try await done in group { parts += done }
            }
            parts.sort { $0.number < $1.number }
            let whole = (1...1_000).flatMap { Self.bytes($0, count: size($0)) }
            let receipt = try await bucket.completeUpload("key", upload, parts: parts.map(CompletedPart.init))
            #expect(receipt.sizeBytes == UInt64(whole.count))
            // Safe: a UInt8 is raw bytes.
            let checksum = try ChecksumHasher.checksum(.crc64NVME, unsafe whole.span.bytes)
            let composite = try CompositeChecksum(
                .sha256, partDigests: parts.compactMap { $0.checksums.last?.digest })
            #expect(receipt.checksums == [ObjectChecksum(.crc64NVME, checksum), ObjectChecksum(composite)])
            #expect(receipt.checksums.last?.base64.hasSuffix("=-1000") == true)
            let md5s = try (1...1_000).map { number in
                let bytes = Self.bytes(number, count: size(number))
                return try Digest.hash(.md5, unsafe bytes.span.bytes)
            }
            #expect(receipt.etag == (try MultipartETag(partMD5s: md5s).text))
            let body = try await bucket.get("key")
            #expect(body.info.etag == receipt.etag && body.info.contentType == "text/plain")
            #expect(try await body.collect(upTo: whole.count) == whole)
            for _ in 0..<30 {
                let lower = Int.random(in: 0..<whole.count, using: &generator)
                let upper = min(whole.count, lower + Int.random(in: 1...300_000, using: &generator))
                let range = try await bucket.get("key", range: UInt64(lower)..<UInt64(upper))
                #expect(try await range.collect(upTo: whole.count) == Array(whole[lower..<upper]))
            }
            #expect(try await errorCode { try await bucket.abortUpload("key", upload) } == .noSuchUpload)
            #expect(try await store.verify(readingData: true).findings == [])
        }
    }

    @Test("Unfinished uploads survive a restart; what is left of finished ones goes")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: Self.options)
        var bucket = try await store.createBucket("bucket")
        let upload = try await bucket.createUpload("key").id
        let first = try await bucket.uploadPart(1, of: "key", upload, Self.bytes(1, count: 200_000))
        try await store.close()

        store = try await Store.open(at: directory.store, options: Self.options)
        bucket = store.bucket("bucket")
        #expect(try await bucket.listUploads().uploads.map(\.id) == [upload])
        #expect(try await bucket.listParts("key", upload).parts == [first])
        let second = try await bucket.uploadPart(3, of: "key", upload, Self.bytes(3, count: 10))
        try await bucket.completeUpload("key", upload, parts: [first, second].map(CompletedPart.init))
        // Read by somebody when it is deleted, and never let go: as after a crash, the parts are still there.
        let held = try await bucket.get("key")
        try await bucket.delete("key")
        #expect(try await Self.rowCount(RowKey.partTable, store) == 2)
        #expect(
            try await held.collect(upTo: 1 << 20) == Self.bytes(1, count: 200_000) + Self.bytes(3, count: 10))
        try await store.close()
        withExtendedLifetime(held) {}

        store = try await Store.open(at: directory.store, options: Self.options)
        await store.engine.parts.settle()
        #expect(try await Self.rowCount(RowKey.partTable, store) == 0)
        #expect(try await Self.rowCount(RowKey.abandonedPartsTable, store) == 0)
        try await store.checkpoint()
        try await store.checkpoint()
        try await store.checkpoint()
        #expect(try directory.files().filter { $0.extension == "blob" } == [])
        try await store.close()
    }

    private static func rowCount(_ table: UInt8, _ store: Store) async throws -> Int {
        try await store.engine.readStorage { snapshot throws(StorageError) in
            var count = 0
            try snapshot.scan(from: [table], to: [table + 1]) { _, _ in
                count += 1
                return .next
            }
            return count
        }
    }

    @Test("Parts go with their object: overwritten, deleted, deleted by version; and stay with an old version")
    func partsGo() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            func upload(_ key: ObjectKey) async throws -> PutReceipt {
                let upload = try await bucket.createUpload(key).id
                var parts: [CompletedPart] = []
                for number in [2, 5, 6] {
                    let bytes = Self.bytes(number, count: 1_000)
                    parts.append(CompletedPart(try await bucket.uploadPart(number, of: key, upload, bytes)))
                }
                // Not named in the list.
                try await bucket.uploadPart(4, of: key, upload, [1])
                return try await bucket.completeUpload(key, upload, parts: parts)
            }
            func partCount() async throws -> Int {
                await store.engine.parts.settle()
                return try await Self.rowCount(RowKey.partTable, store)
            }
            _ = try await upload("a")
            #expect(try await partCount() == 3)
            try await bucket.put("a", [1])
            #expect(try await partCount() == 0)
            _ = try await upload("a")
            _ = try await upload("a")
            #expect(try await partCount() == 3)
            try await bucket.delete("a")
            #expect(try await partCount() == 0)

            try await bucket.setVersioning(.enabled)
            let old = try await upload("a")
            try await bucket.put("a", [2])
            #expect(try await partCount() == 3)
            let whole = [2, 5, 6].flatMap { Self.bytes($0, count: 1_000) }
            #expect(try await bucket.get("a", version: old.versionID).collect(upTo: 9_000) == whole)
            try await bucket.setTags(["n": "1"], of: "a", version: old.versionID)
            try await bucket.copy("a", to: "b", options: CopyOptions(sourceVersion: old.versionID))
            #expect(try await bucket.get("b").collect(upTo: 9_000) == whole)
            try await bucket.delete("a", version: old.versionID)
            #expect(try await partCount() == 0)
            try await bucket.setVersioning(.suspended)
            _ = try await upload("c")
            try await bucket.delete("c")
            #expect(try await partCount() == 0)
        }
    }

    @Test("Lists that do not fit what was uploaded are refused, and the upload is as it was")
    func refusals() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            let upload = try await bucket.createUpload("key").id
            let one = CompletedPart(try await bucket.uploadPart(1, of: "key", upload, Self.bytes(1, count: 2_000)))
            let two = CompletedPart(try await bucket.uploadPart(2, of: "key", upload, [1]))
            let three = CompletedPart(try await bucket.uploadPart(3, of: "key", upload, Self.bytes(3, count: 2_000)))
            func code(_ parts: [CompletedPart], if condition: WriteCondition? = nil) async throws -> StoreError.Code? {
                try await errorCode { try await bucket.completeUpload("key", upload, parts: parts, if: condition) }
            }
            #expect(try await code([]) == .invalidPart)
            #expect(try await code([two, one]) == .invalidPartOrder)
            #expect(try await code([one, one]) == .invalidPartOrder)
            #expect(try await code([one, CompletedPart(number: 4, etag: one.etag)]) == .invalidPart)
            #expect(try await code([CompletedPart(number: 1, etag: two.etag)]) == .invalidPart)
            #expect(try await code([one, two, three]) == .entityTooSmall)
            #expect(try await code([one], if: .present) == .noSuchKey)
            #expect(try await bucket.listParts("key", upload, after: 1, limit: 1).parts.map(\.number) == [2])
            #expect(try await errorCode { try await store.deleteBucket("bucket") } == .bucketNotEmpty)
            for number in [0, 10_001] {
                let code = try await errorCode { try await bucket.uploadPart(number, of: "key", upload, [1]) }
                #expect(code == .invalidArgument)
            }
            let other = try await bucket.createUpload("other").id
            #expect(try await errorCode { try await bucket.uploadPart(1, of: "key", other, [1]) } == .noSuchUpload)
            #expect(try await code([one, three, CompletedPart(number: 9, etag: "")]) == .invalidPart)
            #expect(try await code([one, three], if: .absent) == nil)
            #expect(try await code([one]) == .noSuchUpload)
            try await bucket.abortUpload("other", other)
            #expect(try await bucket.listUploads().uploads.isEmpty)
        }
    }

    @Test("Attempts that race with a completion are in the object whole or not at all")
    func races() async throws {
        try await withStore(Self.options) { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            for round in 0..<20 {
                let upload = try await bucket.createUpload("key").id
                let first = try await bucket.uploadPart(1, of: "key", upload, Self.bytes(1, count: 1_500))
                async let late: [PartInfo] = withTaskGroup(of: PartInfo?.self) { group in
                    for number in 1...4 {
                        group.addTask {
                            try? await bucket.uploadPart(
                                number, of: "key", upload, Self.bytes(number, attempt: 2 + round, count: 1_200))
                        }
                    }
                    return await group.reduce(into: []) { if let part = $1 { $0.append(part) } }
                }
                let receipt: PutReceipt?
                do throws(StoreError) {
                    receipt = try await bucket.completeUpload("key", upload, parts: [CompletedPart(first)])
                } catch {
                    #expect(error.code == .invalidPart)
                    receipt = nil
                }
                _ = await late
                guard let receipt else { continue }
                let body = try await bucket.get("key", version: receipt.versionID)
                #expect(try await body.collect(upTo: 9_000) == Self.bytes(1, count: 1_500))
            }
            #expect(try await store.verify(readingData: true).findings == [])
        }
    }

    @Test("Whoever reads on after a failure gets the part that failed, and no gap")
    func retriedRead() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        let upload = try await bucket.createUpload("key").id
        var parts: [CompletedPart] = []
        for number in 1...3 {
            parts.append(CompletedPart(try await bucket.uploadPart(number, of: "key", upload, [UInt8(number)])))
        }
        try await bucket.completeUpload("key", upload, parts: parts)
        let honest = try await memory.rows(RowKey.partTable)
        var iterator = try await bucket.get("key").makeAsyncIterator()
        #expect(try await iterator.next() == [1])
        try await memory.put([(honest[1].key, nil)])
        #expect(try await errorCode { try await iterator.next() } == .damaged)
        try await memory.put([(honest[1].key, honest[1].row)])
        #expect(try await iterator.next() == [2])
        #expect(try await iterator.next() == [3])
        #expect(try await iterator.next() == nil)
    }

    @Test("Dropped, swapped, older or altered parts are found out", arguments: TestMode.allCases)
    func attacks(mode: TestMode) async throws {
        let fixture = try ModeFixture("parts")
        defer { withExtendedLifetime(fixture) {} }
        let memory = try await fixture.memory(mode)
        let plain = try await memory.store.createBucket("bucket", allowing: [.customerKeys])
        let bucket = memory.bucket("bucket")
        let upload = try await plain.createUpload("key", options: PutOptions(encryption: mode.request(fixture))).id
        try await bucket.uploadPart(2, of: "key", upload, Self.bytes(2, attempt: 1, count: 3_000))
        let rows = { try await memory.rows(RowKey.partTable) }
        let older = try await rows()[0]
        var parts: [CompletedPart] = []
        for number in 1...3 {
            let bytes = Self.bytes(number, count: 3_000)
            parts.append(CompletedPart(try await bucket.uploadPart(number, of: "key", upload, bytes)))
        }
        try await bucket.completeUpload("key", upload, parts: parts)
        let whole = (1...3).flatMap { Self.bytes($0, count: 3_000) }
        let honest = try await rows()
        func code(_ altered: [(key: [UInt8], row: StoredRow?)]) async throws -> StoreError.Code? {
            try await memory.put(altered)
            let code = try await errorCode { try await bucket.get("key").collect(upTo: 9_000) }
            try await memory.put(honest.map { ($0.key, $0.row) })
            #expect(try await bucket.get("key").collect(upTo: 9_000) == whole)
            return code
        }
        for row in honest { #expect(try await code([(row.key, nil)]) == .damaged) }
        #expect(try await code([(honest[1].key, older.row)]) == .damaged)
        #expect(try await code([(honest[0].key, honest[1].row), (honest[1].key, honest[0].row)]) == .damaged)
        var altered = honest[2].row
        altered.value[40] ^= 1
        #expect(try await code([(honest[2].key, altered)]) == .damaged)
        // The rows stand, their payloads are another's.
        var swapped = (honest[0].row, honest[1].row)
        (swapped.0.payload, swapped.1.payload) = (swapped.1.payload, swapped.0.payload)
        #expect(try await code([(honest[0].key, swapped.0), (honest[1].key, swapped.1)]) == .damaged)
    }
}

extension MemoryEngine {
    func rows(_ table: UInt8) async throws -> [(key: [UInt8], row: StoredRow)] {
        try await engine.readStorage { snapshot throws(StorageError) in
            var rows: [(key: [UInt8], row: StoredRow)] = []
            try snapshot.scan(from: [table], to: [table + 1]) { key, row in
                rows.append((key, row))
                return .next
            }
            return rows
        }
    }

    /// Puts or removes rows below the engine. Nothing is in the read list, so no payload is freed.
    func put(_ rows: [(key: [UInt8], row: StoredRow?)]) async throws {
        var attachments: [[UInt8]] = []
        var mutations: [RowMutation] = []
        for (key, row) in rows {
            guard let row else {
                mutations.append(RowMutation(key: key, change: .delete))
                continue
            }
            switch row.payload {
            case .none:
                mutations.append(RowMutation(key: key, change: .put(value: row.value, payload: .none)))
            case .inline(let payload):
                mutations.append(
                    RowMutation(key: key, change: .put(value: row.value, payload: .attachment(attachments.count))))
                attachments.append(payload)
            case .segment, .blob:
                preconditionFailure("only payloads in memory are put back")
            }
        }
        let all = mutations
        _ = try await metadata.commit(reads: [], attachments: attachments) { _ -> Decision<Never> in .commit(all) }
    }
}
