import StrongroomCrypto
import StrongroomKeys
import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// DSSE-KMS: two layers, each a sealed stream of its own.
@Suite("Two layers")
struct DualLayerTests {
    private static let bucket: BucketName = "bucket"
    private let fixture: ModeFixture
    private let memory: MemoryEngine
    private let bucket: Bucket

    init() async throws {
        fixture = try ModeFixture()
        memory = try await fixture.memory(.kmsDualLayer)
        bucket = try await memory.store.createBucket(Self.bucket, defaultEncryption: .kmsDualLayer(key: "app"))
    }

    private func body(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 167) >> 3) } }

    /// The keys of an object, as a read gets them.
    private func keys(_ key: ObjectKey) async throws -> (row: ObjectRow, inner: DataKey, outer: DataKey) {
        let row = try ObjectRow(decoding: try await memory.stored(Self.bucket, key).value)
        let identity = ObjectBinding.Identity(
            bucketUID: try memory.engine.bucket(Self.bucket).row.uid, key: key, versionID: row.versionID,
            objectUID: row.objectUID)
        let inner = try await memory.engine.unwrap(row.wrapped, identity, as: .root, Self.bucket)
        return (row, inner, try #require(inner.outerLayer))
    }

    private func context(_ row: ObjectRow, layer: UInt8) -> [UInt8] {
        CanonicalFields.streamContext(
            objectUID: row.objectUID, partUID: PayloadSealer.wholePartUID, layer: layer)
    }

    /// What the format says: a sealed stream in a sealed stream, and any implementation opens either.
    @Test(arguments: [0, 1, 16_312, 16_313, 16_384, 50_000])
    func eachLayerIsAStreamOfItsOwn(size: Int) async throws {
        let body = body(size)
        try await bucket.put("a", body)
        let (row, inner, outer) = try await keys("a")
        let stored = try await memory.payload(Self.bucket, "a")
        #expect(row.wrapped.mode == .kmsDualLayer && row.wrapped.layers == 2)
        #expect(row.storedBytes == UInt64(stored.count))
        for implementation in AEADImplementation.allCases {
            let sealed = try SealedStream.open(
                stored, .aes256GCM, key: outer.prepared, context: context(row, layer: 2),
                implementation: implementation)
            #expect(sealed.count > size && Array(sealed.suffix(size)) != body || size == 0)
            #expect(
                try SealedStream.open(
                    sealed, .aes256GCM, key: inner.prepared, context: context(row, layer: 1),
                    implementation: implementation) == body)
            // Neither key opens the other's layer.
            #expect(throws: SealError.self) {
                _ = try SealedStream.open(
                    stored, .aes256GCM, key: inner.prepared, context: context(row, layer: 2),
                    implementation: implementation)
            }
        }
    }

    @Test func rangesGoThroughBothLayers() async throws {
        var random = SeededGenerator(seed: 7)
        for size in [1, 16_312, 16_384, 32_768, 65_000, 120_000] {
            let body = body(size)
            try await bucket.put("a", body)
            for _ in 0..<40 {
                let lower = Int.random(in: 0..<size, using: &random)
                let upper = Int.random(in: lower + 1...min(size, lower + 40_000), using: &random)
                let found = try await bucket.get("a", range: UInt64(lower)..<UInt64(upper)).collect(upTo: size)
                #expect(found == Array(body[lower..<upper]), "\(lower)..<\(upper) of \(size)")
            }
        }
    }

    /// Whoever has the outer layer's key can seal anything in it, and has gained nothing.
    @Test func theInnerLayerStandsByItself() async throws {
        try await bucket.put("a", body(40_000))
        let (row, _, outer) = try await keys("a")
        let stored = try await memory.payload(Self.bucket, "a")
        let value = try await memory.stored(Self.bucket, "a").value
        let whole = try SealedStream.open(
            stored, .aes256GCM, key: outer.prepared, context: context(row, layer: 2))
        for position in [0, 24, 56, 100, 16_456, whole.count - 1] {
            var altered = whole
            altered[position] ^= 1
            let resealed = try SealedStream.seal(
                altered, .aes256GCM, key: outer.prepared, context: context(row, layer: 2), random: SystemRandom())
            try await memory.overwrite(Self.bucket, "a", value: value, payload: resealed)
            await #expect("byte \(position)") {
                _ = try await bucket.get("a").collect(upTo: 1 << 20)
            } throws: {
                ($0 as? StoreError)?.code == .damaged
            }
        }
        // And the outer one by itself: damage there is found before a byte of the inner one is looked at.
        for position in [0, 24, 56, 100, 16_456, stored.count - 1] {
            var altered = stored
            altered[position] ^= 1
            try await memory.overwrite(Self.bucket, "a", value: value, payload: altered)
            await #expect("byte \(position)") {
                _ = try await bucket.get("a").collect(upTo: 1 << 20)
            } throws: {
                ($0 as? StoreError)?.code == .damaged
            }
        }
        try await memory.overwrite(Self.bucket, "a", value: value, payload: stored)
        #expect(try await bucket.get("a").collect(upTo: 1 << 20) == body(40_000))
    }

    @Test func aRotationOfEitherKeyIsCaughtUpWith() async throws {
        let store = try await fixture.open()
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kmsDualLayer(key: "alias/app"))
        for size in [10, 50_000] { try await bucket.put("k\(size)", body(size)) }
        func versions() async throws -> Set<[String]> {
            var found: Set<[String]> = []
            for object in try await bucket.list().objects {
                guard case .kmsDualLayer(let dual) = try await bucket.head(object.key).encryption else { continue }
                found.insert([dual.keyVersion, dual.outerLayer.keyVersion])
            }
            return found
        }
        #expect(try await versions() == [["1", "1"]])
        try await store.rotateManagedKey()
        #expect(try await store.rewrapKeys().rewrappedCount == 2)
        #expect(try await versions() == [["1", "2"]])
        try fixture.service.rotate("app")
        let report = try await store.rewrapKeys(RewrapOptions(keyID: TestKeyService.arn("app")))
        #expect(report.rewrappedCount == 2 && report.isComplete)
        #expect(try await versions() == [["2", "2"]])
        for size in [10, 50_000] { #expect(try await bucket.get("k\(size)").collect(upTo: size) == body(size)) }
        let coverage = try await store.encryptionCoverage()
        #expect(coverage.entries.map(\.mode) == [.kmsDualLayer] && coverage.unlikeDefaultCount == 0)
        try await store.close()
    }

    /// The outer layer's key is the store's own, and opens nothing without the key service's.
    @Test func nothingOpensWithoutTheKeyService() async throws {
        try await bucket.put("a", [1, 2])
        fixture.service.state.withLock { $0.disabled = [TestKeyService.arn("app")] }
        for act in [true, false] {
            await #expect("\(act)") {
                if act { _ = try await bucket.get("a") } else { try await bucket.put("b", [1]) }
            } throws: {
                ($0 as? StoreError)?.code == .keyDisabled
            }
        }
        #expect(try await bucket.head("a").checksums.isEmpty)
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await bucket.get("a").collect(upTo: 2) == [1, 2])
    }
}
