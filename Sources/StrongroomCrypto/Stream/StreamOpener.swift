/// Opens chunks of one stream, in any order: every chunk is authenticated at its place before a byte
/// of it comes out.
///
/// Whoever reads a range knows the size of the plaintext from an authenticated place, and from it
/// (`SealedStreamGeometry.slice`) which chunk is the last; `StreamReader` finds the end by itself.
package struct StreamOpener: ~Copyable, @unchecked Sendable {
    // Safe to send: the cipher belongs to this value alone, and only `mutating` functions use it.

    package let suite: SealedStreamSuite
    /// How many chunks were opened: a range read touches no more than it needs.
    package private(set) var openedChunkCount: UInt64 = 0

    private let cipher: ChunkCipher

    /// Throws `commitmentMismatch` where `header`, the first 56 bytes of the stream, was not made with
    /// this key and context.
    package init(
        _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8], header: RawSpan,
        implementation: AEADImplementation = .openSSL
    ) throws(SealError) {
        guard header.byteCount == SealedStreamGeometry.headerSizeBytes else { throw .truncated }
        let saltSize = SealedStreamGeometry.saltSizeBytes
        let cipher = try ChunkCipher(
            suite, key: key, salt: header.extracting(0..<saltSize), context: context, implementation: implementation)
        guard cipher.isCommitted(to: header.extracting(saltSize..<header.byteCount)) else {
            throw SealError(
                .commitmentMismatch,
                "the sealed stream was not made with this key and context, or its header is damaged. "
                    + "Check which key it names; if that is the right one, restore the stream from a backup.")
        }
        self.cipher = cipher
        self.suite = suite
    }

    package var commitment: [UInt8] { cipher.commitment }

    /// Opens one chunk, tag included, into `output`, whose size is that of the plaintext; on failure
    /// `output` is zeros.
    package mutating func openChunk(
        _ sealed: RawSpan, index: UInt64, isLast: Bool, into output: inout MutableRawSpan
    ) throws(SealError) {
        let textSize = try plaintextSizeBytes(ofChunk: sealed, isLast: isLast)
        precondition(output.byteCount == textSize, "a chunk of \(textSize) bytes for \(output.byteCount)")
        output.overwrite(with: sealed.extracting(0..<textSize))
        try open(inPlace: &output, tag: sealed.extracting(textSize..<sealed.byteCount), index: index)
    }

    /// Opens one chunk, tag included, and appends its plaintext; on failure `output` is as before.
    package mutating func openChunk(
        _ sealed: RawSpan, index: UInt64, isLast: Bool, appendingTo output: inout [UInt8]
    ) throws(SealError) {
        let start = output.count
        let textSize = try plaintextSizeBytes(ofChunk: sealed, isLast: isLast)
        let tag = sealed.extracting(textSize..<sealed.byteCount)
        output.append(bytesOf: sealed.extracting(0..<textSize))
        do {
            try output.withTail(from: start) { (text) throws(SealError) in
                try open(inPlace: &text, tag: tag, index: index)
            }
        } catch {
            output.wipeTail(from: start)
            throw error
        }
    }

    private mutating func open(
        inPlace text: inout MutableRawSpan, tag tagBytes: RawSpan, index: UInt64
    ) throws(SealError) {
        do {
            try checkNotForked()
        } catch {
            text.wipe()
            throw error
        }
        var tag = AEADTag(repeating: 0)
        var span = tag.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var bytes = unsafe span.mutableBytes
        bytes.overwrite(with: tagBytes)
        try cipher.open(inPlace: &text, tag: tag, chunk: index)
        openedChunkCount += 1
    }

    /// Opens the consecutive chunks of a slice, read whole, and appends their plaintext; on failure
    /// `output` has those before the one that is not authentic.
    package mutating func openChunks(
        _ sealed: RawSpan, of slice: SealedStreamGeometry.Slice, appendingTo output: inout [UInt8]
    ) throws(SealError) {
        let sealedChunkSize = SealedStreamGeometry(suite).sealedChunkSizeBytes
        var offset = 0
        for index in slice.chunks {
            let isLast = slice.endsStream && index == slice.chunks.upperBound - 1
            let end = isLast ? sealed.byteCount : offset + sealedChunkSize
            guard end <= sealed.byteCount else { throw .truncated }
            try openChunk(sealed.extracting(offset..<end), index: index, isLast: isLast, appendingTo: &output)
            offset = end
        }
        guard offset == sealed.byteCount else { throw .trailingData }
    }

    /// The rule that makes truncation visible: only the last chunk is shorter than the others.
    private func plaintextSizeBytes(
        ofChunk sealed: RawSpan, isLast: Bool
    ) throws(SealError) -> Int {
        let textSize = sealed.byteCount - SealedStreamGeometry.tagSizeBytes
        if textSize < 0 || !isLast && textSize < suite.chunkSizeBytes { throw .truncated }
        if textSize > suite.chunkSizeBytes { throw .trailingData }
        if isLast && textSize == suite.chunkSizeBytes { throw .truncated }
        return textSize
    }
}
