import SystemPackage
import Testing

@testable import Strongroom

@Suite("Put and get")
struct PutGetTests {
    /// Around each boundary: empty, tiny, a chunk, the limit of the journal, several pieces of a file.
    static let sizes = [
        0, 1, 200, 511, 512, 513, 16_383, 16_384, 16_385, 32_768, 131_071, 131_072, 131_073, 7 * 16_384, 7 * 16_384 + 1,
        1 << 20, (1 << 20) + 17, 3_000_000,
    ]

    @Test("What goes in comes out, whatever its size and mode", arguments: [EncryptionRequest.s3Managed, .none])
    func roundTrip(encryption: EncryptionRequest) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 7)
            for size in Self.sizes {
                let bytes = generator.bytes(size)
                let key: ObjectKey = "size/\(size)"
                let receipt = try await bucket.put(key, bytes, options: PutOptions(encryption: encryption))
                #expect(receipt.sizeBytes == UInt64(size))
                let body = try await bucket.get(key)
                #expect(body.info.sizeBytes == UInt64(size))
                #expect(body.info.etag == receipt.etag)
                #expect(body.info.encryption == receipt.encryption)
                #expect(try await body.collect(upTo: size) == bytes)
            }
        }
    }

    @Test("Each suite seals and opens", arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305])
    func suites(suite: CipherSuite) async throws {
        var options = StoreOptions.forTests
        options.suite = suite
        try await withStore(options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 9)
            let bytes = generator.bytes(50_000)
            try await bucket.put("a", bytes)
            let body = try await bucket.get("a")
            guard case .s3Managed(let descriptor) = body.info.encryption else {
                Issue.record("not encrypted")
                return
            }
            #expect(descriptor.suite == suite)
            #expect(try await body.collect(upTo: 50_000) == bytes)
        }
    }

    @Test("A range is what an array's slice would be", arguments: [EncryptionRequest.s3Managed, .none])
    func ranges(encryption: EncryptionRequest) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 11)
            for size in [1, 16_384, 100_000, 400_000] {
                let bytes = generator.bytes(size)
                try await bucket.put("object", bytes, options: PutOptions(encryption: encryption))
                for _ in 0..<40 {
                    let from = Int.random(in: 0..<size, using: &generator)
                    let to = Int.random(in: (from + 1)...(size + 10), using: &generator)
                    let body = try await bucket.get("object", range: UInt64(from)..<UInt64(to))
                    let expected = Array(bytes[from..<min(to, size)])
                    #expect(body.lengthBytes == UInt64(expected.count))
                    #expect(try await body.collect(upTo: size) == expected)
                }
            }
            for range in [400_000..<400_001, 5..<5] as [Range<UInt64>] {
                await #expect { try await bucket.get("object", range: range) } throws: {
                    ($0 as? StoreError)?.code == .invalidRange
                }
            }
        }
    }

    @Test("A body's slices may have any size, and its length may be announced", arguments: [1, 100, 16_384, 65_537])
    func streamed(sliceBytes: Int) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 13)
            let bytes = generator.bytes(sliceBytes == 1 ? 20_000 : 300_000)
            let body = SlicedBody(bytes: bytes, sliceBytes: sliceBytes)
            try await bucket.put("unknown", body)
            try await bucket.put("known", body, lengthBytes: UInt64(bytes.count))
            #expect(try await bucket.get("unknown").collect(upTo: bytes.count) == bytes)
            #expect(try await bucket.get("known").collect(upTo: bytes.count) == bytes)
            for wrong in [bytes.count - 1, bytes.count + 1] {
                await #expect { try await bucket.put("wrong", body, lengthBytes: UInt64(wrong)) } throws: {
                    ($0 as? StoreError)?.code == .incompleteBody
                }
            }
            await #expect { try await bucket.head("wrong") } throws: { ($0 as? StoreError)?.code == .noSuchKey }
        }
    }

    @Test("A body that fails leaves nothing behind and gives its error", arguments: [1_000, 300_000])
    func failingBody(size: Int) async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket")
            let body = SlicedBody(
                bytes: [UInt8](repeating: 1, count: size), sliceBytes: 500, failsAfterSlices: size / 500 - 1)
            await #expect { try await bucket.put("a", body) } throws: { error in
                let error = error as? StoreError
                return error?.code == .bodyFailed && error?.underlyingError is SlicedBody.BodyFault
            }
            await #expect { try await bucket.head("a") } throws: { ($0 as? StoreError)?.code == .noSuchKey }
            #expect(try directory.files(below: directory.store.appending("blobs")).isEmpty)
        }
    }

    @Test("A reader fills the caller's buffer")
    func reader() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 17)
            let bytes = generator.bytes(200_000)
            try await bucket.put("a", bytes)
            var reader = try await bucket.get("a", range: 1_000..<150_000).makeReader()
            var read: [UInt8] = []
            while true {
                var buffer = [UInt8](repeating: 0, count: 33_333)
                var span = buffer.mutableSpan
                var raw = unsafe span.mutableBytes
                let count = try await reader.read(into: &raw)
                read += buffer.prefix(count)
                if count < buffer.count { break }
            }
            #expect(read == Array(bytes[1_000..<150_000]))
        }
    }

    @Test(
        "An overwritten or deleted object stays readable for who has it open, whatever its home",
        arguments: [100, 50_000, 500_000])
    func readersKeepWhatTheyOpened(size: Int) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: 19)
            let old = generator.bytes(size)
            try await bucket.put("a", old)
            let body = try await bucket.get("a")
            try await bucket.put("a", generator.bytes(size))
            try await bucket.delete("a")
            #expect(try await body.collect(upTo: size) == old)
            await #expect { try await bucket.get("a") } throws: { ($0 as? StoreError)?.code == .noSuchKey }
        }
    }

    @Test("Everything is there after closing and opening again")
    func reopen() async throws {
        let directory = try TemporaryDirectory()
        var generator = SeededGenerator(seed: 23)
        let objects = Self.sizes.map { (key: ObjectKey(stringLiteral: "k/\($0)"), bytes: generator.bytes($0)) }
        do {
            let store = try await Store.open(at: directory.store, options: .forTests)
            let bucket = try await store.createBucket("bucket")
            for object in objects {
                try await bucket.put(
                    object.key, object.bytes,
                    options: PutOptions(contentType: "a/b", metadata: ["name": "\(object.key)"]))
            }
            try await store.close()
        }
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = store.bucket("bucket")
        for object in objects {
            let body = try await bucket.get(object.key)
            #expect(body.info.contentType == "a/b")
            #expect(body.info.metadata == ["name": "\(object.key)"])
            #expect(try await body.collect(upTo: 1 << 22) == object.bytes)
        }
        try await store.close()
    }

    @Test("A range read opens only the chunks that it touches", arguments: [EncryptionRequest.s3Managed, .none])
    func chunksTouched(encryption: EncryptionRequest) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let chunk: UInt64 = 16_384
            try await bucket.put(
                "a", [UInt8](repeating: 1, count: Int(20 * chunk)), options: PutOptions(encryption: encryption))
            let expected: [(range: Range<UInt64>, chunks: UInt64)] = [
                (0..<1, 1), (chunk - 1..<chunk + 1, 2), (5 * chunk..<6 * chunk, 1), (0..<20 * chunk, 21),
                (chunk * 3 + 1..<chunk * 12, 9), (20 * chunk - 1..<20 * chunk, 2),
            ]
            for (range, chunks) in expected {
                let cursor = try await bucket.get("a", range: range).makeAsyncIterator().cursor
                var count = 0
                while let slice = try await cursor.next(isolation: #isolation) { count += slice.count }
                #expect(count == range.count)
                #expect((cursor as? ContentCursor)?.openedChunkCount == chunks, "\(range)")
            }
        }
    }

    /// A store's object as another store's body: its failure once passed for the put's own, and one code of
    /// it ended the process.
    @Test("What a body throws is the body's failure, also when it is a store's error")
    func bodyThrowsAStoreError() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            for code in [StoreError.Code.durabilityUnknown, .damaged, .closed] {
                let body = InterruptedBody(sliceCount: 40, sliceBytes: 10_000, interruptAt: 30) {
                    throw StoreError(code, "of another store")
                }
                await #expect { try await bucket.put("a", body) } throws: { error in
                    let error = error as? StoreError
                    return error?.code == .bodyFailed && (error?.underlyingError as? StoreError)?.code == code
                }
            }
            #expect(try await bucket.list().objects.isEmpty)
        }
    }
}
