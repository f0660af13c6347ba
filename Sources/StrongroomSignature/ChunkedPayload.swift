/// Takes a body in chunks apart (`Content-Encoding: aws-chunked`), as its bytes come.
///
///     body     chunk … last-chunk
///     chunk    size in hexadecimal [";chunk-signature=" 64 digits] CRLF bytes CRLF
///     last     a chunk of no bytes, then, where a trailer is announced: (name ":" value CRLF) …
///              ["x-amz-trailer-signature:" 64 digits CRLF] CRLF
///
/// Some clients end an unsigned body that has a trailer with one more CRLF, which is taken.
///
/// Payload is handed out as it comes, and a chunk's signature is checked at its end: nobody may act on the payload
/// before ``finish()`` has returned. A put does not: what it has stored until then is nothing.
package struct ChunkedPayload: ~Copyable {
    private enum State {
        case header
        case bytes(remaining: UInt64)
        /// CRLF behind a chunk's bytes.
        case chunkEnd
        case trailer
        /// Behind a trailer without a signature, where nothing has to come.
        case trailerEnd
        /// CRLF behind the last chunk where no trailer was announced.
        case bodyEnd
        case ended
        /// For good: after a refusal nothing is payload any more.
        case failed(SignatureError)
    }

    private var state = State.header
    /// What has come of a line, or of the end of one.
    private var line: [UInt8] = []
    /// What the present chunk says its signature is.
    private var signature = ""
    private var trailer: ChunkTrailer
    /// Nil for chunks without signatures.
    private var verifier: ChunkVerifier?
    private let isSigned: Bool
    private let decodedBytes: UInt64
    private var announcedBytes: UInt64 = 0
    private let trailerNames: [String]?
    private var trailerFields: [(name: String, value: String)] = []

    /// - Parameters:
    ///   - signer: nil for chunks without signatures.
    ///   - decodedBytes: how long the payload is, as `x-amz-decoded-content-length` says.
    ///   - trailerNames: what `x-amz-trailer` announces, in lower case; nil where the mode has no trailer.
    /// - Throws: `internalFailure`.
    package init(signer: ChunkSigner?, decodedBytes: UInt64, trailerNames: [String]?) throws(SignatureError) {
        verifier = nil
        if let signer { verifier = try ChunkVerifier(signer) }
        isSigned = signer != nil
        trailer = ChunkTrailer(isSigned: signer != nil)
        self.decodedBytes = decodedBytes
        self.trailerNames = trailerNames
    }

    /// Takes the next bytes of the body, and hands out what is payload in them. Nothing is copied. Once it has thrown,
    /// it throws the same again.
    ///
    /// - Throws: `malformedBody`, `incompleteBody` where the payload is not as long as was said, `mismatch`.
    package mutating func decode(
        _ input: ArraySlice<UInt8>, _ give: (ArraySlice<UInt8>) -> Void
    ) throws(SignatureError) {
        if case .failed(let error) = state { throw error }
        var input = input
        do throws(SignatureError) {
            while !input.isEmpty { try step(&input, give) }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// What the trailer has, once the body is whole.
    ///
    /// - Throws: `incompleteBody`; what ``decode(_:_:)`` has thrown.
    package consuming func finish() throws(SignatureError) -> [(name: String, value: String)] {
        switch state {
        case .ended: return trailerFields
        case .trailerEnd where line.isEmpty: return trailerFields
        case .failed(let error): throw error
        default: throw SignatureError(.incompleteBody, "The request body terminated unexpectedly")
        }
    }

    // MARK: -

    /// Takes at least a byte of `input`, which has one.
    private mutating func step(
        _ input: inout ArraySlice<UInt8>, _ give: (ArraySlice<UInt8>) -> Void
    ) throws(SignatureError) {
        switch state {
        case .header: if let header = try readHeader(&input) { try begin(header) }
        case .bytes(let remaining):
            let taken = input.prefix(Int(min(remaining, UInt64(input.count))))
            input = input.dropFirst(taken.count)
            verifier?.update(taken)
            give(taken)
            state = taken.count == remaining ? .chunkEnd : .bytes(remaining: remaining - UInt64(taken.count))
        case .chunkEnd:
            guard try readLineEnd(&input) else { return }
            try verifier?.check(chunk: signature)
            state = .header
        case .trailer: if try trailer.read(&input) { try end() }
        case .bodyEnd, .trailerEnd: if try readLineEnd(&input) { state = .ended }
        case .ended: throw Self.malformed("there are bytes behind its end")
        case .failed(let error): throw error
        }
    }

    /// Nil where the line is not whole yet.
    private mutating func readHeader(_ input: inout ArraySlice<UInt8>) throws(SignatureError) -> ChunkHeader? {
        while let byte = input.popFirst() {
            line.append(byte)
            guard line.count <= ChunkHeader.lineBytesMaximum else {
                throw Self.malformed("the line of a chunk's size is too long")
            }
            guard byte == UInt8(ascii: "\n") else { continue }
            guard line.suffix(2).elementsEqual("\r\n".utf8) else {
                throw Self.malformed("the line of a chunk's size has no proper end")
            }
            defer { line.removeAll(keepingCapacity: true) }
            return try ChunkHeader(line.dropLast(2), isSigned: isSigned)
        }
        return nil
    }

    private mutating func begin(_ header: ChunkHeader) throws(SignatureError) {
        guard header.sizeBytes <= decodedBytes - announcedBytes else { throw Self.wrongLength }
        announcedBytes += header.sizeBytes
        signature = header.signature
        guard header.sizeBytes == 0 else {
            state = .bytes(remaining: header.sizeBytes)
            return
        }
        // The last chunk is signed as any other.
        try verifier?.check(chunk: signature)
        guard announcedBytes == decodedBytes else { throw Self.wrongLength }
        state = trailerNames == nil ? .bodyEnd : .trailer
    }

    /// Whether both bytes have come.
    private mutating func readLineEnd(_ input: inout ArraySlice<UInt8>) throws(SignatureError) -> Bool {
        while line.count < 2, let byte = input.popFirst() { line.append(byte) }
        guard "\r\n".utf8.starts(with: line) else {
            throw Self.malformed("a chunk does not end where its size says")
        }
        guard line.count == 2 else { return false }
        line.removeAll(keepingCapacity: true)
        return true
    }

    private mutating func end() throws(SignatureError) {
        let fields = try trailer.fields(announced: trailerNames ?? [])
        try verifier?.check(trailer: fields, trailer.signature)
        trailerFields = fields
        state = isSigned ? .ended : .trailerEnd
    }

    private static let wrongLength = SignatureError(
        .incompleteBody, "The body is not as long as x-amz-decoded-content-length says.")

    static func malformed(_ reason: String) -> SignatureError {
        SignatureError(.malformedBody, "The chunked body is malformed: \(reason).")
    }
}
