import StrongroomCrypto
import StrongroomStorage
import Testing

@testable import Strongroom

/// Someone has the disk and not the keys; then even the metadata key. Whatever they do with stored bytes,
/// a read gives what was written or a typed error that names the object, and no other byte.
@Suite("Attacks on stored bytes")
struct AttackTests {
    static let bucket: BucketName = "bucket"
    static let chunk = 16_384

    static func refuses(
        _ memory: MemoryEngine, _ key: ObjectKey, range: Range<UInt64>? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        do throws(StoreError) {
            let body = try await memory.bucket(bucket).get(key, range: range)
            let bytes = try await body.collect(upTo: 1 << 22)
            Issue.record("\(bytes.count) bytes came out", sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == .damaged, "\(error)", sourceLocation: sourceLocation)
            #expect(error.key == key.rawValue && error.bucket == bucket.rawValue, sourceLocation: sourceLocation)
        }
    }

    static func withTwoObjects(
        size: Int = 3 * chunk + 100, _ mode: TestMode = .s3Managed,
        _ body: (MemoryEngine, [UInt8]) async throws -> Void
    ) async throws {
        let fixture = try ModeFixture("attack")
        defer { withExtendedLifetime(fixture) {} }
        let memory = try await fixture.memory(mode)
        try await memory.store.createBucket(bucket, allowing: [.customerKeys])
        var generator = SeededGenerator(seed: 31)
        let bytes = generator.bytes(size)
        let options = PutOptions(encryption: mode.request(fixture), contentType: "text/plain", metadata: ["a": "b"])
        try await memory.store.bucket(bucket).put("a", bytes, options: options)
        try await memory.store.bucket(bucket).put("b", generator.bytes(size), options: options)
        try await body(memory, bytes)
    }

    /// The size that goes with a payload of that many bytes, where one does.
    private static func plaintextBytes(ofStored storedBytes: UInt64, _ mode: TestMode) -> UInt64 {
        let geometry = SealedStreamGeometry(.aes256GCM)
        switch mode {
        case .none:
            let chunks = (storedBytes + UInt64(chunk) + 15) / (UInt64(chunk) + 16)
            return storedBytes - min(storedBytes, 16 * chunks)
        case .kmsDualLayer:
            return geometry.plaintextSizeBytes(sealedSizeBytes: storedBytes)
                .flatMap { geometry.plaintextSizeBytes(sealedSizeBytes: $0) } ?? 0
        default: return geometry.plaintextSizeBytes(sealedSizeBytes: storedBytes) ?? 0
        }
    }

    @Test("1: the stored bytes of two objects swapped", arguments: TestMode.allCases)
    func swappedPayloads(mode: TestMode) async throws {
        try await Self.withTwoObjects(mode) { memory, _ in
            let payload = try await memory.payload(Self.bucket, "b")
            try await memory.overwrite(
                Self.bucket, "a", value: try await memory.stored(Self.bucket, "a").value, payload: payload)
            try await Self.refuses(memory, "a")
        }
    }

    @Test("1: only the wrapped keys swapped, by someone who has the metadata key")
    func swappedWraps() async throws {
        try await Self.withTwoObjects { memory, _ in
            let other = try ObjectRow(decoding: try await memory.stored(Self.bucket, "b").value).wrapped
            let payload = try await memory.payload(Self.bucket, "a")
            let keyOnly = try await memory.forge(Self.bucket, "a") { $0.wrapped.wrappedKey = other.wrappedKey }
            try await memory.overwrite(Self.bucket, "a", value: keyOnly, payload: payload)
            try await Self.refuses(memory, "a")
            let everything = try await memory.forge(Self.bucket, "a") { $0.wrapped = other }
            try await memory.overwrite(Self.bucket, "a", value: everything, payload: payload)
            try await Self.refuses(memory, "a")
        }
    }

