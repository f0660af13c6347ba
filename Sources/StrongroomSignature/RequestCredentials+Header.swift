extension RequestCredentials {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; blanks behind the commas may be missing.
    static func read(header: String, _ request: IncomingRequest) throws(SignatureError) -> RequestCredentials {
        let prefix = SigningKey.algorithm + " "
        guard header.hasPrefix(prefix) else {
            if header.hasPrefix("AWS") { throw versionTwo }
            throw SignatureError(.unsupported, "Unsupported Authorization Type")
        }
        var fields: [String: String] = [:]
        for part in header.dropFirst(prefix.count).split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, fields.updateValue(String(pair[1]), forKey: String(pair[0])) == nil else {
                throw malformed("it is no list of Credential, SignedHeaders and Signature")
            }
        }
        guard fields.count == 3, let credential = fields["Credential"], let names = fields["SignedHeaders"],
            let signature = fields["Signature"]
        else {
            throw malformed(
                "the authorization header requires three components: Credential, SignedHeaders, and Signature")
        }
        guard let (accessKeyID, scope) = split(credential: credential) else {
            throw malformed(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"")
        }
        guard let signedHeaders = split(names: names) else { throw malformed("SignedHeaders cannot be read") }
        guard isSignature(signature) else { throw malformed("Signature is no 64 hexadecimal digits") }
        let tokens = request.values("x-amz-security-token")
        guard tokens.count <= 1 else { throw malformed("x-amz-security-token came more than once") }
        return RequestCredentials(
            location: .header, accessKeyID: accessKeyID, scope: scope, time: try time(request),
            signedHeaders: signedHeaders, signature: signature, sessionToken: tokens.first)
    }

    /// `Date` counts where there is no `x-amz-date`. It need not be among the signed headers: the time that it says is
    /// part of what is signed in any case.
    private static func time(_ request: IncomingRequest) throws(SignatureError) -> SigningTime {
        let own = request.values("x-amz-date")
        let dates = own.isEmpty ? request.values("date") : own
        guard dates.count == 1, let time = own.isEmpty ? SigningTime(httpDate: dates[0]) : SigningTime(dates[0]) else {
            throw SignatureError(.unsignedHeader, "AWS authentication requires a valid Date or x-amz-date header")
        }
        return time
    }

    private static func malformed(_ reason: String) -> SignatureError {
        SignatureError(.malformedHeader, "The authorization header is malformed; \(reason).")
    }
}
