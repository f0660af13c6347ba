import StrongroomCrypto

@testable import StrongroomSignature

/// Writes bodies in chunks as clients do.
struct ChunkedBody {
    /// The signature of the request in Amazon's example.
    static let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

    var signer = RequestSigner()
    var seed = Self.seed
    var isSigned = true
    /// Nil for a body without.
    var trailer: [(name: String, value: String)]?
    /// Behind each line of the trailer.
    var trailerLineEnd = "\r\n"

    func chunkSigner() throws -> ChunkSigner { ChunkSigner(try signer.key(), at: signer.time, seed: seed) }

    /// The chunks, the empty one that ends them among them, and what comes behind: one element each.
    func pieces(_ chunks: [[UInt8]]) throws -> [[UInt8]] {
        var signer = try chunkSigner()
        var pieces: [[UInt8]] = []
        for chunk in chunks + [[]] {
            var line = String(chunk.count, radix: 16)
            if isSigned {
                line += ";chunk-signature=\(try signer.next(chunkHash: try PayloadHash.hexadecimal(chunk)))"
            }
            pieces.append(Array("\(line)\r\n".utf8) + chunk + (chunk.isEmpty ? [] : Array("\r\n".utf8)))
        }
        for (name, value) in trailer ?? [] { pieces.append(Array("\(name):\(value)\(trailerLineEnd)".utf8)) }
        if isSigned, let trailer {
            let lines = trailer.map { "\($0.name):\($0.value)\n" }.joined()
            let signature = try signer.trailer(hash: try PayloadHash.hexadecimal(Array(lines.utf8)))
            pieces.append(Array("x-amz-trailer-signature:\(signature)\(trailerLineEnd)".utf8))
        }
        return pieces + [Array("\r\n".utf8)]
    }

    func bytes(_ chunks: [[UInt8]]) throws -> [UInt8] { try pieces(chunks).flatMap { $0 } }

    /// What a server makes of a body, given in pieces of the sizes that `cut` draws.
    func decoded(
        _ body: [UInt8], length: Int, announced: [String]? = nil, cut: () -> Int = { .max }
    ) throws -> [UInt8] {
        var payload = try ChunkedPayload(
            signer: isSigned ? try chunkSigner() : nil, decodedBytes: UInt64(length),
            trailerNames: announced ?? trailer?.map { $0.name })
        var bytes: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(max(cut(), 1))
            rest = rest.dropFirst(piece.count)
            try payload.decode(piece) { bytes += $0 }
        }
        let fields = try payload.finish()
        guard fields.map(\.name) == trailer?.map(\.name) ?? [] else { throw UnexpectedTrailer() }
        return bytes
    }

    struct UnexpectedTrailer: Error {}
}
