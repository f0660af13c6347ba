/// What a signature covers of a request, in the terms of AWS Signature Version 4. Path and query are decoded: both
/// sides encode them in the one way that the canonical form prescribes.
package struct SignableRequest: Sendable {
    /// In upper case.
    package var method: String
    /// Decoded, with its leading slash; taken as it is (as S3 does): `//` and `..` are not resolved.
    package var path: String
    /// Decoded, in any order.
    package var query: [(name: String, value: String)]
    /// The headers that are signed, in any order and case; `host` must be among them.
    package var headers: [(name: String, value: String)]
    /// SHA-256 of the body in lower-case hexadecimal, or one of the words that stand for it.
    package var payloadHash: String

    package init(
        method: String, path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)], payloadHash: String
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.payloadHash = payloadHash
    }

    /// Names of the signed headers in lower case, ascending, between semicolons.
    package var signedHeaderNames: String {
        var bytes: [UInt8] = []
        Self.appendNames(canonicalHeaders, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `method \n path \n query \n (name:value \n)… \n names \n payload hash`
    ///
    /// As bytes, which are what is hashed: each request is read so, and strings are slower to put together.
    package var canonicalRequest: [UInt8] {
        let newline = UInt8(ascii: "\n")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        bytes.append(contentsOf: method.utf8)
        bytes.append(newline)
        URIEncoding.append(path, keepsSlash: true, to: &bytes)
        bytes.append(newline)
        appendQuery(to: &bytes)
        bytes.append(newline)
        let headers = canonicalHeaders
        for (name, value) in headers {
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(contentsOf: value)
            bytes.append(newline)
        }
        bytes.append(newline)
        Self.appendNames(headers, to: &bytes)
        bytes.append(newline)
        bytes.append(contentsOf: payloadHash.utf8)
        return bytes
    }

    /// Sorted by the encoded names, then the encoded values, both as bytes.
    private func appendQuery(to bytes: inout [UInt8]) {
        let encoded = query.map { (name: Self.encoded($0.name), value: Self.encoded($0.value)) }.sorted {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
        for (index, parameter) in encoded.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes.append(contentsOf: parameter.name)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: parameter.value)
        }
    }

    /// One entry for each name, in order; values of one name follow each other as they came, between commas.
    private var canonicalHeaders: [(name: String, value: [UInt8])] {
        var entries: [(name: String, value: [UInt8])] = []
        let ordered = headers.enumerated().map { (name: $1.name.lowercased(), place: $0, value: $1.value) }.sorted {
            $0.name == $1.name ? $0.place < $1.place : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        for header in ordered {
            if let last = entries.indices.last, entries[last].name == header.name {
                entries[last].value.append(UInt8(ascii: ","))
            } else {
                entries.append((header.name, []))
            }
            Self.appendTrimmed(header.value, to: &entries[entries.count - 1].value)
        }
        return entries
    }

    private static func appendNames(_ headers: [(name: String, value: [UInt8])], to bytes: inout [UInt8]) {
        for (index, header) in headers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: header.name.utf8)
        }
    }

    /// Without blanks at the ends, and with one space where there were several.
    private static func appendTrimmed(_ value: String, to bytes: inout [UInt8]) {
        let words = value.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        for (index, word) in words.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: word)
        }
    }

    private static func encoded(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        URIEncoding.append(text, to: &bytes)
        return bytes
    }
}
