extension RequestCredentials {
    /// Names in lower case: S3 takes them in any. `X-Amz-Content-Sha256` and the like are no credentials.
    private static let parameterNames: Set<String> = [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-security-token", signatureName,
        "x-amz-signedheaders",
    ]

    /// The one parameter that the signature of a presigned URL does not cover.
    static let signatureName = "x-amz-signature"

    static func isParameter(_ name: String) -> Bool { parameterNames.contains(name.lowercased()) }

    static func read(query request: IncomingRequest) throws(SignatureError) -> RequestCredentials {
        func parameter(_ name: String) throws(SignatureError) -> String {
            let values = request.parameters(name)
            guard values.count == 1 else {
                throw malformed(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                        + "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters, each once.")
            }
            return values[0]
        }
        guard try parameter("x-amz-algorithm") == SigningKey.algorithm else {
            throw malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
        }
        guard let (accessKeyID, scope) = split(credential: try parameter("x-amz-credential")) else {
            throw malformed(
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                    + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        }
        guard let time = SigningTime(try parameter("x-amz-date")) else {
            throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard let signedHeaders = split(names: try parameter("x-amz-signedheaders")) else {
            throw malformed("Error parsing the X-Amz-SignedHeaders parameter")
        }
        let signature = try parameter(signatureName)
        guard isSignature(signature) else { throw malformed("X-Amz-Signature is no 64 hexadecimal digits") }
        // A client may also send the token of a presigned URL in the header, which then has to be signed.
        let tokens = request.parameters("x-amz-security-token") + request.values("x-amz-security-token")
        guard tokens.count <= 1 else { throw malformed("X-Amz-Security-Token came more than once") }
        return RequestCredentials(
            location: .query(expiresSeconds: try seconds(try parameter("x-amz-expires"))), accessKeyID: accessKeyID,
            scope: scope, time: time, signedHeaders: signedHeaders, signature: signature, sessionToken: tokens.first)
    }

    private static func seconds(_ text: String) throws(SignatureError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw malformed(
                text.hasPrefix("-") ? "X-Amz-Expires must be non-negative" : "X-Amz-Expires should be a number")
        }
        guard let seconds = Int(text), seconds <= expiresSecondsMaximum else {
            throw malformed(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
                    + "than \(expiresSecondsMaximum) seconds")
        }
        guard seconds > 0 else { throw malformed("X-Amz-Expires must be a positive number") }
        return seconds
    }

    private static func malformed(_ message: String) -> SignatureError { SignatureError(.malformedQuery, message) }
}
