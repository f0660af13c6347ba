import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct ChecksumHasherTests {
    /// What each is of "abc" (RFC 3174 and FIPS 180-4) and of "123456789" (the CRC catalogue): the CRCs
    /// with their highest byte first.
    private static let published: [(ChecksumAlgorithm, message: String, hex: String)] = [
        (.crc32, "123456789", "cbf43926"),
        (.crc32c, "123456789", "e3069283"),
        (.crc64NVME, "123456789", "ae8b14860a799888"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            .sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]

    /// RFC 1321, A.5.
    private static let publishedMD5 = [
        "": "d41d8cd98f00b204e9800998ecf8427e",
        "a": "0cc175b9c0f1b6a831c399e269772661",
        "abc": "900150983cd24fb0d6963f7d28e17f72",
        "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
        "abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": "d174ab98d277d9f5a5611c2c9f419d9f",
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890":
            "57edf4a22be3c955ac49da2e2107b67a",
    ]

    @Test(arguments: published)
    func publishedValues(algorithm: ChecksumAlgorithm, message: String, hex: String) throws {
        let message = Array(message.utf8)
        let digest = try ChecksumHasher.checksum(algorithm, unsafe message.span.bytes)
        #expect(digest.hex == hex)
        #expect(digest.count == algorithm.digestSizeBytes)
    }

    @Test(arguments: publishedMD5)
    func publishedMD5s(message: String, hex: String) throws {
        var set = try ChecksumSet([], md5: true)
        let message = Array(message.utf8)
        set.update(unsafe message.span.bytes)
        let digests = set.finish()
        #expect(digests.md5?.hex == hex)
        #expect(digests.checksums.isEmpty)
    }

    /// And again after `finish`: it starts anew.
    @Test(arguments: ChecksumAlgorithm.allCases)
    func piecesMakeTheSameChecksum(algorithm: ChecksumAlgorithm) throws {
        let random = SeededRandom(20)
        let message = random.bytes(10_000)
        let expected = try ChecksumHasher.checksum(algorithm, unsafe message.span.bytes)
        var hasher = try ChecksumHasher(algorithm)
        for _ in 0..<20 {
            var offset = 0
            while offset < message.count {
                let end = min(message.count, offset + random.next(in: 0...700))
                hasher.update(unsafe message.span.bytes.extracting(offset..<end))
                offset = end
            }
            #expect(hasher.finish() == expected)
        }
        #expect(try hasher.finish() == ChecksumHasher.checksum(algorithm, RawSpan()))
    }

    /// Every subset of the algorithms, fed pieces shorter and longer than a block: each comes to what it
    /// comes to alone, and what was not asked for is not there.
    @Test func aSetIsItsMembers() throws {
        let random = SeededRandom(21)
        let message = random.bytes(100_000)
        let md5 = try Digest.hash(.md5, unsafe message.span.bytes)
        let alone = try Dictionary(
            uniqueKeysWithValues: ChecksumAlgorithm.allCases.map {
                ($0, try ChecksumHasher.checksum($0, unsafe message.span.bytes))
            })
        for subset in 0..<1 << ChecksumAlgorithm.allCases.count {
            let algorithms = Set(ChecksumAlgorithm.allCases.filter { subset >> (Int($0.rawValue) - 1) & 1 == 1 })
            let wantsMD5 = random.next(in: 0...1) == 1
            var set = try ChecksumSet(algorithms, md5: wantsMD5)
            for _ in 0..<2 {
                var offset = 0
                while offset < message.count {
                    let end = min(message.count, offset + random.next(in: 0...50_000))
                    set.update(unsafe message.span.bytes.extracting(offset..<end))
                    offset = end
                }
                let digests = set.finish()
                #expect(digests.md5 == (wantsMD5 ? md5 : nil))
                #expect(digests.checksums.map(\.algorithm) == ChecksumAlgorithm.allCases.filter(algorithms.contains))
                #expect(digests.checksums.allSatisfy { alone[$0.algorithm] == $0.digest })
            }
        }
    }
}
