/// The headers behind a body in chunks, line by line.
struct ChunkTrailer {
    /// The longest trailer, in bytes.
    static let bytesMaximum = 8 << 10
    /// The most headers, the signature not among them.
    static let fieldCountMaximum = 16
    private static let signatureName = "x-amz-trailer-signature"

    private let isSigned: Bool
    private var line: [UInt8] = []
    private var byteCount = 0
    private var fields: [(name: String, value: String)] = []
    /// What the trailer says its signature is; empty where it says nothing.
    private(set) var signature = ""

    init(isSigned: Bool) { self.isSigned = isSigned }

    /// Takes bytes until the empty line that ends the trailer; whether it has come.
    ///
    /// Some clients end the lines of a trailer with a line feed alone, as Amazon's documentation does, and some put an
    /// empty line before the signature. There is nothing to gain from such a line: a trailer has to be the one
    /// announced, and nothing may follow it.
    ///
    /// - Throws: `malformedBody`.
    mutating func read(_ input: inout ArraySlice<UInt8>) throws(SignatureError) -> Bool {
        while let byte = input.popFirst() {
            byteCount += 1
            guard byteCount <= Self.bytesMaximum else { throw ChunkedPayload.malformed("its trailer is too long") }
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if !line.isEmpty {
                try take(line[...])
                line.removeAll(keepingCapacity: true)
            } else if !isSigned || !signature.isEmpty {
                return true
            }
        }
        return false
    }

    /// The headers, which must be those that were announced, each once.
    ///
    /// - Throws: `malformedBody`.
    func fields(announced names: [String]) throws(SignatureError) -> [(name: String, value: String)] {
        guard fields.count == names.count, Set(fields.map(\.name)) == Set(names), Set(names).count == names.count else {
            throw ChunkedPayload.malformed("its trailer is not the one that x-amz-trailer announces")
        }
        return fields
    }

    private mutating func take(_ line: ArraySlice<UInt8>) throws(SignatureError) {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        let value = Self.trimmed(line.dropFirst(name.count + 1))
        guard name.count < line.count, !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }),
            value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }),
            let text = String(validating: value, as: UTF8.self)
        else { throw ChunkedPayload.malformed("a line of its trailer is no header") }
        try add(String(decoding: name, as: UTF8.self).lowercased(), text)
    }

    private mutating func add(_ name: String, _ value: String) throws(SignatureError) {
        guard signature.isEmpty else { throw ChunkedPayload.malformed("there is a header behind its signature") }
        guard name == Self.signatureName else {
            guard fields.count < Self.fieldCountMaximum else {
                throw ChunkedPayload.malformed("its trailer has too many headers")
            }
            fields.append((name, value))
            return
        }
        guard isSigned, !value.isEmpty else { throw ChunkedPayload.malformed("its trailer has a signature of no use") }
        signature = value
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = value.drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        return value
    }
}
