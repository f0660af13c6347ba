/// What a request says of its signature: in the header `Authorization`, or in its query (a presigned URL). Nothing of
/// it has been checked.
package struct RequestCredentials: Sendable, Equatable {
    package enum Location: Sendable, Equatable {
        case header
        /// With the seconds for which the URL is good.
        case query(expiresSeconds: Int)
    }

    package let location: Location
    package let accessKeyID: String
    package let scope: CredentialScope
    package let time: SigningTime
    /// Names of the headers that are signed, in lower case and in order.
    package let signedHeaders: [String]
    /// 64 hexadecimal digits in lower case.
    package let signature: String
    /// Of temporary credentials; covered by the signature as any other header or parameter.
    package let sessionToken: String?

    package var isPresigned: Bool { location != .header }

    /// The longest time that a presigned URL is good for, in seconds: seven days.
    package static let expiresSecondsMaximum = 604_800

    /// Reads the credentials; nil where the request has none. A request that has some of them, but not all, is no
    /// anonymous one: it is refused.
    ///
    /// - Throws: `malformedHeader`, `malformedQuery`, `ambiguous`, `unsupported`, `unsignedHeader` where no header says
    ///   when it was signed.
    package static func read(_ request: IncomingRequest) throws(SignatureError) -> RequestCredentials? {
        let header = request.values("authorization")
        let inQuery = request.query.contains { isParameter($0.name) }
        if request.query.contains(where: { $0.name == "AWSAccessKeyId" || $0.name == "Signature" }) {
            throw versionTwo
        }
        switch (header.first, inQuery) {
        case (nil, false): return nil
        case (.some, true):
            throw SignatureError(
                .ambiguous,
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                    + "parameter or the Authorization header should be specified")
        case (let value?, false):
            guard header.count == 1 else {
                throw SignatureError(.ambiguous, "The header Authorization came more than once.")
            }
            return try read(header: value, request)
        case (nil, true): return try read(query: request)
        }
    }

    static let versionTwo = SignatureError(
        .unsupported,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")

    // MARK: - Parts

    static func split(credential: String) -> (accessKeyID: String, scope: CredentialScope)? {
        let parts = parts(of: credential, at: "/")
        guard parts.count == 5, parts[4] == CredentialScope.terminator, !parts[0].isEmpty, parts[1].utf8.count == 8,
            parts[0].utf8.count <= 128, parts[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return (parts[0], CredentialScope(date: parts[1], region: parts[2], service: parts[3]))
    }

    /// In ascending order, each once: as it is signed, so that there is one way to write it.
    static func split(names: String) -> [String]? {
        let names = parts(of: names, at: ";")
        let isOrdered = zip(names, names.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard isOrdered, names.allSatisfy({ !$0.isEmpty && $0 == $0.lowercased() }) else { return nil }
        return names
    }

    /// Empty ones, too.
    private static func parts(of text: String, at separator: Unicode.Scalar) -> [String] {
        text.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
    }

    static func isSignature(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
