import StrongroomSystem
import Testing

@testable import StrongroomCrypto

/// Ranges are read from the chunks that hold them, and from no others.
@Suite struct SealedStreamRangeTests {
    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 32_768, 100_000])
    func everyShapeOfRange(size: Int) throws {
        let random = SeededRandom(31)
        let plaintext = random.bytes(size)
        let key = try SecretBytes.random(count: 32)
        let sealed = try SealedStream.seal(plaintext, .aes256GCM, key: key, context: [], random: SystemRandom())
        let geometry = SealedStreamGeometry(.aes256GCM)
        let bounds =
            ([0, 1, size / 2, size - 1, size, 16_383, 16_384, 16_385, 32_768]
            + (0..<10).map { _ in random.next(in: 0...size) }).filter { (0...size).contains($0) }
        for lower in bounds {
            for upper in bounds where lower <= upper {
                let range = UInt64(lower)..<UInt64(upper)
                let slice = geometry.slice(of: range, plaintextSizeBytes: UInt64(size))
                var opener = try StreamOpener(
                    .aes256GCM, key: key, context: [], header: unsafe sealed.span.bytes.extracting(first: 56))
                var output: [UInt8] = []
                let part = unsafe sealed.span.bytes.extracting(
                    Int(slice.sealedBytes.lowerBound)..<Int(slice.sealedBytes.upperBound))
                try opener.openChunks(part, of: slice, appendingTo: &output)
                let wanted = output.dropFirst(slice.leadingBytes).prefix(upper - lower)
                #expect(Array(wanted) == Array(plaintext[lower..<upper]), "range \(range)")

                let touched = upper == lower ? 0 : UInt64((upper - 1) / 16_384 - lower / 16_384 + 1)
                #expect(opener.openedChunkCount == touched, "range \(range)")
                #expect(output.count - (upper - lower) < 2 * 16_384)
            }
        }
    }

    @Test func chunksOpenIntoTheCallersMemory() throws {
        let plaintext = SeededRandom(32).bytes(40_000)
        let key = try SecretBytes.random(count: 32)
        let sealed = try SealedStream.seal(plaintext, .aes256GCM, key: key, context: [], random: SystemRandom())
        var opener = try StreamOpener(
            .aes256GCM, key: key, context: [], header: unsafe sealed.span.bytes.extracting(first: 56))
        var buffer = [UInt8](repeating: 0xEE, count: 16_384)
        for index in [1, 0] {
            let start = 56 + index * 16_400
            let chunk = unsafe sealed.span.bytes.extracting(start..<start + 16_400)
            try buffer.withTail(from: 0) { (text) throws(SealError) in
                try opener.openChunk(chunk, index: UInt64(index), isLast: false, into: &text)
            }
            #expect(buffer == Array(plaintext[index * 16_384..<(index + 1) * 16_384]))
        }
        // Of what is not authentic nothing stays behind, not even in the caller's own memory.
        #expect(throws: SealError.self) {
            try buffer.withTail(from: 0) { (text) throws(SealError) in
                try opener.openChunk(
                    unsafe sealed.span.bytes.extracting(56..<16_456), index: 1, isLast: false, into: &text)
            }
        }
        #expect(buffer.allSatisfy { $0 == 0 })
    }

    /// A chunk that claims to be the last must be short, and any other must be full.
    @Test func onlyTheLastChunkIsShort() throws {
        let key = try SecretBytes.random(count: 32)
        let sealed = try SealedStream.seal(
            [UInt8](repeating: 1, count: 20_000), .aes256GCM, key: key, context: [], random: SystemRandom())
        var opener = try StreamOpener(
            .aes256GCM, key: key, context: [], header: unsafe sealed.span.bytes.extracting(first: 56))
        var output: [UInt8] = []
        #expect {
            try opener.openChunk(
                unsafe sealed.span.bytes.extracting(56..<16_456), index: 0, isLast: true, appendingTo: &output)
        } throws: { ($0 as? SealError)?.code == .truncated }
        #expect {
            try opener.openChunk(
                unsafe sealed.span.bytes.extracting(16_456..<sealed.count), index: 1, isLast: false,
                appendingTo: &output)
        } throws: { ($0 as? SealError)?.code == .truncated }
        #expect {
            try opener.openChunk(
                unsafe sealed.span.bytes.extracting(56..<16_457), index: 0, isLast: false, appendingTo: &output)
        } throws: { ($0 as? SealError)?.code == .trailingData }
        #expect(output.isEmpty)
        #expect(opener.openedChunkCount == 0)
    }

    @Test func geometryIsItsOwnInverse() {
        for suite in SealedStreamSuite.allCases {
            let geometry = SealedStreamGeometry(suite)
            for size in Array(0...100) + Array(16_300...16_500) + Array(32_700...32_900) {
                let sealed = geometry.sealedSizeBytes(plaintextSizeBytes: UInt64(size))
                #expect(geometry.plaintextSizeBytes(sealedSizeBytes: sealed) == UInt64(size))
            }
            // Sizes that no stream has: cut within a tag, or after a full chunk.
            for size in Array(0..<72) + Array(56 + 16_400..<72 + 16_400) {
                #expect(geometry.plaintextSizeBytes(sealedSizeBytes: UInt64(size)) == nil, "\(size)")
            }
            let largest = geometry.sealedSizeBytes(plaintextSizeBytes: geometry.plaintextSizeMaximumBytes)
            #expect(geometry.plaintextSizeBytes(sealedSizeBytes: largest) == geometry.plaintextSizeMaximumBytes)
            #expect(geometry.plaintextSizeBytes(sealedSizeBytes: largest + 17) == nil)
            #expect(geometry.plaintextSizeBytes(sealedSizeBytes: .max) == nil)
        }
    }

    /// Beyond the bound a stream is refused, and the plaintext does not slip into the output unsealed.
    @Test func theNumberOfChunksIsBounded() throws {
        let key = try SecretBytes.random(count: 32)
        var sealer = try StreamSealer(.aes256GCM, key: key, context: [], random: SystemRandom())
        sealer.nextChunk = SealedStreamGeometry.chunkCountMaximum - 1
        let chunk = [UInt8](repeating: 0x55, count: 16_384)
        var output: [UInt8] = []
        try sealer.append(unsafe chunk.span.bytes, to: &output)
        #expect(output.count == 16_400)
        #expect { try sealer.append(unsafe chunk.span.bytes, to: &output) } throws: {
            ($0 as? SealError)?.code == .limitExceeded
        }
        #expect(output.count == 16_400)
    }
}
