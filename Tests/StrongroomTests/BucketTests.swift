import SystemPackage
import Testing

@testable import Strongroom

@Suite("Buckets")
struct BucketTests {
    @Test("A bucket encrypts by default, and can say none explicitly")
    func defaults() async throws {
        try await withStore { store, _ in
            let sealed = try await store.createBucket("sealed")
            let plain = try await store.createBucket("plain", defaultEncryption: .none)
            #expect(try await sealed.info().defaultEncryption == .s3Managed)
            let first = try await sealed.put("a", [1]).encryption
            guard case .s3Managed = first else {
                Issue.record("not encrypted: \(first)")
                return
            }
            #expect(try await plain.put("a", [1]).encryption == EncryptionDescriptor.none)
            #expect(
                try await sealed.put("b", [1], options: PutOptions(encryption: .none)).encryption
                    == EncryptionDescriptor.none)
        }
    }

    @Test("Changing the default changes no object that is there")
    func changingTheDefault() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let before = try await bucket.put("a", [1])
            try await bucket.setDefaultEncryption(.none)
            #expect(try await bucket.head("a").encryption == before.encryption)
            #expect(try await bucket.put("b", [1]).encryption == EncryptionDescriptor.none)
            try await bucket.setDefaultEncryption(.s3Managed)
            #expect(try await bucket.head("b").encryption == EncryptionDescriptor.none)
        }
    }

    @Test("A large body that was planned under another default is refused, and leaves nothing behind")
    func defaultChangesUnderALargeBody() async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket", defaultEncryption: .none)
            let body = InterruptedBody(sliceCount: 40, sliceBytes: 10_000, interruptAt: 30) {
                try await bucket.setDefaultEncryption(.s3Managed)
            }
            await #expect { try await bucket.put("a", body) } throws: { ($0 as? StoreError)?.code == .conflict }
            #expect(try directory.files(below: directory.store.appending("blobs")).isEmpty)
        }
    }

    @Test("A small body under the same circumstances is sealed by the new plan")
    func defaultChangesUnderASmallBody() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", defaultEncryption: .none)
            let body = InterruptedBody(sliceCount: 4, sliceBytes: 100, interruptAt: 2) {
                try await bucket.setDefaultEncryption(.s3Managed)
            }
            let receipt = try await bucket.put("a", body)
            #expect(receipt.encryption != EncryptionDescriptor.none)
        }
    }

    @Test("Create, list, delete")
    func lifecycle() async throws {
        try await withStore { store, _ in
            try await store.createBucket("bbb")
            try await store.createBucket("aaa")
            await #expect { try await store.createBucket("aaa") } throws: {
                ($0 as? StoreError)?.code == .bucketAlreadyExists
            }
            #expect(try await store.listBuckets().map(\.name) == ["aaa", "bbb"])
            try await store.bucket("aaa").put("k", [1])
            await #expect { try await store.deleteBucket("aaa") } throws: {
                ($0 as? StoreError)?.code == .bucketNotEmpty
            }
            try await store.bucket("aaa").put("after", [2])
            try await store.bucket("aaa").delete("k")
            try await store.bucket("aaa").delete("after")
            try await store.deleteBucket("aaa")
            #expect(try await store.listBuckets().map(\.name) == ["bbb"])
            for code in try await [
                errorCode { try await store.bucket("aaa").put("k", [1]) },
                errorCode { try await store.bucket("aaa").head("k") },
                errorCode { try await store.bucket("aaa").delete("k") },
                errorCode { try await store.bucket("aaa").list() },
                errorCode { try await store.deleteBucket("aaa") }, errorCode { try await store.bucket("aaa").info() },
            ] { #expect(code == .noSuchBucket) }
        }
    }

    @Test("A bucket made anew under an old name shows nothing of the old one")
    func madeAnew() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            try await bucket.put("a", [1])
            try await bucket.delete("a")
            try await store.deleteBucket("bucket")
            try await store.createBucket("bucket")
            #expect(try await bucket.list().objects.isEmpty)
            try await bucket.put("b", [2])
            #expect(try await bucket.get("b").collect(upTo: 10) == [2])
        }
    }

    @Test("Of puts and a deletion of the bucket at the same time, none is acknowledged and lost")
    func putsAgainstDeletion() async throws {
        try await withStore { store, _ in
            for round in 0..<20 {
                let name = try BucketName("bucket-\(round)")
                try await store.createBucket(name)
                async let put = errorCode { try await store.bucket(name).put("a", [1]) }
                async let deletion = errorCode { try await store.deleteBucket(name) }
                let outcome = try await (put, deletion)
                if outcome.0 == nil {
                    #expect(outcome.1 == .bucketNotEmpty)
                    #expect(try await store.bucket(name).get("a").collect(upTo: 1) == [1])
                } else {
                    #expect(outcome.0 == .noSuchBucket || outcome.0 == .conflict)
                }
            }
        }
    }

    @Test("Deleting what is not there is no error")
    func deleteIsIdempotent() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            #expect(try await bucket.delete("a").existed == false)
            try await bucket.put("a", [1])
            #expect(try await bucket.delete("a").existed)
        }
    }
}

/// The code of what `body` throws, or nil.
func errorCode<Value>(_ body: () async throws -> Value) async throws -> StoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as StoreError {
        return error.code
    }
}

/// A body that does something in the middle of itself.
struct InterruptedBody: AsyncSequence, AsyncIteratorProtocol {
    typealias Element = ArraySlice<UInt8>
    var sliceCount: Int
    var sliceBytes: Int
    var interruptAt: Int
    var interruption: () async throws -> Void
    private var slice = 0

    init(sliceCount: Int, sliceBytes: Int, interruptAt: Int, interruption: @escaping () async throws -> Void) {
        self.sliceCount = sliceCount
        self.sliceBytes = sliceBytes
        self.interruptAt = interruptAt
        self.interruption = interruption
    }

    func makeAsyncIterator() -> InterruptedBody { self }

    mutating func next() async throws -> ArraySlice<UInt8>? {
        if slice == interruptAt { try await interruption() }
        guard slice < sliceCount else { return nil }
        slice += 1
        return [UInt8](repeating: 3, count: sliceBytes)[...]
    }
}
