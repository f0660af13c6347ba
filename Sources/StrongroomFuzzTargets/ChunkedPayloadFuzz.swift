internal import StrongroomCrypto
internal import StrongroomSignature

/// A client writes the whole of a body in chunks, and whoever stands between may change it. In whatever pieces it
/// comes, the same is read from it; what was signed and then edited is read as it was signed, or refused.
public func fuzzChunkedPayload(_ input: RawSpan) {
    var input = FuzzInput(input)
    let choices = input.byte()
    let isSigned = choices & 1 != 0
    let names = choices & 2 != 0 ? ["x-amz-checksum-crc32c"] : nil
    let pieceSize = 1 + Int(input.byte())
    do throws(SealError) {
        guard choices & 4 != 0 else {
            // Any bytes at all.
            let length = UInt64(input.integer(UInt16.self))
            _ = agreed(input.rest(), length, isSigned, names, pieceSize)
            return
        }
        let edits = Int(input.byte() % 4)
        var body = try WrittenBody(&input, isSigned: isSigned, trailerNames: names)
        let written = body
        for _ in 0..<edits { body.bytes.edit(&input) }
        let read = agreed(body.bytes, UInt64(written.payload.count), isSigned, names, pieceSize)
        if body.bytes == written.bytes {
            guard read?.payload == written.payload, read?.trailer.map(\.value) == (names == nil ? [] : ["yZRlqg=="])
            else { finding("a body is not read as it was written") }
        } else if isSigned, let read {
            guard read.payload == written.payload, read.trailer.map(\.value) == (names == nil ? [] : ["yZRlqg=="])
            else { finding("a signed body was edited and is read") }
        }
    } catch {
        finding("signing failed: \(error)")
    }
}

private struct ReadBody {
    var payload: [UInt8]
    var trailer: [(name: String, value: String)]
}

/// What is read from a body that comes whole, after it has been read in pieces, too.
private func agreed(
    _ body: [UInt8], _ length: UInt64, _ isSigned: Bool, _ names: [String]?, _ pieceSize: Int
) -> ReadBody? {
    let whole = read(body, length, isSigned, names, pieceSize: .max)
    let inPieces = read(body, length, isSigned, names, pieceSize: pieceSize)
    guard whole?.payload == inPieces?.payload, whole?.trailer.map(\.value) == inPieces?.trailer.map(\.value) else {
        finding("a body in pieces is another one")
    }
    guard whole == nil || whole?.payload.count == Int(length) else { finding("a body is not as long as was said") }
    return whole
}

private func read(
    _ body: [UInt8], _ length: UInt64, _ isSigned: Bool, _ names: [String]?, pieceSize: Int
) -> ReadBody? {
    do throws(SignatureError) {
        var decoder = try ChunkedPayload(
            signer: isSigned ? WrittenBody.signer() : nil, decodedBytes: length, trailerNames: names)
        var payload: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieceSize)
            rest = rest.dropFirst(piece.count)
            try decoder.decode(piece) { payload += $0 }
        }
        return ReadBody(payload: payload, trailer: try decoder.finish())
    } catch {
        return nil
    }
}

/// A body as a client writes it.
private struct WrittenBody {
    var bytes: [UInt8] = []
    private(set) var payload: [UInt8] = []

    static func signer() -> ChunkSigner {
        ChunkSigner(FuzzSigner.key, at: FuzzSigner.time, seed: String(repeating: "a", count: 64))
    }

    init(_ input: inout FuzzInput, isSigned: Bool, trailerNames: [String]?) throws(SealError) {
        var signer = Self.signer()
        var chunks = [[UInt8]]()
        for _ in 0..<Int(input.byte() % 4) {
            let chunk = input.bytes(atMost: 1 + Int(input.byte()))
            if !chunk.isEmpty { chunks.append(chunk) }
        }
        for chunk in chunks + [[]] {
            payload += chunk
            bytes += Array(String(chunk.count, radix: 16).utf8)
            if isSigned {
                let signature = try signer.next(chunkHash: try PayloadHash.hexadecimal(chunk))
                bytes += Array(";chunk-signature=\(signature)".utf8)
            }
            bytes += Array("\r\n".utf8) + chunk + (chunk.isEmpty ? [] : Array("\r\n".utf8))
        }
        for name in trailerNames ?? [] {
            bytes += Array("\(name):yZRlqg==\r\n".utf8)
            guard isSigned else { continue }
            let hash = try PayloadHash.hexadecimal(Array("\(name):yZRlqg==\n".utf8))
            bytes += Array("x-amz-trailer-signature:\(try signer.trailer(hash: hash))\r\n".utf8)
        }
        bytes += Array("\r\n".utf8)
    }
}
