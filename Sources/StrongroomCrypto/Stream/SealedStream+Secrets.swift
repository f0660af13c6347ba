package import StrongroomSystem

/// A wrapped key is the sealed stream of a short secret. Its plaintext never leaves locked memory.
extension SealedStream {
    /// Size of the stream of a secret: 104 bytes for a key of 32.
    package static func sealedSecretSizeBytes(count: Int) -> Int {
        SealedStreamGeometry.headerSizeBytes + count + SealedStreamGeometry.tagSizeBytes
    }

    /// The stream of `secret`, which must be shorter than a chunk.
    package static func sealSecret(
        _ secret: borrowing SecretBytes, _ suite: SealedStreamSuite, under key: borrowing some StreamKey & ~Copyable,
        context: [UInt8], random: some RandomSource
    ) throws(SealError) -> [UInt8] {
        precondition(secret.count < suite.chunkSizeBytes, "a secret of \(secret.count) bytes is no short one")
        var sealed = random.bytes(SealedStreamGeometry.saltSizeBytes)
        // Safe: a UInt8 is raw bytes.
        let cipher = try ChunkCipher(
            suite, key: key, salt: unsafe sealed.span.bytes, context: context, implementation: .openSSL)
        sealed.reserveCapacity(sealedSecretSizeBytes(count: secret.count))
        sealed += cipher.commitment
        var tag = AEADTag(repeating: 0)
        let ciphertext = try SecretBytes(count: secret.count) { (text: inout MutableRawSpan) throws(SealError) in
            try secret.withBytes { (secret) throws(SealError) in text.overwrite(with: secret) }
            tag = try cipher.seal(inPlace: &text, chunk: 0)
        }
        try ciphertext.withBytes { (text) throws(SealError) in sealed.append(bytesOf: text) }
        // Safe: a UInt8 is raw bytes.
        sealed.append(bytesOf: unsafe tag.span.bytes)
        return sealed
    }

    /// The secret of `count` bytes that `sealSecret` sealed.
    package static func openSecret(
        _ sealed: RawSpan, count: Int, _ suite: SealedStreamSuite, under key: borrowing some StreamKey & ~Copyable,
        context: [UInt8]
    ) throws(SealError) -> SecretBytes {
        precondition(count < suite.chunkSizeBytes, "a secret of \(count) bytes is no short one")
        let size = sealedSecretSizeBytes(count: count)
        if sealed.byteCount < size { throw .truncated }
        if sealed.byteCount > size { throw .trailingData }
        let headerSize = SealedStreamGeometry.headerSizeBytes
        var opener = try StreamOpener(
            suite, key: key, context: context, header: sealed.extracting(0..<headerSize))
        return try SecretBytes(count: count) { (text: inout MutableRawSpan) throws(SealError) in
            try opener.openChunk(sealed.extracting(headerSize..<size), index: 0, isLast: true, into: &text)
        }
    }

    /// The secret of `count` bytes that `sealSecret` sealed.
    package static func openSecret(
        _ sealed: [UInt8], count: Int, _ suite: SealedStreamSuite, under key: borrowing some StreamKey & ~Copyable,
        context: [UInt8]
    ) throws(SealError) -> SecretBytes {
        // Safe: a UInt8 is raw bytes.
        try openSecret(unsafe sealed.span.bytes, count: count, suite, under: key, context: context)
    }
}
