/// Opens a stream from its first chunk to its end, from pieces of any size.
///
/// What `append` gives is authentic, and may be the beginning of something that was truncated: only
/// after `finish` is it all.
package struct StreamReader: ~Copyable, Sendable {
    package private(set) var opener: StreamOpener
    /// Sealed bytes of a chunk of which more is to come.
    private var pending: [UInt8] = []
    private var nextChunk: UInt64 = 0
    private var isFinished = false

    /// Reads what follows the header that `opener` was made with.
    package init(_ opener: consuming StreamOpener) {
        self.opener = opener
    }

    /// Takes sealed bytes, appending the plaintext of every full chunk to `output`.
    package mutating func append(_ sealed: RawSpan, to output: inout [UInt8]) throws(SealError) {
        precondition(!isFinished, "a finished stream takes no more bytes")
        let chunkSize = SealedStreamGeometry(opener.suite).sealedChunkSizeBytes
        var offset = 0
        if !pending.isEmpty {
            offset = min(chunkSize - pending.count, sealed.byteCount)
            pending.append(bytesOf: sealed.extracting(0..<offset))
            guard pending.count == chunkSize else { return }
            try openPending(isLast: false, to: &output)
        }
        while sealed.byteCount - offset >= chunkSize {
            let chunk = sealed.extracting(offset..<offset + chunkSize)
            try opener.openChunk(chunk, index: nextChunk, isLast: false, appendingTo: &output)
            nextChunk += 1
            offset += chunkSize
        }
        pending.append(bytesOf: sealed.extracting(offset..<sealed.byteCount))
    }

    /// Opens the last chunk. Throws `truncated` where there is none.
    package mutating func finish(to output: inout [UInt8]) throws(SealError) {
        precondition(!isFinished, "a stream is finished once")
        try openPending(isLast: true, to: &output)
        isFinished = true
    }

    private mutating func openPending(isLast: Bool, to output: inout [UInt8]) throws(SealError) {
        // Swapped out and in again: the allocation serves every chunk.
        var chunk: [UInt8] = []
        swap(&chunk, &pending)
        // Safe: a UInt8 is raw bytes.
        try opener.openChunk(unsafe chunk.span.bytes, index: nextChunk, isLast: isLast, appendingTo: &output)
        chunk.removeAll(keepingCapacity: true)
        swap(&chunk, &pending)
        nextChunk += 1
    }
}
