package import StrongroomSystem

/// Sealed streams in one call, for what is whole in memory.
package enum SealedStream {
    /// The stream of `plaintext`: header and all chunks.
    package static func seal(
        _ plaintext: RawSpan, _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8],
        random: some RandomSource, implementation: AEADImplementation = .openSSL
    ) throws(SealError) -> [UInt8] {
        var sealer = try StreamSealer(
            suite, key: key, context: context, random: random, implementation: implementation)
        let geometry = SealedStreamGeometry(suite)
        var output: [UInt8] = []
        output.reserveCapacity(Int(geometry.sealedSizeBytes(plaintextSizeBytes: UInt64(plaintext.byteCount))))
        output += sealer.header
        try sealer.finish(with: plaintext, to: &output)
        return output
    }

    /// The stream of `plaintext`: header and all chunks.
    package static func seal(
        _ plaintext: [UInt8], _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8],
        random: some RandomSource, implementation: AEADImplementation = .openSSL
    ) throws(SealError) -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        try seal(
            unsafe plaintext.span.bytes, suite, key: key, context: context, random: random,
            implementation: implementation)
    }

    /// The plaintext of a whole stream; nothing of it where any part is not authentic.
    package static func open(
        _ sealed: RawSpan, _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8],
        implementation: AEADImplementation = .openSSL
    ) throws(SealError) -> [UInt8] {
        let headerSize = SealedStreamGeometry.headerSizeBytes
        guard sealed.byteCount >= headerSize else { throw .truncated }
        var opener = try StreamOpener(
            suite, key: key, context: context, header: sealed.extracting(0..<headerSize),
            implementation: implementation)
        let geometry = SealedStreamGeometry(suite)
        guard let size = geometry.plaintextSizeBytes(sealedSizeBytes: UInt64(sealed.byteCount)) else {
            throw .truncated
        }
        let slice = SealedStreamGeometry.Slice(
            chunks: 0..<geometry.chunkCount(plaintextSizeBytes: size),
            sealedBytes: UInt64(headerSize)..<UInt64(sealed.byteCount), endsStream: true, leadingBytes: 0)
        var output: [UInt8] = []
        output.reserveCapacity(Int(size))
        do {
            try opener.openChunks(sealed.extracting(headerSize..<sealed.byteCount), of: slice, appendingTo: &output)
        } catch {
            output.wipeTail(from: 0)
            throw error
        }
        return output
    }

    /// The plaintext of a whole stream; nothing of it where any part is not authentic.
    package static func open(
        _ sealed: [UInt8], _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8],
        implementation: AEADImplementation = .openSSL
    ) throws(SealError) -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        try open(unsafe sealed.span.bytes, suite, key: key, context: context, implementation: implementation)
    }
}
