import Foundation
import StrongroomCrypto
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import Strongroom

/// Recognisable bytes are put in, and then looked for everywhere that outlives the call: in every file of
/// store and keyring, and in all memory of this process that a core dump would hold.
@Suite("Canaries", .serialized)
struct CanaryTests {
    static func store(_ canary: Canary, size: Int, in bucket: Bucket) async throws {
        var body = [UInt8](repeating: 0x11, count: size)
        var needle = canary.bytes
        body.replaceSubrange(size / 4..<size / 4 + 64, with: needle)
        try await bucket.put("plain key \(size)", body)
        needle.wipeTail(from: 0)
        body.wipeTail(from: 0)
    }

    /// A store that knows every mode, a bucket in which that mode is asked for, and the store's directory.
    private static func withSealed(
        _ mode: TestMode, _ body: (Store, Bucket, TemporaryDirectory) async throws -> Void
    ) async throws {
        let fixture = try ModeFixture("canary")
        defer { withExtendedLifetime(fixture) {} }
        let store = try await fixture.open()
        let standard: DefaultEncryption =
            switch mode {
            case .kmsBucketKey: .kms(key: "app", bucketKey: true)
            case .kmsDualLayer: .kmsDualLayer(key: "app")
            default: .s3Managed
            }
        let bucket = try await store.createBucket(
            "bucket", defaultEncryption: standard, allowing: [.customerKeys])
        try await body(store, fixture.handle(bucket, mode), fixture.directory)
        try await store.close()
    }

    /// In parts, and given up or not.
    private static func upload(_ canary: Canary, to bucket: Bucket, completes: Bool) async throws {
        let upload = try await bucket.createUpload("parts").id
        var part = [UInt8](repeating: 0x22, count: 30_000)
        part.replaceSubrange(20_000..<20_064, with: canary.bytes)
        let stored = try await bucket.uploadPart(1, of: "parts", upload, part)
        part.wipeTail(from: 0)
        if completes {
            try await bucket.completeUpload("parts", upload, parts: [CompletedPart(stored)])
            _ = try await bucket.get("parts").collect(upTo: 30_000)
        } else {
            try await bucket.abortUpload("parts", upload)
        }
    }

    private static let sealedModes: [TestMode] = [.s3Managed, .kmsBucketKey, .kmsDualLayer, .customerKey]

    @Test("No byte of a sealed body, no content type and no metadata in any file", arguments: sealedModes)
    func files(mode: TestMode) async throws {
        try await Self.withSealed(mode) { store, bucket, directory in
            for (index, size) in [100, 5_000, 100_000, 500_000].enumerated() {
                try await Self.store(Canary(seed: UInt64(900 + index)), size: size, in: bucket)
            }
            let text = "canary-8b2f-in-metadata"
            try await bucket.put("meta", [1], options: PutOptions(contentType: text, metadata: [text: text]))
            try await bucket.copy("plain key 5000", from: bucket, to: "copy")
            try await Self.upload(Canary(seed: 904), to: bucket, completes: true)
            try await Self.upload(Canary(seed: 905), to: bucket, completes: false)
            func expectNothing(_ when: String) throws {
                for file in try directory.files() {
                    let contents = try directory.contents(of: file)
                    for seed in 900..<906 { #expect(!Canary(seed: UInt64(seed)).isIn(contents), "\(file) \(when)") }
                    #expect(contents.firstRange(of: Array(text.utf8)) == nil, "\(file) \(when)")
                }
            }
            // What a killed process would leave.
            try expectNothing("before a checkpoint")
            try await store.checkpoint()
            try await bucket.delete("plain key 5000")
            try await store.checkpoint()
            try await store.close()
            try expectNothing("when the store is closed")
        }
    }

    @Test("The control: a body in mode none is found, so the search can find")
    func control() async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket", defaultEncryption: .none)
            let canary = Canary(seed: 990)
            try await Self.store(canary, size: 5_000, in: bucket)
            try await store.close()
            let found = try directory.files().contains { file in
                canary.isIn(try directory.contents(of: file))
            }
            #expect(found)
            let held = canary.bytes
            #expect(try DumpableMemory.contains(canary))
            #expect(held.count == 64)
        }
    }

    @Test(
        "Nothing of a sealed body stays in dumpable memory once the calls are over",
        .disabled(if: Sanitizer.isThere, "a sanitizer's own memory takes minutes to look through"),
        arguments: sealedModes, [100, 5_000, 100_000, 500_000])
    func memoryAfterPut(mode: TestMode, size: Int) async throws {
        try await Self.withSealed(mode) { _, bucket, _ in
            let canary = Canary(seed: UInt64(1_000 + size))
            try await Self.store(canary, size: size, in: bucket)
            #expect(try !DumpableMemory.contains(canary))
            // A copy's plaintext was never anybody's but the store's own.
            try await bucket.copy(ObjectKey("plain key \(size)"), from: bucket, to: "copy")
            #expect(try !DumpableMemory.contains(canary), "after a copy")
        }
    }

    @Test("No key of an idle store is in dumpable memory")
    func keys() async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket")
            for size in [10, 100_000, 300_000] {
                try await bucket.put("k\(size)", [UInt8](repeating: 1, count: size))
                _ = try await bucket.get("k\(size)").collect(upTo: size)
            }
            let keys = try #require(store.engine.keys)
            #expect(
                try !DumpableMemory.contains(Canary(keys.metadataKey.bytes)), "the metadata key is in dumpable memory")
            let files = try directory.files(below: directory.keyring)
            let rootKeyFile = try #require(files.first { $0.extension == "key" })
            let root = try SecretBytes(reading: rootKeyFile)
            #expect(try !DumpableMemory.contains(Canary(root)), "the root key is in dumpable memory")
        }
    }
}

extension SecretBytes {
    /// A key file's bytes, which touch no memory but the secret's.
    init(reading file: FilePath) throws {
        let descriptor = try FileDescriptor.open(file, .readOnly)
        defer { try? descriptor.close() }
        self = try SecretBytes(count: 32) { span in
            unsafe span.withUnsafeMutableBytes { buffer in
                let count = unsafe try? descriptor.read(into: buffer)
                precondition(count == 32, "a root key file has 32 bytes")
            }
        }
    }
}
