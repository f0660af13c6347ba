import StrongroomCrypto
import Testing

@testable import StrongroomSignature

/// Attacks 28 and 29.
@Suite("Trailers of bodies in chunks")
struct ChunkTrailerTests {
    private static let name = "x-amz-checksum-crc32"

    /// An empty body without signatures, with these lines behind it.
    private func read(_ lines: [String], announced: [String] = [name], end: String = "\r\n") -> SignatureError.Code? {
        refusal {
            var payload = try ChunkedPayload(signer: nil, decodedBytes: 0, trailerNames: announced)
            let text = "0\r\n" + lines.map { $0 + end }.joined() + "\r\n"
            try payload.decode(Array(text.utf8)[...]) { _ in }
            #expect(try payload.finish().map { "\($0.name):\($0.value)" } == lines.map { $0.lowercased() })
        }
    }

    @Test("are those that were announced, each once")
    func announced() {
        #expect(read(["\(Self.name):aaaaaa=="]) == nil)
        #expect(read(["X-Amz-Checksum-CRC32:aaaaaa=="]) == nil)
        #expect(read([], announced: []) == nil)
        #expect(read(["b:2", "a:1"], announced: ["a", "b"]) == nil)
        let refused = [
            [], ["\(Self.name):A", "\(Self.name):A"], ["other:A"], ["\(Self.name):A", "other:B"], ["\(Self.name)"],
            [":A"],
            ["\(Self.name) :A"], [" \(Self.name):A"], ["\(Self.name):A\u{0}"], ["\(Self.name):A\rB"], ["\u{212A}:A"],
            ["x-amz-trailer-signature:0"], ["\(Self.name):A", "x-amz-trailer-signature:0"],
        ]
        for lines in refused { #expect(read(lines) == .malformedBody, "\(lines)") }
        #expect(read(["a:1", "a:2"], announced: ["a", "a"]) == .malformedBody)
    }

    @Test("are bounded in length and number")
    func bounds() {
        let names = (0..<17).map { "h\($0)" }
        #expect(read(names.prefix(16).map { $0 + ":1" }, announced: Array(names.prefix(16))) == nil)
        #expect(read(names.map { $0 + ":1" }, announced: names) == .malformedBody)
        let long = String(repeating: "a", count: ChunkTrailer.bytesMaximum - 6)
        #expect(read(["a:" + long], announced: ["a"]) == nil)
        #expect(read(["a:a" + long], announced: ["a"]) == .malformedBody)
    }

    @Test("may have lines that end in a line feed alone, and an empty line before the signature")
    func lineFeeds() throws {
        #expect(read(["\(Self.name):aaaaaa=="], end: "\n") == nil)
        var body = ChunkedBody(trailer: [(Self.name, "AAAAAA==")])
        body.trailerLineEnd = "\n"
        #expect(try body.decoded(try body.bytes([[1]]), length: 1) == [1])
        body.trailerLineEnd = "\n\r\n"
        let pieces = try body.pieces([[1]])
        #expect(try body.decoded(pieces.dropLast().flatMap { $0 }, length: 1) == [1])
    }

    @Test("may have one empty line more behind them where nothing is signed")
    func surplus() throws {
        func refusal(_ end: String, pieces: Int = 1) -> SignatureError.Code? {
            StrongroomSignatureTests.refusal {
                var payload = try ChunkedPayload(signer: nil, decodedBytes: 0, trailerNames: [Self.name])
                let bytes = Array("0\r\n\(Self.name):A\r\n\r\n\(end)".utf8)
                for start in stride(from: 0, to: bytes.count, by: pieces) {
                    try payload.decode(bytes[start..<min(start + pieces, bytes.count)]) { _ in }
                }
                _ = try payload.finish()
            }
        }
        for pieces in [1, 2, 100] {
            #expect(refusal("", pieces: pieces) == nil && refusal("\r\n", pieces: pieces) == nil)
            #expect(refusal("\r", pieces: pieces) == .incompleteBody)
            for end in ["\n", "a", "\r\n\r\n", "\r\na"] { #expect(refusal(end, pieces: pieces) == .malformedBody) }
        }
    }

    @Test("of signed bodies are signed, once and at their end")
    func signatures() throws {
        let body = ChunkedBody(trailer: [(Self.name, "AAAAAA==")])
        let pieces = try body.pieces([[1]])
        func code(_ pieces: [[UInt8]]) -> SignatureError.Code? {
            refusal { _ = try body.decoded(pieces.flatMap { $0 }, length: 1) }
        }
        #expect(code(pieces) == nil)
        let (field, signature) = (pieces[2], pieces[3])
        #expect(code(Array(pieces[..<2]) + [field, pieces[4]]) == .incompleteBody)
        #expect(code(Array(pieces[..<2]) + [signature, field, pieces[4]]) == .malformedBody)
        #expect(code(Array(pieces[..<2]) + [field, signature, signature, pieces[4]]) == .malformedBody)
        let other = Array(String(decoding: field, as: UTF8.self).replacing("AAAAAA", with: "AAAAAB").utf8)
        #expect(code(Array(pieces[..<2]) + [other, signature, pieces[4]]) == .mismatch)
        let none = Array("x-amz-trailer-signature:\r\n".utf8)
        #expect(code(Array(pieces[..<2]) + [field, none, pieces[4]]) == .malformedBody)
    }
}
