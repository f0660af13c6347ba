/// Headers of S3 that the signer of a URL has put into its query, as SDKs do: they are signed there, and mean the same.
///
/// A parameter is acted on or refused, as a header is (`RefusedHeaders`): who is told of a success relies on all that
/// the URL asks for.
enum PresignedHeaders {
    /// Of the signature itself, which was checked, and what SDKs say of themselves: no header has what they say.
    private static let ofSigner: Set<String> = [
        "x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-expires",
        "x-amz-sdk-checksum-algorithm", "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
        "x-amz-user-agent",
    ]
    /// SDKs take these over no body, as they do not have it when they sign: S3 looks at none of them.
    private static let checksumPrefix = "x-amz-checksum-"

    /// - Throws: `InvalidArgument` where one came both ways, or is a customer's key, which does not belong into a URL.
    /// - Parameter query: keeps what is no signer's.
    static func take(_ query: inout RequestQuery, into headers: inout RequestHeaders) throws(S3Error) {
        var others: [(name: String, value: String)] = []
        for (parameter, value) in query.items {
            let name = parameter.lowercased()
            if ofSigner.contains(name) { continue }
            others.append((parameter, value))
            guard name.hasPrefix("x-amz-"), !name.hasPrefix(checksumPrefix) else { continue }
            guard !name.hasPrefix(CustomerKeyHeaders.prefix), !name.hasPrefix(CustomerKeyHeaders.sourcePrefix) else {
                throw .invalidArgument("Send \(name) as a header: URLs are kept and logged.", name: name)
            }
            guard !headers.contains(name) else {
                throw .invalidArgument("\(name) came both as a header and in the query.", name: name)
            }
            headers.append(name, value)
        }
        query = RequestQuery(others)
    }
}
