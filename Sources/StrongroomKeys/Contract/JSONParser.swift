/// Reads one JSON value from bytes of which nothing is trusted.
struct JSONParser {
    static let depthMax = 32

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(KeyBackendError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw malformed("something follows the value") }
        return value
    }

    static func malformed(_ what: String, at offset: Int) -> KeyBackendError {
        KeyBackendError(
            .invalidRequest, "The control request is not JSON as it should be: \(what) (at byte \(offset)).")
    }

    private func malformed(_ what: String) -> KeyBackendError { Self.malformed(what, at: offset) }

    private mutating func value(depth: Int) throws(KeyBackendError) -> JSONValue {
        guard depth < Self.depthMax else { throw malformed("it is nested more than \(Self.depthMax) deep") }
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(KeyBackendError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        offset += 1
        if take("}") { return members }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw malformed("a member has no name") }
            let name = try string()
            guard take(":") else { throw malformed("a colon is missing") }
            guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                throw malformed("the member '\(name)' comes twice")
            }
            if take("}") { return members }
            guard take(",") else { throw malformed("a comma is missing") }
        }
    }

    private mutating func array(depth: Int) throws(KeyBackendError) -> [JSONValue] {
        var values: [JSONValue] = []
        offset += 1
        if take("]") { return values }
        while true {
            values.append(try value(depth: depth + 1))
            if take("]") { return values }
            guard take(",") else { throw malformed("a comma is missing") }
        }
    }

    private mutating func string() throws(KeyBackendError) -> String {
        offset += 1
        var content: [UInt8] = []
        while let byte = peek() {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw malformed("a string is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
            case 0..<0x20: throw malformed("a string has a control character")
            default: content.append(byte)
            }
        }
        throw malformed("a string has no end")
    }

    private mutating func escape() throws(KeyBackendError) -> Unicode.Scalar {
        guard let byte = peek() else { throw malformed("a string has no end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed("a string has an unknown escape")
        }
    }

    /// One scalar; two escapes where it lies beyond the first plane. A lone surrogate is refused.
    private mutating func unicodeEscape() throws(KeyBackendError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard first < 0xDC00, bytes[offset...].starts(with: "\\u".utf8) else { throw malformed("a lone surrogate") }
        offset += 2
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw malformed("a lone surrogate") }
        return scalar
    }

    private mutating func codeUnit() throws(KeyBackendError) -> UInt16 {
        guard bytes.count - offset >= 4,
            let pair = Hexadecimal.decode(String(decoding: bytes[offset..<offset + 4], as: UTF8.self)), pair.count == 2
        else { throw malformed("an escape has no four hexadecimal digits") }
        offset += 4
        return UInt16(pair[0]) << 8 | UInt16(pair[1])
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number() throws(KeyBackendError) -> String {
        let start = offset
        if peek() == UInt8(ascii: "-") { offset += 1 }
        if peek() == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if peek() == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            offset += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(KeyBackendError) {
        let start = offset
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        if offset == start { throw malformed("there is no value") }
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(KeyBackendError) -> JSONValue {
        guard bytes[offset...].starts(with: text.utf8) else { throw malformed("there is no value") }
        offset += text.utf8.count
        return value
    }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek() == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }
}
