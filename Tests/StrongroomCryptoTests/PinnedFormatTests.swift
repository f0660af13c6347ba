import StrongroomCrypto
import Testing

/// The format's own vectors, made by an independent implementation in another language. They never
/// change: a change here means that old stores no longer open.
@Suite struct PinnedFormatTests {
    private static let key = [UInt8](0..<32)
    private static let salt = [UInt8](100..<124)
    private static let context = Array("strongroom".utf8)
    /// Of suites 1 and 2, under that key, salt and context.
    private static let header = [
        1: "6465666768696a6b6c6d6e6f707172737475767778797a7b"
            + "eb8a9a15402f3c76239bf3ce3b02a5e4a2910f0c587815902a1b20377c01d805",
        2: "6465666768696a6b6c6d6e6f707172737475767778797a7b"
            + "b93488b4f2caca24f19dd8f759ec2be9d01f742459d784351fb19f40b12d9337",
    ]

    private static func plaintext(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 251) }
    }

    @Test(
        arguments: [
            (.aes256GCM, 0, "8435fd39b3807972392457283823ff7d"),
            (.aes256GCM, 5, "03a0bf1fa58b23a1ea13b2c8bf4160c1ea954407e7"),
            (.chaCha20Poly1305, 0, "867029aa44c6bda51088fcf75e2a4e95"),
            (.chaCha20Poly1305, 5, "fe93b64a489a5f4e5bb459a79e31603c545f16a2c6"),
        ] as [(SealedStreamSuite, Int, String)])
    func shortStreams(suite: SealedStreamSuite, size: Int, chunk: String) throws {
        let sealed = try SealedStream.seal(
            Self.plaintext(size), suite, key: secret(Self.key), context: Self.context,
            random: FixedRandom(bytes: Self.salt))
        #expect(sealed.hex == Self.header[Int(suite.rawValue)]! + chunk)
    }

    /// A full last chunk, which needs an empty one after it, and a chunk of one byte: by their SHA-256.
    @Test(
        arguments: [
            (.aes256GCM, 16_384, "fc763b899329e0dd2d0d55b06b08604174f7bb7349dbbb0d48c3e993e98edbcf"),
            (.aes256GCM, 16_385, "a0a5e2a8a106d5992ac61d25413f8a5969ca33b1e71c0bdff08ca4ab2017986a"),
            (.chaCha20Poly1305, 16_384, "864742e080648e79240f19daf51d7e51ae9caa3214ad6a414df564fe0afc82b3"),
            (.chaCha20Poly1305, 16_385, "eac0c62d007015144a00ffd9cdc5379986e3eeb9b0cd8b3334438758e64e3e8f"),
        ] as [(SealedStreamSuite, Int, String)])
    func longStreams(suite: SealedStreamSuite, size: Int, hash: String) throws {
        let sealed = try SealedStream.seal(
            Self.plaintext(size), suite, key: secret(Self.key), context: Self.context,
            random: FixedRandom(bytes: Self.salt))
        #expect(try Digest.hash(.sha256, unsafe sealed.span.bytes).hex == hash)
        #expect(try SealedStream.open(sealed, suite, key: secret(Self.key), context: Self.context).count == size)
    }

    /// More than 256 chunks: their numbers need a second byte of the nonce.
    @Test(
        arguments: [
            (.aes256GCM, "f709966cc80040b7d79924cad2caaaf33207f845e2d1e2ae5146ac8c34801003"),
            (.chaCha20Poly1305, "e3c0ae4e9296b459e98d68631e7412c5a27b65be46c55d58f5e264792bb3ca6e"),
        ] as [(SealedStreamSuite, String)])
    func manyChunks(suite: SealedStreamSuite, hash: String) throws {
        let plaintext = [UInt8](repeating: UInt8(ascii: "a"), count: 257 * 16_384 + 3)
        let sealed = try SealedStream.seal(
            plaintext, suite, key: secret(Self.key), context: Self.context, random: FixedRandom(bytes: Self.salt))
        #expect(try Digest.hash(.sha256, unsafe sealed.span.bytes).hex == hash)
    }
}
