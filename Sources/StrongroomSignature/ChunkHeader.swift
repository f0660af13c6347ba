/// What stands before the bytes of a chunk: `size in hexadecimal [";chunk-signature=" 64 digits] CRLF`.
struct ChunkHeader: Equatable {
    /// The longest line, in bytes. A size of 15 digits and a signature have 98.
    static let lineBytesMaximum = 128
    /// The most digits of a size: 2^60 bytes are more than any object has.
    static let digitCountMaximum = 15
    private static let prefix = Array("chunk-signature=".utf8)
    private static let signatureBytes = 64

    let sizeBytes: UInt64
    /// What the chunk says its signature is; empty where chunks have none.
    let signature: String

    /// Reads a line without its end. Nothing else may stand in it: what one reader skips, another one takes for a size.
    ///
    /// - Throws: `malformedBody`.
    init(_ line: ArraySlice<UInt8>, isSigned: Bool) throws(SignatureError) {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard let sizeBytes = Self.size(digits) else { throw ChunkedPayload.malformed("a chunk's size is no number") }
        self.sizeBytes = sizeBytes
        let rest = line.dropFirst(digits.count + 1)
        guard isSigned else {
            guard line.count == digits.count else { throw ChunkedPayload.malformed("a chunk has an extension") }
            signature = ""
            return
        }
        guard rest.starts(with: Self.prefix), rest.count == Self.prefix.count + Self.signatureBytes else {
            throw ChunkedPayload.malformed("a chunk has no signature")
        }
        signature = String(decoding: rest.dropFirst(Self.prefix.count), as: UTF8.self)
    }

    private static func size(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...digitCountMaximum).contains(digits.count) else { return nil }
        var size: UInt64 = 0
        for digit in digits {
            guard let value = URIEncoding.digit(digit) else { return nil }
            size = size << 4 | UInt64(value)
        }
        return size
    }
}
