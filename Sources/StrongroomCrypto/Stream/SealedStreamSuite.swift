/// Which ciphers and sizes a sealed stream is made of. The number is stored beside the stream, in a row
/// that is authenticated, and must never change its meaning.
package enum SealedStreamSuite: UInt16, Sendable, CaseIterable {
    /// Cobblestone-256 of c2sp.org/chunked-encryption: the default.
    case aes256GCM = 1
    /// The same construction for machines without AES instructions.
    case chaCha20Poly1305 = 2

    /// Refuses what this version does not know: a reader must never guess.
    package init(stored number: UInt16) throws(SealError) {
        guard let suite = SealedStreamSuite(rawValue: number) else {
            throw SealError(
                .unknownSuite, "sealed stream suite \(number) is unknown to this version. Open it with a newer one.")
        }
        self = suite
    }

    /// Plaintext of every chunk but the last, which is shorter.
    package var chunkSizeBytes: Int { 16_384 }

    var algorithm: AEADAlgorithm {
        switch self {
        case .aes256GCM: .aes256GCM
        case .chaCha20Poly1305: .chaCha20Poly1305
        }
    }

    /// What key derivation starts its `info` with; part of the format.
    var derivationLabel: String {
        switch self {
        case .aes256GCM: "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
        case .chaCha20Poly1305: "c2sp.org/chunked-encryption@v1+AEAD_CHACHA20_POLY1305\0"
        }
    }
}
