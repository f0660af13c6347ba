import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import Strongroom

@Suite("Checksums of objects")
struct ChecksumTests {
    @Test("Every algorithm, on tiny, small and large bodies in slices of any size", arguments: [0, 9, 5_000, 300_000])
    func kept(size: Int) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: UInt64(size))
            let bytes = Array(generator.bytes(size).prefix(size))
            let options = PutOptions(checksums: Set(ObjectChecksum.Algorithm.all), etag: .md5)
            let receipt = try await bucket.put("key", SlicedBody(bytes: bytes, sliceBytes: 7_001), options: options)
            let expected = ChecksumAlgorithm.allCases.map { ($0, checksum($0, bytes)) }
            #expect(receipt.checksums.map(\.digest) == expected.map(\.1))
            #expect(receipt.checksums.map(\.algorithm.description) == expected.map(\.0.name))
            // Safe: a UInt8 is raw bytes.
            #expect(receipt.etag == Hexadecimal.encode(try Digest.hash(.md5, unsafe bytes.span.bytes)))
            let info = try await bucket.head("key")
            #expect(info.checksums == receipt.checksums && info.etag == receipt.etag)
            let copy = try await bucket.copy("key", to: "copy")
            #expect(copy.checksums == receipt.checksums && copy.etag == receipt.etag)
        }
    }

    private func checksum(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        (try? ChecksumHasher.checksum(algorithm, unsafe bytes.span.bytes)) ?? []
    }

    @Test("CRC-64/NVME is kept where nothing is asked for, and nothing where that is asked for")
    func byDefault() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let digits = Array("123456789".utf8)
            let kept = try await bucket.put("a", digits).checksums
            #expect(kept.map(\.digest) == [[0xAE, 0x8B, 0x14, 0x86, 0x0A, 0x79, 0x98, 0x88]])
            let none = try await bucket.put("b", digits, options: PutOptions(checksums: []))
            #expect(none.checksums == [])
            #expect(none.etag.hasSuffix("-1"))
        }
    }

    @Test("Bytes that are not those announced leave nothing", arguments: [9, 300_000])
    func refused(size: Int) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let bytes = [UInt8](repeating: 7, count: size)
            let other = [UInt8](repeating: 8, count: size)
            for algorithm in ChecksumAlgorithm.allCases {
                let right = ObjectChecksum(algorithm, checksum(algorithm, bytes))
                let wrong = ObjectChecksum(algorithm, checksum(algorithm, other))
                try await bucket.put("right", bytes, options: PutOptions(expectedChecksums: [right]))
                #expect(try await bucket.head("right").checksums.contains(right))
                let code = try await errorCode {
                    try await bucket.put("wrong", bytes, options: PutOptions(expectedChecksums: [right, wrong]))
                }
                #expect(code == .badDigest)
            }
            let code = try await errorCode {
                try await bucket.put(
                    "wrong", bytes, options: PutOptions(expectedMD5: [UInt8](repeating: 0, count: 16)))
            }
            #expect(code == .badDigest)
            #expect(try await errorCode { try await bucket.head("wrong") } == .noSuchKey)
            try await store.checkpoint()
            try await store.checkpoint()
            #expect(try await store.verify(readingData: true).orphanCount == 0)
        }
    }

    @Test("A checksum's text must be base64 of the right size")
    func texts() throws {
        #expect(throws: StoreError.self) { try ObjectChecksum(.crc32, base64: "AAAA") }
        #expect(throws: StoreError.self) { try ObjectChecksum(.sha256, base64: "not base64") }
        #expect(throws: StoreError.self) { try ObjectChecksum.Algorithm("crc32") }
        let checksum = try ObjectChecksum(try ObjectChecksum.Algorithm("CRC32"), base64: "y/Q5Jg==")
        #expect(checksum.digest == [0xCB, 0xF4, 0x39, 0x26])
        #expect(checksum.base64 == "y/Q5Jg==")
    }
}
