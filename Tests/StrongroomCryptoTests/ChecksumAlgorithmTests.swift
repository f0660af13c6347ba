import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct ChecksumAlgorithmTests {
    /// Rows that were written hold these numbers.
    @Test func theStoredFormatIsFixed() {
        let algorithms: [UInt8: ChecksumAlgorithm] = [1: .crc32, 2: .crc32c, 3: .crc64NVME, 4: .sha1, 5: .sha256]
        let types: [UInt8: ChecksumType] = [1: .fullObject, 2: .composite]
        for value in UInt8.min...UInt8.max {
            #expect(ChecksumAlgorithm(rawValue: value) == algorithms[value])
            #expect(ChecksumType(rawValue: value) == types[value])
        }
    }

    @Test func namesAreThoseOfS3() {
        #expect(ChecksumAlgorithm.allCases.map(\.name) == ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
        #expect(ChecksumType.allCases.map(\.name) == ["FULL_OBJECT", "COMPOSITE"])
        for algorithm in ChecksumAlgorithm.allCases { #expect(ChecksumAlgorithm(name: algorithm.name) == algorithm) }
        for type in ChecksumType.allCases { #expect(ChecksumType(name: type.name) == type) }
        for bad in ["", "crc32", "CRC-32", "CRC32 ", "SHA512", "MD5"] { #expect(ChecksumAlgorithm(name: bad) == nil) }
        for bad in ["", "composite", "FULLOBJECT"] { #expect(ChecksumType(name: bad) == nil) }
    }

    /// The table in the S3 User Guide, "Checking object integrity": full object and composite checksums
    /// of an upload in parts.
    @Test func kindsAreThoseOfS3() {
        let multipart: [(ChecksumAlgorithm, fullObject: Bool, composite: Bool)] = [
            (.crc32, true, true), (.crc32c, true, true), (.crc64NVME, true, false), (.sha1, false, true),
            (.sha256, false, true),
        ]
        #expect(multipart.count == ChecksumAlgorithm.allCases.count)
        for (algorithm, fullObject, composite) in multipart {
            #expect(algorithm.allows(.fullObject, multipart: true) == fullObject)
            #expect(algorithm.allows(.composite, multipart: true) == composite)
            #expect(algorithm.allows(.fullObject, multipart: false))
            #expect(!algorithm.allows(.composite, multipart: false))
            #expect(algorithm.allows(algorithm.defaultMultipartType, multipart: true))
        }
        #expect(ChecksumAlgorithm.crc32.defaultMultipartType == .composite)
        #expect(ChecksumAlgorithm.crc64NVME.defaultMultipartType == .fullObject)
    }

    @Test(arguments: ChecksumAlgorithm.allCases)
    func onlyDigestsOfItsSizeAreItsOwn(algorithm: ChecksumAlgorithm) {
        for size in 0...64 {
            let digest = SeededRandom(UInt64(size)).bytes(size)
            let expected = size == algorithm.digestSizeBytes ? digest : nil
            #expect(algorithm.digest(base64: PaddedBase64.encode(digest)) == expected)
        }
        #expect(algorithm.digest(base64: "not base64") == nil)
    }
}
