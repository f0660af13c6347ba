import StrongroomCrypto
import Testing

@testable import StrongroomSignature

/// Attack 29.
@Suite("Bodies in chunks")
struct ChunkedPayloadTests {
    /// With signatures or without, with a trailer or without.
    struct Kind: Sendable, CustomTestStringConvertible {
        var isSigned: Bool
        var hasTrailer: Bool
        var testDescription: String {
            "\(isSigned ? "signed" : "unsigned"), \(hasTrailer ? "with" : "without") trailer"
        }

        func body() -> ChunkedBody {
            ChunkedBody(isSigned: isSigned, trailer: hasTrailer ? [("x-amz-checksum-crc32", "AAAAAA==")] : nil)
        }
    }

    static let kinds = [true, false].flatMap { signed in
        [true, false].map { Kind(isSigned: signed, hasTrailer: $0) }
    }

    private static let chunks = [[UInt8]("first chunk".utf8), [UInt8](repeating: 7, count: 300), [0x0D, 0x0A]]
    private static let payload = chunks.flatMap { $0 }

    @Test("come to the same however they are cut", arguments: kinds, [UInt64(1), 2, 3])
    func cuts(_ kind: Kind, seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let body = kind.body()
        for _ in 0..<40 {
            let chunks = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (0..<Int.random(in: 1...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let payload = chunks.flatMap { $0 }
            let bytes = try body.bytes(chunks)
            let most = Int.random(in: 1...200, using: &random)
            #expect(
                try body.decoded(bytes, length: payload.count) { Int.random(in: 1...most, using: &random) } == payload,
                "seed \(seed)")
        }
        let bytes = try body.bytes(Self.chunks)
        #expect(try body.decoded(bytes, length: Self.payload.count) { 1 } == Self.payload)
    }

    @Test("are refused when they end early, at whatever byte, and when anything follows", arguments: kinds)
    func truncated(_ kind: Kind) throws {
        let body = kind.body()
        let bytes = try body.bytes(Self.chunks)
        for count in 0..<bytes.count {
            #expect(
                refusal { _ = try body.decoded(Array(bytes[..<count]), length: Self.payload.count) } == .incompleteBody)
        }
        for byte in [0x00, 0x0A, 0x0D, 0x30] as [UInt8] {
            // Of a line end more, which may come there, it is the beginning.
            let isBeginning = byte == 0x0D && !kind.isSigned && kind.hasTrailer
            #expect(
                refusal { _ = try body.decoded(bytes + [byte], length: Self.payload.count) }
                    == (isBeginning ? .incompleteBody : .malformedBody))
        }
    }

    @Test("with signatures are refused with any bit altered", arguments: kinds.filter(\.isSigned))
    func altered(_ kind: Kind) throws {
        let body = kind.body()
        let pieces = try body.pieces(Self.chunks)
        let bytes = pieces.flatMap { $0 }
        var start = 0
        for piece in pieces {
            let isTrailer = piece.starts(with: "x-amz-".utf8)
            let nameCount = piece.prefix { $0 != UInt8(ascii: isTrailer ? ":" : ";") }.count
            for offset in piece.indices {
                for bit in 0..<8 {
                    // Names of headers, and sizes in hexadecimal, mean the same in either case; and a tab instead of a
                    // carriage return is one of the blanks that do not count, before one of the line feeds that do.
                    let isLetter = offset < nameCount && piece[offset] >= 0x40 && bit == 5
                    if isLetter || isTrailer && piece[offset] == 0x0D && bit == 2 { continue }
                    var other = bytes
                    other[start + offset] ^= 1 << bit
                    #expect(
                        refusal { _ = try body.decoded(other, length: Self.payload.count) } != nil,
                        "bit \(bit) of byte \(offset) of \(String(decoding: piece, as: UTF8.self))")
                }
            }
            start += piece.count
        }
    }

    @Test("with signatures are refused with pieces in another order, twice, or left out", arguments: kinds)
    func reordered(_ kind: Kind) throws {
        let body = kind.body()
        let chunks: [[UInt8]] = [[1], [2], [3, 4], [5, 5, 5]]
        let payload = chunks.flatMap { $0 }
        let pieces = try body.pieces(chunks)
        func refused(_ pieces: [[UInt8]], length: Int) -> Bool {
            refusal { _ = try body.decoded(pieces.flatMap { $0 }, length: length) } != nil
        }
        for index in pieces.indices {
            var other = pieces
            other.remove(at: index)
            let length = payload.count - (index < chunks.count ? chunks[index].count : 0)
            #expect(refused(other, length: payload.count))
            #expect(!kind.isSigned && index < chunks.count || refused(other, length: length), "without \(index)")
            other = pieces
            other.insert(pieces[index], at: index)
            // The last piece is a line end, of which clients send one more behind a trailer without a signature.
            let isSurplus = !kind.isSigned && kind.hasTrailer && index == pieces.count - 1
            #expect(refused(other, length: payload.count) != isSurplus, "\(index) twice")
        }
        guard kind.isSigned else { return }
        for index in pieces.indices.dropLast() {
            var other = pieces
            other.swapAt(index, index + 1)
            #expect(refused(other, length: payload.count), "\(index) before its predecessor")
        }
    }

    @Test("signed for another request are refused")
    func transplanted() throws {
        let other = ChunkedBody(seed: String(repeating: "0", count: 64))
        #expect(refusal { _ = try ChunkedBody().decoded(try other.bytes([[1]]), length: 1) } == .mismatch)
        let later = ChunkedBody(signer: RequestSigner(time: SigningTime(wallMilliseconds: 1_369_353_601_000)))
        #expect(refusal { _ = try ChunkedBody().decoded(try later.bytes([[1]]), length: 1) } == .mismatch)
    }

    @Test("are as long as they say, and no longer", arguments: kinds)
    func lengths(_ kind: Kind) throws {
        let body = kind.body()
        let bytes = try body.bytes([[1, 2, 3]])
        #expect(try body.decoded(bytes, length: 3) == [1, 2, 3])
        for length in [0, 2, 4] {
            #expect(refusal { _ = try body.decoded(bytes, length: length) } == .incompleteBody)
        }
        #expect(try body.decoded(try body.bytes([]), length: 0) == [])
    }

    /// None of it must reach whoever stores it, however it was cut.
    @Test("hand nothing out of a chunk that is longer than all that was announced")
    func tooLong() throws {
        var payload = try ChunkedPayload(signer: nil, decodedBytes: 2, trailerNames: [])
        #expect(
            refusal { try payload.decode(Array("3\r\nabc".utf8)[...]) { _ in Issue.record("it was handed out") } }
                != nil)
    }

    @Test("stay refused once they were")
    func staysRefused() throws {
        let body = ChunkedBody()
        let bytes = try body.bytes([[1]])
        var payload = try ChunkedPayload(signer: try body.chunkSigner(), decodedBytes: 1, trailerNames: nil)
        var other = bytes
        other[bytes.count - 89] ^= 1
        #expect(refusal { try payload.decode(other[...]) { _ in } } == .mismatch)
        #expect(refusal { try payload.decode(bytes[...]) { _ in Issue.record("it was handed out") } } == .mismatch)
        do throws(SignatureError) {
            _ = try payload.finish()
            Issue.record("it has an end")
        } catch {
            #expect(error.code == .mismatch)
        }
    }

    @Test(
        "are refused where a size or an end is no proper one",
        arguments: [
            "g\r\n", "-1\r\n", "+1\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n",
            "1\r\na\n0\r\n\r\n",
            "10000000000000000\r\n", "1;x=y\r\na\r\n0\r\n\r\n", "1;\r\na\r\n0\r\n\r\n", "\r\n", "0x1\r\na\r\n",
            "1\r\r\na\r\n",
            "1\r\na\r\n0\r\n\n", "1\r\na\r\n0\n\r\n", "1\r\na\r\n\r\n0\r\n\r\n", ";1\r\na\r\n", "1\u{0}\r\na\r\n",
            "١\r\na\r\n",
        ])
    func malformed(_ text: String) throws {
        let body = ChunkedBody(isSigned: false)
        #expect(refusal { _ = try body.decoded(Array(text.utf8), length: 1) } == .malformedBody)
        #expect(refusal { _ = try body.decoded(Array(text.utf8), length: 1) { 1 } } == .malformedBody)
    }

    @Test("have sizes with zeros before them, and in either case")
    func sizes() throws {
        let body = ChunkedBody(isSigned: false)
        let text = "00000000000000A\r\n0123456789\r\n00b\r\n0123456789a\r\n000\r\n\r\n"
        #expect(try body.decoded(Array(text.utf8), length: 21).count == 21)
    }

    @Test(
        "with signatures are refused where one is none",
        arguments: [
            "0\r\n\r\n", "0;chunk-signature=\r\n\r\n", "0;chunk-signature=\(String(repeating: "0", count: 63))\r\n\r\n",
            "0;Chunk-Signature=\(String(repeating: "0", count: 64))\r\n\r\n",
            "0;a=b;chunk-signature=\(String(repeating: "0", count: 64))\r\n\r\n",
            "0;chunk-signature=\(String(repeating: "0", count: 64));a=b\r\n\r\n",
            "0 ;chunk-signature=\(String(repeating: "0", count: 64))\r\n\r\n",
        ])
    func noSignature(_ text: String) throws {
        #expect(refusal { _ = try ChunkedBody().decoded(Array(text.utf8), length: 0) } == .malformedBody)
    }

    @Test("have lines of bounded length")
    func longLines() throws {
        let line = [UInt8](repeating: UInt8(ascii: "0"), count: 100_000)
        var payload = try ChunkedPayload(signer: nil, decodedBytes: 1, trailerNames: nil)
        #expect(refusal { try payload.decode(line.prefix(ChunkHeader.lineBytesMaximum)) { _ in } } == nil)
        #expect(refusal { try payload.decode([0x30]) { _ in } } == .malformedBody)
    }
}
