import StrongroomCrypto
import Testing

@Suite struct ScryptTests {
    /// RFC 7914, section 12: the examples whose cost lies within our bounds.
    @Test(arguments: [
        (
            "password", "NaCl", 10, 8, 16,
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func publishedExamples(
        passphrase: String, salt: String, costExponent: Int, blockSize: Int, parallelization: Int, expected: String
    ) throws {
        let scrypt = try Scrypt(
            costExponent: costExponent, blockSize: blockSize, parallelization: parallelization)
        let key = try scrypt.derive(from: secret(Array(passphrase.utf8)), salt: Array(salt.utf8), count: 64)
        #expect(try exposed(key).hex == expected)
    }

    @Test func theRecommendedCostDerivesAKey() throws {
        let salt = [UInt8](repeating: 3, count: 16)
        let key = try Scrypt.recommended.derive(from: secret(Array("correct horse".utf8)), salt: salt, count: 32)
        #expect(key.count == 32)
        #expect(try exposed(key).contains { $0 != 0 })
    }

    /// Threat: a key file edited so that opening it takes 2^40 steps, or next to none.
    @Test(arguments: [(40, 8, 1), (21, 8, 1), (9, 8, 1), (0, 8, 1), (-1, 8, 1), (17, 0, 1), (17, 33, 1)])
    func parametersOutOfBoundsAreRefused(costExponent: Int, blockSize: Int, parallelization: Int) {
        #expect {
            try Scrypt(costExponent: costExponent, blockSize: blockSize, parallelization: parallelization)
        } throws: { ($0 as? SealError)?.code == .limitExceeded }
    }

    @Test(arguments: [(20, 9, 1), (19, 17, 1), (17, 8, 17), (17, 8, 0), (Int.max, 8, 1), (17, Int.max, 1)])
    func costsOutOfBoundsAreRefused(costExponent: Int, blockSize: Int, parallelization: Int) {
        #expect {
            try Scrypt(costExponent: costExponent, blockSize: blockSize, parallelization: parallelization)
        } throws: { ($0 as? SealError)?.code == .limitExceeded }
    }
}
