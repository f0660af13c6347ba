import StrongroomCrypto
import StrongroomSystem
import Testing

/// What was sealed opens, however it is cut into pieces.
@Suite struct SealedStreamTests {
    private static let context = Array("object uid, part uid, layer".utf8)
    /// Around every bound: empty, one, a chunk less one, a chunk, a chunk and one, several.
    static let sizes = [0, 1, 15, 16, 17, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769, 100_000]

    @Test(arguments: SealedStreamSuite.allCases, sizes)
    func opensToWhatWasSealed(suite: SealedStreamSuite, size: Int) throws {
        let plaintext = SeededRandom(UInt64(size)).bytes(size)
        let key = try SecretBytes.random(count: 32)
        let sealed = try SealedStream.seal(
            plaintext, suite, key: key, context: Self.context, random: SystemRandom())
        let geometry = SealedStreamGeometry(suite)
        #expect(UInt64(sealed.count) == geometry.sealedSizeBytes(plaintextSizeBytes: UInt64(size)))
        #expect(geometry.plaintextSizeBytes(sealedSizeBytes: UInt64(sealed.count)) == UInt64(size))
        #expect(try SealedStream.open(sealed, suite, key: key, context: Self.context) == plaintext)
    }

    /// A salt of its own for each: the same object sealed twice looks different everywhere.
    @Test func neverSealsAlike() throws {
        let plaintext = [UInt8](repeating: 0, count: 40_000)
        let key = try SecretBytes.random(count: 32)
        let streams = try (0..<2).map { _ in
            try SealedStream.seal(plaintext, .aes256GCM, key: key, context: [], random: SystemRandom())
        }
        let equal = zip(streams[0], streams[1]).filter { $0 == $1 }.count
        #expect(equal < streams[0].count / 64)
    }

    @Test(arguments: SealedStreamSuite.allCases)
    func piecesOfAnySizeMakeTheSameStream(suite: SealedStreamSuite) throws {
        let random = SeededRandom(11)
        let key = try SecretBytes.random(count: 32)
        for round in 0..<30 {
            let plaintext = random.bytes(random.next(in: 0...70_000))
            let salt = FixedRandom(bytes: random.bytes(24))
            let whole = try SealedStream.seal(plaintext, suite, key: key, context: Self.context, random: salt)

            var sealer = try StreamSealer(suite, key: key, context: Self.context, random: salt)
            var sealed = sealer.header
            try Self.inPieces(plaintext, random, round) { piece in try sealer.append(piece, to: &sealed) }
            try sealer.finish(to: &sealed)
            #expect(sealed == whole)
            #expect(sealer.plaintextSizeBytes == UInt64(plaintext.count))
            #expect(sealer.commitment == Array(whole[24..<56]))

            var opened: [UInt8] = []
            var reader = try StreamReader(
                StreamOpener(
                    suite, key: key, context: Self.context,
                    header: unsafe whole.span.bytes.extracting(first: 56)))
            try Self.inPieces(Array(whole.dropFirst(56)), random, round) { piece in
                try reader.append(piece, to: &opened)
            }
            try reader.finish(to: &opened)
            #expect(opened == plaintext)
            #expect(reader.opener.commitment == sealer.commitment)
        }
    }

    /// Sometimes small pieces, sometimes large, sometimes none.
    private static func inPieces(
        _ bytes: [UInt8], _ random: SeededRandom, _ round: Int, _ body: (RawSpan) throws -> Void
    ) rethrows {
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + random.next(in: 0...(round % 3 == 0 ? 500 : 40_000)))
            try body(unsafe bytes.span.bytes.extracting(offset..<end))
            offset = end
        }
    }

    @Test func otherKeyOtherContextOtherSuite() throws {
        let key = try SecretBytes.random(count: 32)
        let sealed = try SealedStream.seal(
            [1, 2, 3], .aes256GCM, key: key, context: Self.context, random: SystemRandom())
        let isMismatch: (any Error) -> Bool = { ($0 as? SealError)?.code == .commitmentMismatch }
        #expect {
            try SealedStream.open(
                sealed, .aes256GCM, key: SecretBytes.random(count: 32), context: Self.context)
        } throws: { isMismatch($0) }
        #expect {
            try SealedStream.open(sealed, .aes256GCM, key: key, context: Self.context + [0])
        } throws: { isMismatch($0) }
        #expect {
            try SealedStream.open(sealed, .chaCha20Poly1305, key: key, context: Self.context)
        } throws: { isMismatch($0) }
    }

    /// Threat: a backend that returns a short key, a long one, none.
    @Test(arguments: [0, 1, 16, 31, 33, 64])
    func keysOfOtherSizesAreRefused(count: Int) throws {
        #expect {
            try SealedStream.seal(
                [1], .aes256GCM, key: SecretBytes.random(count: count), context: [], random: SystemRandom())
        } throws: { ($0 as? SealError)?.code == .invalidKeySize }
        #expect {
            try SealedStream.open(
                [UInt8](repeating: 0, count: 72), .aes256GCM, key: SecretBytes.random(count: count), context: [])
        } throws: { ($0 as? SealError)?.code == .invalidKeySize }
    }

    @Test func aPreparedKeyIsTheSameKey() throws {
        let key = try SecretBytes.random(count: 32)
        let prepared = try PreparedKey(key)
        let salt = FixedRandom(bytes: SystemRandom().bytes(24))
        let sealed = try SealedStream.seal([1, 2], .aes256GCM, key: prepared, context: Self.context, random: salt)
        #expect(
            try sealed == SealedStream.seal([1, 2], .aes256GCM, key: key, context: Self.context, random: salt))
        #expect(try SealedStream.open(sealed, .aes256GCM, key: prepared, context: Self.context) == [1, 2])
        let info = Array("strongroom/etag@v1".utf8)
        let derived = try prepared.expand(info: info, count: 32)
        #expect(try derived.isEqual(to: HKDF<SHA512>.expand(key, info: info, count: 32)))
        #expect(try !derived.isEqual(to: prepared.expand(info: info + [0], count: 32)))
        #expect(throws: SealError.self) { _ = try PreparedKey(SecretBytes.random(count: 31)) }
    }

    @Test(arguments: [0, 3, 4, 0x0100, 0xFFFF] as [UInt16])
    func unknownSuitesAreRefused(number: UInt16) {
        #expect { try SealedStreamSuite(stored: number) } throws: { ($0 as? SealError)?.code == .unknownSuite }
    }
}