    @Test("1: a whole row with its payload put under another name, plainly and with a right row MAC")
    func transplantedRow() async throws {
        try await Self.withTwoObjects { memory, _ in
            let row = try await memory.stored(Self.bucket, "b")
            let payload = try await memory.payload(Self.bucket, "b")
            try await memory.overwrite(Self.bucket, "a", value: row.value, payload: payload)
            try await Self.refuses(memory, "a")
            await #expect { try await memory.store.bucket(Self.bucket).head("a") } throws: {
                ($0 as? StoreError)?.code == .damaged
            }
            let forged = try memory.authenticated(try ObjectRow(decoding: row.value), Self.bucket, "a")
            try await memory.overwrite(Self.bucket, "a", value: forged, payload: payload)
            try await Self.refuses(memory, "a")
        }
    }

    @Test(
        "2: chunk i at place j, for every pair, in full and in ranged reads",
        arguments: TestMode.allCases)
    func chunksElsewhere(mode: TestMode) async throws {
        try await Self.withTwoObjects(mode) { memory, _ in
            let value = try await memory.stored(Self.bucket, "a").value
            let payload = try await memory.payload(Self.bucket, "a")
            let header = mode == .none ? 0 : 56
            func place(_ index: Int) -> Range<Int> {
                header + index * (Self.chunk + 16)..<header + (index + 1) * (Self.chunk + 16)
            }
            for i in 0..<3 {
                for j in 0..<3 where i != j {
                    var forged = payload
                    forged.replaceSubrange(place(j), with: payload[place(i)])
                    try await memory.overwrite(Self.bucket, "a", value: value, payload: forged)
                    try await Self.refuses(memory, "a")
                    let start = UInt64(j * Self.chunk)
                    for range in [start..<start + 1, start + 100..<start + 16_384, start + 16_383..<start + 16_384] {
                        try await Self.refuses(memory, "a", range: range)
                    }
                }
            }
        }
    }

    @Test(
        "3: truncated and extended, also with sizes forged to match", arguments: TestMode.allCases)
    func truncatedAndExtended(mode: TestMode) async throws {
        try await Self.withTwoObjects(mode) { memory, _ in
            let value = try await memory.stored(Self.bucket, "a").value
            let payload = try await memory.payload(Self.bucket, "a")
            var lengths: Set<Int> = [0, payload.count - 1, payload.count - 16]
            for boundary in stride(from: mode == .none ? 0 : 56, to: payload.count, by: Self.chunk + 16) {
                for distance in [-1, 0, 1, 16, 17] { lengths.insert(boundary + distance) }
            }
            var variants = lengths.filter { (0..<payload.count).contains($0) }.map { Array(payload.prefix($0)) }
            variants.append(payload + [0])
            variants.append(payload + payload.suffix(116))
            variants.append(payload + [UInt8](repeating: 7, count: Self.chunk + 16))
            for forged in variants {
                try await memory.overwrite(Self.bucket, "a", value: value, payload: forged)
                try await Self.refuses(memory, "a")
                try await Self.refuses(memory, "a", range: 0..<1)
                let plain = Self.plaintextBytes(ofStored: UInt64(forged.count), mode)
                let matching = try await memory.forge(Self.bucket, "a") { row in
                    row.storedBytes = UInt64(forged.count)
                    row.sizeBytes = plain
                }
                try await memory.overwrite(Self.bucket, "a", value: matching, payload: forged)
                try await Self.refuses(memory, "a")
                try await memory.overwrite(Self.bucket, "a", value: value, payload: payload)
            }
        }
    }

    @Test("3: an empty object's stream is checked like any other", arguments: TestMode.allCases)
    func emptyObject(mode: TestMode) async throws {
        try await Self.withTwoObjects(size: 0, mode) { memory, _ in
            let value = try await memory.stored(Self.bucket, "a").value
            let payload = try await memory.payload(Self.bucket, "b")
            try await memory.overwrite(Self.bucket, "a", value: value, payload: payload)
            try await Self.refuses(memory, "a")
            try await memory.overwrite(Self.bucket, "a", value: value, payload: [])
            try await Self.refuses(memory, "a")
        }
    }

    @Test("5: any one byte of a row changed")
    func everyByteOfARow() async throws {
        try await Self.withTwoObjects(size: 10) { memory, bytes in
            let value = try await memory.stored(Self.bucket, "a").value
            let payload = try await memory.payload(Self.bucket, "a")
            for position in value.indices {
                var forged = value
                forged[position] ^= 1 << UInt8(position % 8)
                try await memory.overwrite(Self.bucket, "a", value: forged, payload: payload)
                try await Self.refuses(memory, "a")
                let page = try await memory.store.bucket(Self.bucket).list()
                #expect(page.objects.map(\.key) == ["b"], "one damaged row spoils itself, never the listing")
                #expect(page.damaged.map(\.key) == ["a"])
            }
            try await memory.overwrite(Self.bucket, "a", value: value, payload: payload)
            #expect(try await memory.store.bucket(Self.bucket).get("a").collect(upTo: 10) == bytes)
        }
    }

    @Test("5: facts changed by someone who has the metadata key: the data key's own MACs refuse them")
    func forgedFacts() async throws {
        try await Self.withTwoObjects { memory, _ in
            let payload = try await memory.payload(Self.bucket, "a")
            let forgeries: [@Sendable (inout ObjectRow) -> Void] = [
                { $0.sizeBytes -= 1 }, { $0.objectUID[0] ^= 1 }, { $0.versionID[0] ^= 1 },
                { $0.wrapped.suite = 2 }, { $0.wrapped.keyID += "x" }, { $0.wrapped.wrapBinding[0] ^= 1 },
                { $0.wrapped.descriptorMAC[0] ^= 1 }, { $0.wrapped.wrappedKey[100] ^= 1 }, { $0.sealing = .none },
            ]
            for forgery in forgeries {
                let value = try await memory.forge(Self.bucket, "a", forgery)
                let honest = try await memory.stored(Self.bucket, "a").value
                try await memory.overwrite(Self.bucket, "a", value: value, payload: payload)
                let code = try await errorCode {
                    try await memory.store.bucket(Self.bucket).get("a").collect(upTo: 1 << 20)
                }
                #expect(code == .damaged || code == .keyNotFound)
                try await memory.overwrite(Self.bucket, "a", value: honest, payload: payload)
            }
        }
    }

    @Test("5: attributes of another object in the row, with a right row MAC")
    func swappedAttributes() async throws {
        try await Self.withTwoObjects { memory, _ in
            let other = try ObjectRow(decoding: try await memory.stored(Self.bucket, "b").value).attributes
            let value = try await memory.forge(Self.bucket, "a") { $0.attributes = other }
            try await memory.overwrite(
                Self.bucket, "a", value: value, payload: try await memory.payload(Self.bucket, "a"))
            try await Self.refuses(memory, "a")
        }
    }

    @Test("A bucket's row that was altered is not used")
    func alteredBucket() async throws {
        try await Self.withTwoObjects(size: 10) { memory, _ in
            let rowKey = RowKey.bucket(Self.bucket)
            var value = try memory.engine.bucket(Self.bucket).storedValue
            // The default encryption's value: from SSE-S3 to none.
            let position = 1 + (6 + 16) + (6 + 8) + 6
            #expect(value[position] == 1)
            value[position] = 0
            let forged = value
            _ = try await memory.metadata.commit(reads: [rowKey], attachments: []) { _ -> Decision<Never> in
                .commit([RowMutation(key: rowKey, change: .put(value: forged, payload: .none))])
            }
            let code = try await errorCode { try await memory.store.bucket(Self.bucket).put("c", [1]) }
            #expect(code == .damaged)
        }
    }
}
