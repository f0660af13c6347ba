/// A request as it was received, its path and its query decoded once.
package struct IncomingRequest: Sendable {
    package let method: String
    /// Decoded, with its leading slash. `//` and `..` are as they came.
    package let path: String
    /// Decoded, in order. A plus is a space, and a parameter without `=` has an empty value.
    package let query: [(name: String, value: String)]
    /// Names in lower case, in the order in which they came.
    package let headers: [(name: String, value: String)]
    /// Names of ``query`` in lower case, in its order.
    private let parameterNames: [String]

    /// - Parameters:
    ///   - rawPath: percent-encoded, with its leading slash.
    ///   - rawQuery: percent-encoded, without its question mark.
    /// - Throws: `invalidURI` where an escape is broken, what it stands for is no UTF-8, or a character ought to have
    ///   been encoded: two readers of such text may see two keys.
    package init(
        method: String, rawPath: String, rawQuery: String, headers: [(name: String, value: String)]
    ) throws(SignatureError) {
        self.method = method
        self.headers = headers.map { (name: $0.name.lowercased(), value: $0.value) }
        guard rawPath.utf8.first == UInt8(ascii: "/") else { throw Self.invalidURI }
        path = try Self.decoded(Substring(rawPath), plusIsSpace: false)
        query = try Self.parameters(rawQuery)
        parameterNames = query.map { $0.name.lowercased() }
    }

    /// The parameters of a query, or of a form that is written as one, decoded and in order.
    ///
    /// - Throws: `invalidURI`.
    package static func parameters(_ rawQuery: String) throws(SignatureError) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        // By bytes: to split by characters took a twentieth of a small request.
        for item in rawQuery.utf8.split(separator: UInt8(ascii: "&")) {
            let mark = item.firstIndex(of: UInt8(ascii: "="))
            let name = Substring(item[..<(mark ?? item.endIndex)])
            let value = mark.map { Substring(item[$0...].dropFirst()) } ?? ""
            parameters.append((try decoded(name, plusIsSpace: true), try decoded(value, plusIsSpace: true)))
        }
        return parameters
    }

    /// All values of a header.
    package func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    /// All values of a parameter, whose name counts in any case.
    ///
    /// - Parameter name: in lower case.
    func parameters(_ name: String) -> [String] {
        zip(parameterNames, query).filter { $0.0 == name }.map(\.1.value)
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool) throws(SignatureError) -> String {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let text = URIEncoding.decode(text, plusIsSpace: plusIsSpace)
        else { throw invalidURI }
        return text
    }

    private static let invalidURI = SignatureError(.invalidURI, "Couldn't parse the specified URI.")
}
