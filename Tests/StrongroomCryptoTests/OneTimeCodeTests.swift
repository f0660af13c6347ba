import StrongroomCrypto
import Testing

@Suite("Codes that are good once") struct OneTimeCodeTests {
    /// Of both standards.
    private static let seed = Array("12345678901234567890".utf8)

    @Test("RFC 4226, appendix D")
    func counters() throws {
        let codes = try OneTimeCode(secret: try secret(Self.seed))
        let expected: [UInt32] = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489,
        ]
        let found = try (0..<10).map { try codes.code(at: UInt64($0)) }
        #expect(found == expected)
    }

    @Test(
        "RFC 6238, appendix B",
        arguments: [
            (59, 94_287_082), (1_111_111_109, 7_081_804), (1_111_111_111, 14_050_471), (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037), (20_000_000_000, 65_353_130),
        ] as [(Int64, UInt32)])
    func times(seconds: Int64, code: UInt32) throws {
        let codes = try OneTimeCode(secret: try secret(Self.seed))
        let step = OneTimeCode.step(atMilliseconds: seconds * 1_000)
        let (long, short) = (try codes.code(at: step, digitCount: 8), try codes.code(at: step))
        #expect(long == code && short == code % 1_000_000)
    }

    @Test("steps begin and end where they should")
    func steps() {
        #expect(OneTimeCode.step(atMilliseconds: 29_999) == 0 && OneTimeCode.step(atMilliseconds: 30_000) == 1)
        #expect(OneTimeCode.step(atMilliseconds: .min) == 0)
    }

    @Test(
        "HMAC-SHA-1, RFC 2202",
        arguments: [
            ([UInt8](repeating: 0x0B, count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
            (Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                [UInt8](repeating: 0xAA, count: 80), "Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ])
    func keyedHash(key: [UInt8], message: String, expected: String) throws {
        let hmac = try HMAC<SHA1>(key: try secret(key))
        var code = [UInt8](repeating: 0, count: 20)
        var span = code.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        let bytes = Array(message.utf8)
        try hmac.authenticate(unsafe bytes.span.bytes, into: &raw)
        #expect(code.hex == expected)
    }

    @Test("base32 of secrets, RFC 4648")
    func base32() throws {
        func text(_ bytes: [UInt8]) throws -> String {
            String(decoding: try exposed(try SecretBase32.encode(try secret(bytes))), as: UTF8.self)
        }
        #expect(try text([]) == "")
        #expect(try text(Array("fooba".utf8)) == "MZXW6YTB")
        #expect(try text(Self.seed) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        let all = [UInt8](hex: "00443214c74254b635cf84653a56d7c675be77df")
        #expect(try text(all) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }
}
