internal import StrongroomCrypto
internal import StrongroomSystem

/// Edits a sealed stream as the input says. Only the stream as it was sealed may open, only to what was
/// sealed, and a reader of pieces must come to the same end as one that has it whole.
public func fuzzSealedStream(_ input: RawSpan) {
    var input = FuzzInput(input)
    let suite: SealedStreamSuite = input.byte().isMultiple(of: 2) ? .aes256GCM : .chaCha20Poly1305
    let context = input.bytes(atMost: Int(input.byte() & 3))
    let edits = (0..<Int(input.byte() & 3)).map { _ in StreamEdit(&input) }
    let pieceSize = 1 + input.index(below: 40_000)
    let size = input.byte() < 128 ? 0 : input.index(below: 40_000)
    let plaintext = plaintext(of: size, beginning: input.rest())

    do throws(SealError) {
        let key = try fuzzKey()
        let sealed = try SealedStream.seal(
            plaintext, suite, key: key.bytes, context: context, random: CountingRandom())
        var edited = sealed
        for edit in edits { edit.apply(to: &edited, chunkSize: SealedStreamGeometry(suite).sealedChunkSizeBytes) }

        let whole = opened(edited, suite, key, context)
        if edited == sealed {
            guard whole == plaintext else { finding("a stream does not open to what was sealed") }
        } else if whole != nil {
            finding("an edited stream opened")
        }
        guard readInPieces(edited, suite, key, context, pieceSize) == whole else {
            finding("a reader of pieces and one of the whole disagree")
        }
    } catch {
        finding("sealing failed: \(error)")
    }
}

/// A short input makes a long plaintext where it asks for one, so that several chunks are in play.
private func plaintext(of size: Int, beginning: [UInt8]) -> [UInt8] {
    var text = beginning
    while text.count < size { text += text.isEmpty ? [0] : text.prefix(size - text.count) }
    return text
}

private func opened(
    _ sealed: [UInt8], _ suite: SealedStreamSuite, _ key: SharedSecret, _ context: [UInt8]
) -> [UInt8]? {
    try? SealedStream.open(sealed, suite, key: key.bytes, context: context)
}

private func readInPieces(
    _ sealed: [UInt8], _ suite: SealedStreamSuite, _ key: SharedSecret, _ context: [UInt8], _ pieceSize: Int
) -> [UInt8]? {
    // Safe: a UInt8 is raw bytes.
    let bytes = unsafe sealed.span.bytes
    let headerSize = SealedStreamGeometry.headerSizeBytes
    guard bytes.byteCount >= headerSize else { return nil }
    var output: [UInt8] = []
    do throws(SealError) {
        var reader = StreamReader(
            try StreamOpener(suite, key: key.bytes, context: context, header: bytes.extracting(0..<headerSize)))
        var offset = headerSize
        while offset < bytes.byteCount {
            let end = min(bytes.byteCount, offset + pieceSize)
            try reader.append(bytes.extracting(offset..<end), to: &output)
            offset = end
        }
        try reader.finish(to: &output)
        return output
    } catch {
        return nil
    }
}

private func fuzzKey() throws(SealError) -> SharedSecret {
    SharedSecret(
        try SecretBytes(count: 32) { (span: inout MutableRawSpan) throws(SealError) in
            for index in 0..<32 { span.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
        })
}

/// The same salt every time, so that an input always means the same stream.
private struct CountingRandom: RandomSource {
    func fill(_ span: inout MutableRawSpan) {
        for index in 0..<span.byteCount {
            span.storeBytes(of: UInt8(truncatingIfNeeded: index &* 7 &+ 3), toByteOffset: index, as: UInt8.self)
        }
    }
}
