import Testing

@testable import StrongroomCrypto

/// Of both files, the vectors with keys of 32 bytes, nonces of 12 and tags of 16: the seam has no others.
@Suite("AEAD against Wycheproof", .enabled(if: Wycheproof.isAvailable, "STRONGROOM_TEST_VECTORS is not set"))
struct AEADVectorTests {
    struct Vector: Decodable, Sendable {
        var tcId: Int
        var key: String
        var iv: String
        var aad: String
        var msg: String
        var ct: String
        var tag: String
        var result: String
    }

    @Test(arguments: AEADImplementation.allCases)
    func aes256GCM(implementation: AEADImplementation) throws {
        try check(.aes256GCM, "aes_gcm_test.json", count: 66, implementation)
    }

    @Test(arguments: AEADImplementation.allCases)
    func chaCha20Poly1305(implementation: AEADImplementation) throws {
        try check(.chaCha20Poly1305, "chacha20_poly1305_test.json", count: 316, implementation)
    }

    private func check(
        _ algorithm: AEADAlgorithm, _ name: String, count: Int, _ implementation: AEADImplementation
    ) throws {
        let groups = try Wycheproof.load(name, of: Vector.self).testGroups
        let vectors = groups.filter { $0.keySize == 256 && $0.ivSize == 96 && $0.tagSize == 128 }.flatMap(\.tests)
        #expect(vectors.count == count)
        for vector in vectors {
            let key = [UInt8](hex: vector.key)
            let cipher = try implementation.cipher(algorithm, key: unsafe key.span.bytes)
            let nonceBytes = [UInt8](hex: vector.iv)
            let nonce = AEADNonce { nonceBytes[$0] }
            let additionalData = [UInt8](hex: vector.aad)
            let tagBytes = [UInt8](hex: vector.tag)

            var text = [UInt8](hex: vector.ct)
            let isAuthentic = try text.withTail(from: 0) { (text) throws(SealError) in
                try cipher.open(
                    inPlace: &text, nonce: nonce, tag: AEADTag { tagBytes[$0] },
                    authenticating: unsafe additionalData.span.bytes)
            }
            #expect(isAuthentic == (vector.result == "valid"), "test \(vector.tcId)")
            guard isAuthentic else {
                #expect(text.allSatisfy { $0 == 0 }, "test \(vector.tcId) leaves unauthenticated bytes")
                continue
            }
            #expect(text.hex == vector.msg, "test \(vector.tcId)")
            // The same cipher object turns round: opening and sealing share one key schedule.
            let tag = try text.withTail(from: 0) { (text) throws(SealError) in
                try cipher.seal(inPlace: &text, nonce: nonce, authenticating: unsafe additionalData.span.bytes)
            }
            #expect(text.hex == vector.ct, "test \(vector.tcId)")
            #expect(tag.indices.map { tag[$0] } == tagBytes, "test \(vector.tcId)")
        }
    }
}
