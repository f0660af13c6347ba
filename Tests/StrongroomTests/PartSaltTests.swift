import StrongroomCrypto
import StrongroomStorage
import StrongroomSystem
import Testing

@testable import Strongroom

/// The parts of an upload are sealed under one data key, chunk numbers from zero on: two streams with one salt could
/// share a key, and then every nonce.
@Suite("Salts of parts")
struct PartSaltTests {
    @Test("No part has the salt of another one, nor of the one that it replaces")
    func areNeverUsedAgain() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        let upload = try await bucket.createUpload("key").id
        let numbers = [1, 2, 2, 1, 3, 1]
        var salts: Set<[UInt8]> = []
        for number in numbers {
            try await bucket.uploadPart(number, of: "key", upload, [UInt8](repeating: 1, count: 100))
            salts.formUnion(try await Self.saltsOfParts(memory))
        }
        #expect(salts.count == numbers.count)
    }

    /// What the stored payloads of all parts begin with.
    private static func saltsOfParts(_ memory: MemoryEngine) async throws -> [[UInt8]] {
        let keys = try await memory.engine.readStorage { snapshot throws(StorageError) in
            var keys: [[UInt8]] = []
            try snapshot.scan(from: [RowKey.partTable], to: [RowKey.partTable + 1]) { key, _ in
                keys.append(key)
                return .next
            }
            return keys
        }
        var salts: [[UInt8]] = []
        for key in keys {
            let payload = try await #require(try await memory.metadata.pinnedRow(key)).payloadBytes()
            try #require(payload.count > SealedStreamGeometry.headerSizeBytes)
            salts.append(Array(payload.prefix(SealedStreamGeometry.saltSizeBytes)))
        }
        return salts
    }
}
