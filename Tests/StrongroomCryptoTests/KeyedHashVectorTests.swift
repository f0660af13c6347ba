import StrongroomCrypto
import Testing

@Suite("Keyed hashes against Wycheproof", .enabled(if: Wycheproof.isAvailable, "STRONGROOM_TEST_VECTORS is not set"))
struct KeyedHashVectorTests {
    struct HKDFTest: Decodable, Sendable {
        var tcId: Int
        var ikm: String
        var salt: String
        var info: String
        var size: Int
        var okm: String
        var result: String
    }

    @Test func hkdfSHA256() throws {
        try checkHKDF(SHA256.self, "hkdf_sha256_test.json", count: 86)
    }

    @Test func hkdfSHA512() throws {
        try checkHKDF(SHA512.self, "hkdf_sha512_test.json", count: 83)
    }

    private func checkHKDF<Hash: SecretHash>(_ hash: Hash.Type, _ name: String, count: Int) throws {
        let file = try Wycheproof.load(name, of: HKDFTest.self)
        #expect(file.numberOfTests == count)
        for test in file.testGroups.flatMap(\.tests) {
            // To ask for more than RFC 5869 allows is misuse and traps: such vectors cannot be run.
            #expect((test.result == "valid") == (test.size <= HKDF<Hash>.countMaximum), "test \(test.tcId)")
            guard test.result == "valid" else { continue }
            let salt = [UInt8](hex: test.salt)
            let extracted = try HKDF<Hash>.extract(salt: unsafe salt.span.bytes, from: secret(hex: test.ikm))
            let derived = try HKDF<Hash>.expand(extracted, info: [UInt8](hex: test.info), count: test.size)
            #expect(try exposed(derived).hex == test.okm, "test \(test.tcId)")
        }
    }

    struct MACTest: Decodable, Sendable {
        var tcId: Int
        var key: String
        var msg: String
        var tag: String
        var result: String
    }

    @Test func hmacSHA256() throws {
        let file = try Wycheproof.load("hmac_sha256_test.json", of: MACTest.self)
        #expect(file.numberOfTests == 174)
        for group in file.testGroups {
            for test in group.tests {
                let authenticator = try MessageAuthenticator(key: secret(hex: test.key))
                let message = [UInt8](hex: test.msg)
                // Half of the vectors have codes cut to 16 bytes.
                let code = try authenticator.code(for: message).prefix(group.tagSize! / 8)
                #expect((Array(code).hex == test.tag) == (test.result == "valid"), "test \(test.tcId)")
                if group.tagSize == 256 {
                    let isValid = try authenticator.isValid([UInt8](hex: test.tag), for: message)
                    #expect(isValid == (test.result == "valid"), "test \(test.tcId)")
                }
            }
        }
    }
}
