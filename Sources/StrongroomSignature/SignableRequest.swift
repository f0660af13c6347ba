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
    package var signedHeaderNames: String { canonicalHeaders.map(\.name).joined(separator: ";") }

    /// `method \n path \n query \n (name:value \n)… \n names \n payload hash`
    package var canonicalText: String {
        let headers = canonicalHeaders
        return [
            method, URIEncoding.encode(path, keepsSlash: true), canonicalQuery,
            headers.map { "\($0.name):\($0.value)\n" }.joined(), headers.map(\.name).joined(separator: ";"),
            payloadHash,
        ].joined(separator: "\n")
    }

    /// Sorted by the encoded names, then the encoded values, both as bytes.
    private var canonicalQuery: String {
        query.map { (URIEncoding.encode($0.name), URIEncoding.encode($0.value)) }
            .sorted { $0.0 == $1.0 ? Self.precedes($0.1, $1.1) : Self.precedes($0.0, $1.0) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// One entry for each name, in order; values of one name follow each other as they came, between commas.
    private var canonicalHeaders: [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers { values[name.lowercased(), default: []].append(Self.trimmed(value)) }
        return values.map { (name: $0.key, value: $0.value.joined(separator: ",")) }
            .sorted { Self.precedes($0.name, $1.name) }
    }

    /// Without spaces at the ends, and with one where there were several.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
