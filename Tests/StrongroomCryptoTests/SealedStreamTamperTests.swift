import StrongroomCrypto
import StrongroomSystem
import Testing

/// Someone has the stored bytes and not the key: whatever they do to a stream, it does not open.
@Suite struct SealedStreamTamperTests {
    private static let context: [UInt8] = [7]
    private static let chunkSize = 16_400
    private static let headerSize = 56

    private let key: SharedSecret
    private let plaintext: [UInt8]
    private let sealed: [UInt8]

    /// Five chunks, the last of 1000 bytes.
    init() throws {
        key = try SharedSecret(SecretBytes.random(count: 32))
        plaintext = SeededRandom(21).bytes(4 * 16_384 + 1000)
        sealed = try SealedStream.seal(
            plaintext, .aes256GCM, key: key.bytes, context: Self.context, random: SystemRandom())
    }

    private func open(_ stream: [UInt8]) -> Result<[UInt8], SealError> {
        Result { () throws(SealError) in
            try SealedStream.open(stream, .aes256GCM, key: key.bytes, context: Self.context)
        }
    }

    /// In one call, and by the reader, which finds the end by itself: both must refuse.
    private func refusal(_ stream: [UInt8]) -> SealError.Code? {
        var piecemeal: SealError.Code?
        do throws(SealError) {
            var output: [UInt8] = []
            var reader = try StreamReader(
                StreamOpener(
                    .aes256GCM, key: key.bytes, context: Self.context,
                    header: unsafe stream.span.bytes.extracting(first: Self.headerSize)))
            try reader.append(unsafe stream.span.bytes.extracting(droppingFirst: Self.headerSize), to: &output)
            try reader.finish(to: &output)
        } catch {
            piecemeal = error.code
        }
        guard case .failure(let error) = open(stream), piecemeal != nil else { return nil }
        return error.code
    }

    private func chunk(_ index: Int) -> Range<Int> {
        let start = Self.headerSize + index * Self.chunkSize
        return start..<min(start + Self.chunkSize, sealed.count)
    }

    @Test func theWholeStreamOpens() throws {
        #expect(refusal(sealed) == nil)
        #expect(try open(sealed).get() == plaintext)
    }

    /// Through the whole stream and through a ranged open: the bytes of chunk i do not pass for chunk j.
    @Test func noChunkStandsForAnother() throws {
        var opener = try StreamOpener(
            .aes256GCM, key: key.bytes, context: Self.context,
            header: unsafe sealed.span.bytes.extracting(first: Self.headerSize))
        for source in 0..<5 {
            for target in 0..<5 where source != target {
                var swapped = sealed
                swapped.replaceSubrange(chunk(target), with: sealed[chunk(source)])
                #expect(refusal(swapped) != nil, "chunk \(source) in place of chunk \(target)")

                var output: [UInt8] = [9]
                let bytes = Array(sealed[chunk(source)])
                #expect {
                    try opener.openChunk(
                        unsafe bytes.span.bytes, index: UInt64(target), isLast: source == 4, appendingTo: &output)
                } throws: {
                    ($0 as? SealError)?.code == .chunkNotAuthentic && ($0 as? SealError)?.chunkIndex == UInt64(target)
                }
                #expect(output == [9], "unauthenticated bytes came out")
            }
        }
        #expect(opener.openedChunkCount == 0)
    }

    /// At every boundary of chunks and of the header, and a little around it.
    @Test func everyTruncationIsSeen() {
        let boundaries = [0, 24, 32, Self.headerSize, Self.headerSize + 16] + (0..<5).map { chunk($0).upperBound }
        for boundary in boundaries {
            for difference in -17...17 {
                let size = boundary + difference
                guard (0..<sealed.count).contains(size) else { continue }
                #expect(refusal(Array(sealed.prefix(size))) != nil, "cut to \(size) bytes")
            }
        }
        #expect(refusal([]) == .truncated)
        #expect(refusal(Array(sealed.prefix(chunk(3).upperBound))) == .truncated)
    }

    @Test func everyExtensionIsSeen() {
        let random = SeededRandom(22)
        for count in [1, 15, 16, 17, 1016, 16_384, 16_400, 16_416] {
            #expect(refusal(sealed + random.bytes(count)) != nil, "\(count) bytes of garbage")
        }
        #expect(refusal(sealed + sealed[chunk(4)]) != nil)
        #expect(refusal(sealed + sealed[chunk(0)]) != nil)
        #expect(refusal(Array(sealed.prefix(chunk(3).upperBound)) + sealed[chunk(0)] + sealed[chunk(4)]) != nil)
    }

    @Test func everyFlippedBitIsSeen() {
        let random = SeededRandom(23)
        let places =
            Array(0..<Self.headerSize)
            + (0..<5).flatMap { index in
                [chunk(index).lowerBound, chunk(index).upperBound - 17, chunk(index).upperBound - 16]
                    + (0..<10).map { _ in random.next(in: chunk(index).lowerBound...chunk(index).upperBound - 1) }
            }
        for place in places {
            var damaged = sealed
            damaged[place] ^= 1 << (random.next(in: 0...7))
            let expected: SealError.Code = place < Self.headerSize ? .commitmentMismatch : .chunkNotAuthentic
            #expect(refusal(damaged) == expected, "byte \(place)")
        }
    }

    /// Emptiness is authenticated: neither another empty stream nor nothing passes for this one.
    @Test func anEmptyStreamIsARealOne() throws {
        let empty = try SealedStream.seal(
            [], .aes256GCM, key: key.bytes, context: Self.context, random: SystemRandom())
        #expect(empty.count == 72)
        #expect(try open(empty).get() == [])
        #expect(refusal(Array(empty.prefix(56))) == .truncated)
        let foreign = try SealedStream.seal(
            [], .aes256GCM, key: SecretBytes.random(count: 32), context: Self.context, random: SystemRandom())
        #expect(refusal(foreign) == .commitmentMismatch)
        #expect(refusal(Array(empty.prefix(56)) + foreign.suffix(16)) == .chunkNotAuthentic)
        #expect(refusal(Array(sealed.prefix(56)) + empty.suffix(16)) == .chunkNotAuthentic)
    }

    /// GCM and ChaCha20-Poly1305 commit to no key: one ciphertext can be made that opens under two. The
    /// header of the one is refused by the other, whatever the chunks are.
    @Test(arguments: SealedStreamSuite.allCases)
    func noHeaderServesTwoKeys(suite: SealedStreamSuite) throws {
        let second = try SecretBytes.random(count: 32)
        let first = try SealedStream.seal(
            plaintext, suite, key: key.bytes, context: Self.context, random: SystemRandom())
        var opened = 0
        for secret in [SharedSecret(try key.bytes.copy()), SharedSecret(second)] {
            do throws(SealError) {
                _ = try StreamOpener(
                    suite, key: secret.bytes, context: Self.context,
                    header: unsafe first.span.bytes.extracting(first: Self.headerSize))
                opened += 1
            } catch {
                #expect(error.code == .commitmentMismatch)
            }
        }
        #expect(opened == 1)
    }
}
