import StrongroomCrypto
import StrongroomSystem
import Testing

/// What S3 writes for an object in parts.
@Suite struct MultipartChecksumTests {
    private static let composable = ChecksumAlgorithm.allCases.filter { $0.allows(.composite, multipart: true) }

    /// By its definition, on parts of any content.
    @Test(arguments: composable)
    func aCompositeIsTheChecksumOfChecksums(algorithm: ChecksumAlgorithm) throws {
        let random = SeededRandom(30)
        for count in [1, 2, 3, 17, 1000] {
            let parts = (0..<count).map { _ in random.bytes(algorithm.digestSizeBytes) }
            let joined = Array(parts.joined())
            let composite = try CompositeChecksum(algorithm, partDigests: parts)
            #expect(try composite.digest == ChecksumHasher.checksum(algorithm, unsafe joined.span.bytes))
            #expect(composite.partCount == count)
            #expect(composite.text == "\(PaddedBase64.encode(composite.digest))-\(count)")
        }
    }

    /// One part is not the same as none: the digest is hashed again.
    @Test func onePartIsComposedToo() throws {
        let digest = try ChecksumHasher.checksum(.sha256, RawSpan())
        let composite = try CompositeChecksum(.sha256, partDigests: [digest])
        // SHA-256 of SHA-256 of nothing.
        #expect(composite.digest.hex == "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456")
        #expect(composite.text == "Xfbg4nYTWdMKgnUFjimfzAOBU0VF9Vz0PkGYP11MlFY=-1")
    }

    /// Two parts of 5 MiB of zeros and of one byte: computed with md5sum(1).
    @Test func anETagIsTheMD5OfMD5s() throws {
        let zeros = [UInt8](repeating: 0, count: 5 << 20)
        let parts = try [
            Digest.hash(.md5, unsafe zeros.span.bytes), Digest.hash(.md5, unsafe zeros.span.bytes.extracting(0..<1)),
        ]
        #expect(parts[0].hex == "5f363e0e58a95f06cbe9bbc662c5dfb6")
        #expect(parts[1].hex == "93b885adfe0da089cdf634904fd59f71")
        let tag = try MultipartETag(partMD5s: parts)
        #expect(tag.text == "92f3a08aa3b1d7eb318ab9c2fc4a6ec3-2")
        #expect(tag.digest.hex + "-2" == tag.text)
        #expect(try MultipartETag(partMD5s: parts.reversed()) != tag)
    }

    @Test func theNumberOfPartsIsPartOfTheTag() throws {
        let part = SeededRandom(31).bytes(16)
        let tags = try (1...100).map { try MultipartETag(partMD5s: [[UInt8]](repeating: part, count: $0)) }
        #expect(tags.map(\.partCount) == Array(1...100))
        #expect(Set(tags.map(\.digest)).count == 100)
        for tag in tags {
            let fields = tag.text.split(separator: "-")
            #expect(fields.count == 2 && fields[0].count == 32 && fields[1] == "\(tag.partCount)")
        }
    }

    @Test func noPartsMakeNoObject() async {
        await #expect(processExitsWith: .failure) { _ = try CompositeChecksum(.sha256, partDigests: []) }
        await #expect(processExitsWith: .failure) { _ = try MultipartETag(partMD5s: []) }
    }

    @Test func aCRC64IsNeverComposed() async {
        await #expect(processExitsWith: .failure) {
            _ = try CompositeChecksum(.crc64NVME, partDigests: [[UInt8](repeating: 0, count: 8)])
        }
    }

    @Test func digestsOfAnotherSizeAreRefused() async {
        await #expect(processExitsWith: .failure) {
            _ = try CompositeChecksum(.sha256, partDigests: [[UInt8](repeating: 0, count: 20)])
        }
        await #expect(processExitsWith: .failure) {
            _ = try MultipartETag(partMD5s: [[UInt8](repeating: 0, count: 20)])
        }
    }
}
