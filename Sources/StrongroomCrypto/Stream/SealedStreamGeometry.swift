/// Where things are in a sealed stream:
///
///     salt 24 | commitment 32 | chunk 0 | chunk 1 | … | last chunk
///     chunk = ciphertext as long as its plaintext | tag 16
///
/// Every chunk holds `suite.chunkSizeBytes` of plaintext but the last, which is shorter, and empty if
/// need be: a stream that ends with a full chunk was truncated.
package struct SealedStreamGeometry: Sendable, Equatable {
    package static let keySizeBytes = AEADAlgorithm.keySizeBytes
    package static let saltSizeBytes = 24
    package static let commitmentSizeBytes = 32
    package static let headerSizeBytes = saltSizeBytes + commitmentSizeBytes
    package static let tagSizeBytes = AEADAlgorithm.tagSizeBytes
    /// Bound of chunks under one key, far below what the ciphers bear: 64 TiB of 16 KiB chunks.
    package static let chunkCountMaximum: UInt64 = 1 << 32

    package let suite: SealedStreamSuite

    package init(_ suite: SealedStreamSuite) {
        self.suite = suite
    }

    package var chunkSizeBytes: Int { suite.chunkSizeBytes }
    package var sealedChunkSizeBytes: Int { suite.chunkSizeBytes + Self.tagSizeBytes }

    package var plaintextSizeMaximumBytes: UInt64 {
        Self.chunkCountMaximum * UInt64(chunkSizeBytes) - 1
    }

    package func chunkCount(plaintextSizeBytes: UInt64) -> UInt64 {
        plaintextSizeBytes / UInt64(chunkSizeBytes) + 1
    }

    /// Size of the whole stream. Traps above `plaintextSizeMaximumBytes`.
    package func sealedSizeBytes(plaintextSizeBytes: UInt64) -> UInt64 {
        precondition(plaintextSizeBytes <= plaintextSizeMaximumBytes, "a stream of \(plaintextSizeBytes) bytes")
        return UInt64(Self.headerSizeBytes) + plaintextSizeBytes
            + chunkCount(plaintextSizeBytes: plaintextSizeBytes) * UInt64(Self.tagSizeBytes)
    }

    /// Nil where no whole stream has this size.
    package func plaintextSizeBytes(sealedSizeBytes: UInt64) -> UInt64? {
        guard sealedSizeBytes >= UInt64(Self.headerSizeBytes + Self.tagSizeBytes) else { return nil }
        let chunks = (sealedSizeBytes - UInt64(Self.headerSizeBytes))
            .quotientAndRemainder(dividingBy: UInt64(sealedChunkSizeBytes))
        guard chunks.quotient < Self.chunkCountMaximum, chunks.remainder >= UInt64(Self.tagSizeBytes) else {
            return nil
        }
        return chunks.quotient * UInt64(chunkSizeBytes) + chunks.remainder - UInt64(Self.tagSizeBytes)
    }

    /// The consecutive chunks that hold a range of plaintext.
    package struct Slice: Sendable, Equatable {
        /// Numbers of the chunks.
        package var chunks: Range<UInt64>
        /// Their bytes, counted from the start of the stream.
        package var sealedBytes: Range<UInt64>
        /// Whether the last of them is the last of the stream.
        package var endsStream: Bool
        /// How many bytes of the first chunk's plaintext precede the range.
        package var leadingBytes: Int
    }

    /// What to read for `range` of a plaintext whose size is known from an authenticated place.
    package func slice(of range: Range<UInt64>, plaintextSizeBytes: UInt64) -> Slice {
        precondition(range.upperBound <= plaintextSizeBytes, "the range \(range) exceeds \(plaintextSizeBytes) bytes")
        let chunkSize = UInt64(chunkSizeBytes)
        let first = range.lowerBound / chunkSize
        let end = range.isEmpty ? first : (range.upperBound - 1) / chunkSize + 1
        let endsStream = end == chunkCount(plaintextSizeBytes: plaintextSizeBytes)
        let sealedEnd =
            endsStream ? sealedSizeBytes(plaintextSizeBytes: plaintextSizeBytes) : offset(ofChunk: end)
        return Slice(
            chunks: first..<end,
            sealedBytes: offset(ofChunk: first)..<sealedEnd,
            endsStream: endsStream,
            leadingBytes: Int(range.lowerBound - first * chunkSize))
    }

    private func offset(ofChunk index: UInt64) -> UInt64 {
        UInt64(Self.headerSizeBytes) + index * UInt64(sealedChunkSizeBytes)
    }
}
