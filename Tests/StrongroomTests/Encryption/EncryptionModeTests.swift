import Synchronization
import Testing

@testable import Strongroom

/// Every mode of encryption on every path that writes or reads.
@Suite("Encryption modes")
struct EncryptionModeTests {
    private static let sizes = [0, 1, 300, 20_000, 70_000]

    private static func body(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 167) >> 3) } }

    @Test(arguments: TestMode.allCases)
    func putGetRangeHeadAndAttributes(mode: TestMode) async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket("bucket", versioning: .enabled, allowing: [.customerKeys])
        let reader = fixture.handle(bucket, mode)
        for size in Self.sizes {
            let (key, body) = (ObjectKey("size/\(size)"), Self.body(size))
            let receipt = try await bucket.put(key, body, options: PutOptions(encryption: mode.request(fixture)))
            #expect(mode.isMode(receipt.encryption))
            #expect(try await reader.get(key).collect(upTo: 1 << 20) == body)
            let info = try await reader.head(key)
            #expect(info.etag == receipt.etag && mode.isMode(info.encryption) && info.sizeBytes == UInt64(size))
            let attributes = try await reader.attributes(of: key)
            #expect(attributes.object.checksums == receipt.checksums && !receipt.checksums.isEmpty)
            if size > 100 {
                let range = UInt64(size / 3)..<UInt64(size - 7)
                let part = try await reader.get(key, range: range).collect(upTo: 1 << 20)
                #expect(part == Array(body[size / 3..<size - 7]))
            }
        }
        try await store.close()
        // After a restart too, by the same key service.
        let again = try await fixture.open()
        let found = fixture.handle(again.bucket("bucket"), mode)
        for size in Self.sizes {
            #expect(try await found.get(ObjectKey("size/\(size)")).collect(upTo: 1 << 20) == Self.body(size))
        }
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    @Test(arguments: TestMode.allCases)
    func aBucketsDefaultCounts(mode: TestMode) async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket("bucket", allowing: [.customerKeys])
        let first = try await bucket.put("before", [1])
        switch mode {
        case .none: try await bucket.setDefaultEncryption(.none)
        case .s3Managed: try await bucket.setDefaultEncryption(.s3Managed)
        case .kms: try await bucket.setDefaultEncryption(.kms(key: "alias/app"))
        case .kmsDualLayer: try await bucket.setDefaultEncryption(.kmsDualLayer(key: "alias/app"))
        case .kmsBucketKey: try await bucket.setDefaultEncryption(.kms(key: "alias/app", bucketKey: true))
        case .kmsWithContext: return
        // No default: it is the handle that asks.
        case .customerKey: break
        }
        let receipt = try await fixture.handle(bucket, mode).put("after", [2])
        #expect(mode.isMode(receipt.encryption))
        #expect(try await fixture.handle(bucket, mode).get("after").collect(upTo: 10) == [2])
        // What was there stays as it is.
        #expect(try await bucket.head("before").encryption == first.encryption)
        try await store.close()
        let again = try await fixture.open()
        let later = try await fixture.handle(again.bucket("bucket"), mode).put("later", [3])
        #expect(mode.isMode(later.encryption))
        try await again.close()
    }

    @Test(arguments: TestMode.allCases, TestMode.allCases)
    func copyFromEachToEach(from: TestMode, to: TestMode) async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket("bucket", allowing: [.customerKeys])
        for size in [100, 40_000] {
            let (key, body) = (ObjectKey("from/\(size)"), Self.body(size))
            try await bucket.put(
                key, body, options: PutOptions(encryption: from.request(fixture), metadata: ["a": "b"]))
            let source = fixture.handle(bucket, from)
            let receipt = try await bucket.copy(
                key, from: source, to: "copy", options: CopyOptions(encryption: to.request(fixture)))
            #expect(to.isMode(receipt.encryption))
            let copy = try await fixture.handle(bucket, to).get("copy")
            #expect(copy.info.metadata == ["a": "b"])
            #expect(try await copy.collect(upTo: 1 << 20) == body)
            // In a batch, which names buckets, the option brings the key.
            try await store.batch { batch in
                batch.copy(
                    key, from: "bucket", to: "batched", in: "bucket",
                    options: CopyOptions(
                        sourceCustomerKey: from == .customerKey ? fixture.customerKey : nil,
                        encryption: to.request(fixture)))
                batch.put("beside", body, in: "bucket", options: PutOptions(encryption: to.request(fixture)))
            }
            for key: ObjectKey in ["batched", "beside"] {
                let found = try await fixture.handle(bucket, to).get(key)
                #expect(to.isMode(found.info.encryption))
                #expect(try await found.collect(upTo: 1 << 20) == body)
            }
        }
        try await store.close()
    }

    @Test(arguments: TestMode.allCases)
    func uploadsInPartsAndPartsThatAreCopies(mode: TestMode) async throws {
        let fixture = try ModeFixture()
        let store = try await fixture.open()
        let bucket = try await store.createBucket("bucket", allowing: [.customerKeys])
        let handle = fixture.handle(bucket, mode)
        let upload = try await bucket.createUpload("big", options: PutOptions(encryption: mode.request(fixture))).id
        let (first, second) = (Self.body(30_000), Self.body(5_000))
        try await bucket.put("source", second, options: PutOptions(encryption: mode.request(fixture)))
        var parts = [CompletedPart(try await handle.uploadPart(1, of: "big", upload, first))]
        parts.append(
            CompletedPart(
                try await handle.uploadPart(3, of: "big", upload, copying: "source", from: handle, range: 0..<5_000)))
        let listed = try await bucket.listParts("big", upload).parts
        #expect(listed.map(\.number) == [1, 3])
        // Without a key nothing is told that follows from the bytes.
        #expect(
            listed.allSatisfy { $0.checksums.isEmpty } == mode.hidesChecksums)
        // To complete needs no key at all.
        fixture.service.state.withLock { $0.disabled = Set($0.keys.keys) }
        let receipt = try await bucket.completeUpload("big", upload, parts: parts)
        #expect(mode.isMode(receipt.encryption))
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await handle.get("big").collect(upTo: 1 << 20) == first + second)
        #expect(try await handle.get("big", part: 3).collect(upTo: 1 << 20) == second)
        #expect(try await handle.head("big", part: 1).part.range == 0..<30_000)
        #expect(try await handle.attributes(of: "big").parts.map(\.number) == [1, 3])
        let middle = try await handle.get("big", range: 29_990..<30_010).collect(upTo: 100)
        #expect(middle == Array(first.suffix(10) + second.prefix(10)))
        try await store.close()
    }
}
