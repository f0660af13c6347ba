/// The cipher of one stream, with the nonce of each chunk.
///
///     cipher key ‖ base nonce ‖ commitment = HKDF-Expand-SHA512(key, label ‖ salt ‖ context)
///     nonce of chunk n = base nonce XOR n, big-endian
///
/// The additional data is empty: place and end of a chunk are bound by nonce and size, the rest by
/// `context`.
struct ChunkCipher: ~Copyable {
    typealias Geometry = SealedStreamGeometry

    let suite: SealedStreamSuite
    /// Commits to key, salt and context: there is no second key under which the stream opens.
    let commitment: [UInt8]
    private let cipher: any AEADCipher
    private let baseNonce: AEADNonce

    init(
        _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, salt: RawSpan, context: [UInt8],
        implementation: AEADImplementation
    ) throws(SealError) {
        precondition(salt.byteCount == Geometry.saltSizeBytes, "a salt of \(salt.byteCount) bytes")
        let label = suite.derivationLabel.utf8
        var info: [UInt8] = []
        info.reserveCapacity(label.count + salt.byteCount + context.count)
        info += label
        info.append(bytesOf: salt)
        info += context
        let nonceStart = AEADAlgorithm.keySizeBytes
        let commitmentStart = nonceStart + MemoryLayout<AEADNonce>.size
        var nonce = AEADNonce(repeating: 0)
        var commitment: [UInt8] = []
        commitment.reserveCapacity(Geometry.commitmentSizeBytes)
        let size = commitmentStart + Geometry.commitmentSizeBytes
        cipher = try key.withExpanded(info: info, count: size) { (material) throws(SealError) in
            var span = nonce.mutableSpan
            // Safe: any bit pattern is a UInt8.
            var bytes = unsafe span.mutableBytes
            bytes.overwrite(with: material.extracting(nonceStart..<commitmentStart))
            commitment.append(bytesOf: material.extracting(commitmentStart..<material.byteCount))
            return try implementation.cipher(suite.algorithm, key: material.extracting(0..<nonceStart))
        }
        self.suite = suite
        self.commitment = commitment
        baseNonce = nonce
    }

    /// Compares the commitment of a stream in constant time, before any chunk is opened.
    func isCommitted(to commitment: RawSpan) -> Bool {
        // Safe: a UInt8 is raw bytes.
        ConstantTime.areEqual(unsafe self.commitment.span.bytes, commitment)
    }

    func seal(inPlace text: inout MutableRawSpan, chunk index: UInt64) throws(SealError) -> AEADTag {
        assert(text.byteCount <= suite.chunkSizeBytes)
        guard index < Geometry.chunkCountMaximum else {
            throw SealError(
                .limitExceeded,
                "a sealed stream has at most \(Geometry.chunkCountMaximum) chunks. Split the object into parts.")
        }
        return try cipher.seal(inPlace: &text, nonce: nonce(index), authenticating: RawSpan())
    }

    /// Zeroes `text` where it is not authentic.
    func open(inPlace text: inout MutableRawSpan, tag: AEADTag, chunk index: UInt64) throws(SealError) {
        guard try cipher.open(inPlace: &text, nonce: nonce(index), tag: tag, authenticating: RawSpan())
        else {
            throw .chunkNotAuthentic(index)
        }
    }

    private func nonce(_ index: UInt64) -> AEADNonce {
        var nonce = baseNonce
        for position in 0..<8 { nonce[11 - position] ^= UInt8(truncatingIfNeeded: index >> (8 * position)) }
        return nonce
    }
}
