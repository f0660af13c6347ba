import StrongroomCrypto
import StrongroomSystem
import Testing

/// The checksum of a whole from those of its pieces, against hashing the whole, and by algebra where the
/// whole is too long to hash.
@Suite struct CRCCombinationTests {
    private static let combinable = ChecksumAlgorithm.allCases.filter(\.isCombinable)

    /// Lengths whose bits lie all over the word, beyond 2^32 and up to the last.
    private static func length(_ random: SeededRandom) -> UInt64 { random.next() >> UInt64(random.next(in: 0...63)) }

    private static func digest(_ algorithm: ChecksumAlgorithm, _ random: SeededRandom) -> [UInt8] {
        random.bytes(algorithm.digestSizeBytes)
    }

    @Test(arguments: combinable)
    func theChecksumOfAWholeFollowsFromItsParts(algorithm: ChecksumAlgorithm) throws {
        let random = SeededRandom(10)
        for round in 0..<100 {
            let bytes = random.bytes(random.next(in: 0...4000))
            let cuts = (0..<round % 6).map { _ in random.next(in: 0...bytes.count) }.sorted()
            // The same cut twice makes an empty part, and so does one at either end.
            let ends = [0] + cuts + [cuts.last ?? 0, bytes.count]
            let parts = try zip([0] + ends, ends).map { start, end in
                let part = unsafe bytes.span.bytes.extracting(start..<end)
                return (digest: try ChecksumHasher.checksum(algorithm, part), lengthBytes: UInt64(end - start))
            }
            let whole = try ChecksumHasher.checksum(algorithm, unsafe bytes.span.bytes)
            #expect(algorithm.fullObjectDigest(ofParts: parts) == whole)
        }
    }

    /// "1234" and "56789", to the check values of the CRC catalogue.
    @Test func checkValues() {
        let (head, tail) = (Array("1234".utf8), Array("56789".utf8))
        let (first, second) = unsafe (head.span.bytes, tail.span.bytes)
        #expect(
            CRC32.combine(CRC32.checksum(first), CRC32.checksum(second), secondLengthBytes: 5) == 0xCBF4_3926)
        #expect(
            CRC32C.combine(CRC32C.checksum(first), CRC32C.checksum(second), secondLengthBytes: 5) == 0xE306_9283)
        #expect(
            CRC64NVME.combine(CRC64NVME.checksum(first), CRC64NVME.checksum(second), secondLengthBytes: 5)
                == 0xAE8B_1486_0A79_9888)
    }

    /// (A ‖ B) ‖ C is A ‖ (B ‖ C), for lengths that nobody hashes. Sums of lengths carry from bit to bit,
    /// which ties every power of x to the one before, down to those that hashing has tried.
    @Test(arguments: combinable)
    func combiningIsAssociative(algorithm: ChecksumAlgorithm) {
        let random = SeededRandom(11)
        for _ in 0..<300 {
            let (a, b, c) = (
                Self.digest(algorithm, random), Self.digest(algorithm, random), Self.digest(algorithm, random)
            )
            let lengthOfB = Self.length(random) / 2
            let lengthOfC = Self.length(random) / 2
            let left = algorithm.combine(
                algorithm.combine(a, b, secondLengthBytes: lengthOfB), c, secondLengthBytes: lengthOfC)
            let right = algorithm.combine(
                a, algorithm.combine(b, c, secondLengthBytes: lengthOfC), secondLengthBytes: lengthOfB + lengthOfC)
            #expect(left == right, "\(lengthOfB) and \(lengthOfC) bytes")
        }
    }

    @Test(arguments: combinable)
    func nothingChangesNothing(algorithm: ChecksumAlgorithm) throws {
        let random = SeededRandom(12)
        let nothing = try ChecksumHasher.checksum(algorithm, RawSpan())
        #expect(algorithm.fullObjectDigest(ofParts: []) == nothing)
        for _ in 0..<50 {
            let some = Self.digest(algorithm, random)
            #expect(algorithm.combine(some, nothing, secondLengthBytes: 0) == some)
            #expect(algorithm.combine(nothing, some, secondLengthBytes: Self.length(random)) == some)
        }
    }

    /// Parts in another order, or of another length, are another object.
    @Test(arguments: combinable)
    func orderAndLengthMatter(algorithm: ChecksumAlgorithm) {
        let random = SeededRandom(13)
        for _ in 0..<50 {
            let (a, b) = (Self.digest(algorithm, random), Self.digest(algorithm, random))
            let length = UInt64(random.next(in: 1...1_000_000))
            let whole = algorithm.combine(a, b, secondLengthBytes: length)
            #expect(algorithm.combine(b, a, secondLengthBytes: length) != whole)
            #expect(algorithm.combine(a, b, secondLengthBytes: length + 1) != whole)
            #expect(algorithm.combine(a, b, secondLengthBytes: length | 1 << 40) != whole)
        }
    }

    @Test func aHashIsNoSum() async {
        await #expect(processExitsWith: .failure) {
            let digest = [UInt8](repeating: 0, count: 20)
            _ = ChecksumAlgorithm.sha1.combine(digest, digest, secondLengthBytes: 1)
        }
    }

    @Test func aDigestOfAnotherSizeIsRefused() async {
        await #expect(processExitsWith: .failure) {
            let digest = [UInt8](repeating: 0, count: 8)
            _ = ChecksumAlgorithm.crc32.combine(digest, digest, secondLengthBytes: 1)
        }
    }
}
