internal import StrongroomCrypto

/// Holds the chunks of a body, and its trailer, against their signatures.
struct ChunkVerifier: ~Copyable {
    private var signer: ChunkSigner
    /// Of the bytes of the present chunk.
    private var digest: Digest

    /// - Throws: `internalFailure`.
    init(_ signer: ChunkSigner) throws(SignatureError) {
        self.signer = signer
        do throws(SealError) {
            digest = try Digest(.sha256)
        } catch {
            throw Self.failed(error)
        }
    }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        // Safe: a UInt8 is raw bytes.
        digest.update(unsafe bytes.span.bytes)
    }

    /// Ends the present chunk.
    ///
    /// - Throws: `mismatch`, `internalFailure`.
    mutating func check(chunk signature: String) throws(SignatureError) {
        let hash = PayloadHash.hexadecimalText(digest.finish())
        let expected: String
        do throws(SealError) {
            expected = try signer.next(chunkHash: hash)
        } catch {
            throw Self.failed(error)
        }
        guard SignatureText.areEqual(expected, signature) else { throw SignatureCheck.mismatch }
    }

    /// - Throws: `mismatch`, `internalFailure`.
    mutating func check(
        trailer fields: [(name: String, value: String)], _ signature: String
    ) throws(SignatureError) {
        let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
        let expected: String
        do throws(SealError) {
            expected = try signer.trailer(hash: try PayloadHash.hexadecimal(Array(lines.utf8)))
        } catch {
            throw Self.failed(error)
        }
        guard SignatureText.areEqual(expected, signature) else { throw SignatureCheck.mismatch }
    }

    private static func failed(_ error: SealError) -> SignatureError {
        SignatureError(.internalFailure, "The body could not be checked.", underlying: error)
    }
}
