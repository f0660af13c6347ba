package import StrongroomSystem

/// Seals one stream, from pieces of any size, holding back less than a chunk.
///
/// Write `header` first, then what `append` and `finish` give. Without `finish` a stream has no end,
/// and does not open.
package struct StreamSealer: ~Copyable, @unchecked Sendable {
    // Safe to send: the cipher belongs to this value alone, and only `mutating` functions use it.

    /// Salt and commitment: the first 56 bytes of the stream.
    package let header: [UInt8]
    /// Plaintext sealed or held back so far.
    package private(set) var plaintextSizeBytes: UInt64 = 0

    private let cipher: ChunkCipher
    private let pending: PendingChunk
    private var isFinished = false
    /// Internal so that a test can come near the bound.
    var nextChunk: UInt64 = 0

    /// Starts a stream under `key`, bound to `context`. The salt makes every stream's key its own, so
    /// a key may seal any number of streams.
    package init(
        _ suite: SealedStreamSuite, key: borrowing some StreamKey & ~Copyable, context: [UInt8],
        random: some RandomSource,
        implementation: AEADImplementation = .openSSL
    ) throws(SealError) {
        var header = random.bytes(SealedStreamGeometry.saltSizeBytes)
        // Safe: a UInt8 is raw bytes.
        cipher = try ChunkCipher(
            suite, key: key, salt: unsafe header.span.bytes, context: context, implementation: implementation)
        header += cipher.commitment
        self.header = header
        pending = PendingChunk(capacity: suite.chunkSizeBytes)
    }

    package var commitment: [UInt8] { cipher.commitment }

    /// Seals `bytes`, appending every chunk that is complete to `output`.
    package mutating func append(_ bytes: RawSpan, to output: inout [UInt8]) throws(SealError) {
        precondition(!isFinished, "a finished stream takes no more bytes")
        try checkNotForked()
        plaintextSizeBytes += UInt64(bytes.byteCount)
        var offset = 0
        if pending.count > 0 {
            offset = pending.fill(from: bytes)
            guard pending.isFull else { return }
            try sealPending(to: &output)
        }
        offset = try sealFullChunks(of: bytes, from: offset, to: &output)
        _ = pending.fill(from: bytes.extracting(offset..<bytes.byteCount))
    }

    /// Returns where the rest begins, which is no whole chunk.
    private mutating func sealFullChunks(
        of bytes: RawSpan, from start: Int, to output: inout [UInt8]
    ) throws(SealError) -> Int {
        var offset = start
        while bytes.byteCount - offset >= pending.capacity {
            try seal(bytes.extracting(offset..<offset + pending.capacity), to: &output)
            offset += pending.capacity
        }
        return offset
    }

    /// Seals the last chunk, which may be empty.
    package mutating func finish(to output: inout [UInt8]) throws(SealError) {
        try finish(with: RawSpan(), to: &output)
    }

    /// Seals the last bytes and ends the stream: what is given whole is never held back.
    package mutating func finish(with bytes: RawSpan, to output: inout [UInt8]) throws(SealError) {
        precondition(!isFinished, "a stream is finished once")
        if pending.count > 0 {
            try append(bytes, to: &output)
            try sealPending(to: &output)
        } else {
            try checkNotForked()
            plaintextSizeBytes += UInt64(bytes.byteCount)
            let rest = try sealFullChunks(of: bytes, from: 0, to: &output)
            try seal(bytes.extracting(rest..<bytes.byteCount), to: &output)
        }
        isFinished = true
    }

    private mutating func sealPending(to output: inout [UInt8]) throws(SealError) {
        let start = output.count
        pending.withBytes { bytes in output.append(bytesOf: bytes) }
        pending.removeAll()
        try sealTail(of: &output, from: start)
    }

    private mutating func seal(_ text: RawSpan, to output: inout [UInt8]) throws(SealError) {
        let start = output.count
        output.append(bytesOf: text)
        try sealTail(of: &output, from: start)
    }

    private mutating func sealTail(of output: inout [UInt8], from start: Int) throws(SealError) {
        do {
            let tag = try output.withTail(from: start) { (text) throws(SealError) in
                try cipher.seal(inPlace: &text, chunk: nextChunk)
            }
            nextChunk += 1
            // Safe: a UInt8 is raw bytes.
            output.append(bytesOf: unsafe tag.span.bytes)
        } catch {
            // What could not be sealed must not pass for sealed.
            output.wipeTail(from: start)
            throw error
        }
    }
}

func checkNotForked() throws(SealError) {
    do {
        try SecretMemory.checkNotForked()
    } catch {
        throw SealError(secretMemory: error)
    }
}
