internal import StrongroomCrypto

/// Checks a request against what its credentials say, as S3 does (Amazon S3 API Reference, "Authenticating Requests").
package struct SignatureCheck: Sendable {
    /// How far the clocks of client and server may be apart, in milliseconds: 15 minutes.
    package static let skewMilliseconds: Int64 = 15 * 60 * 1_000

    /// The region and the service that the scope must name.
    package let region: String
    package let service: String

    package init(region: String, service: String) { (self.region, self.service) = (region, service) }

    /// What can be said without a key: scope, time, and which headers are signed.
    ///
    /// - Parameter nowMilliseconds: since 1970-01-01T00:00:00Z.
    /// - Throws: `malformedHeader`, `malformedQuery`, `skewed`, `expired`, `unsignedHeader`.
    package func checkTerms(
        _ credentials: RequestCredentials, _ request: IncomingRequest, nowMilliseconds: Int64
    ) throws(SignatureError) {
        let malformed: SignatureError.Code = credentials.isPresigned ? .malformedQuery : .malformedHeader
        try checkScope(credentials.scope, credentials.time, malformed)
        try checkTime(credentials, nowMilliseconds)
        try checkHeaders(credentials, request)
    }

    /// - Parameter malformed: `malformedHeader` or `malformedQuery`, after where the scope was read.
    /// - Throws: `malformed`.
    package func checkScope(
        _ scope: CredentialScope, _ time: SigningTime, _ malformed: SignatureError.Code
    ) throws(SignatureError) {
        let subject =
            malformed == .malformedHeader
            ? "The authorization header is malformed" : "Error parsing the X-Amz-Credential parameter"
        guard scope.region == region else {
            throw SignatureError(
                malformed, "\(subject); the region '\(scope.region.prefix(64))' is wrong; expecting '\(region)'")
        }
        guard scope.service == service else {
            throw SignatureError(
                malformed,
                "\(subject); incorrect service \"\(scope.service.prefix(64))\". This endpoint belongs to "
                    + "\"\(service)\".")
        }
        guard scope.date == time.date else {
            throw SignatureError(
                malformed,
                "\(subject); Invalid credential date \"\(scope.date)\". This date is not the same as X-Amz-Date: "
                    + "\"\(time.date)\".")
        }
    }

    private func checkTime(_ credentials: RequestCredentials, _ now: Int64) throws(SignatureError) {
        let signed = credentials.time.wallMilliseconds
        let skewed = SignatureError(
            .skewed, "The difference between the request time and the current time is too large.")
        switch credentials.location {
        case .header:
            guard abs(now - signed) <= Self.skewMilliseconds else { throw skewed }
        case .query(let expiresSeconds):
            guard signed - now <= Self.skewMilliseconds else {
                throw SignatureError(.expired, "Request is not yet valid")
            }
            guard now - signed <= Int64(expiresSeconds) * 1_000 else {
                throw SignatureError(.expired, "Request has expired")
            }
        }
    }

    /// A form is good for as long as its policy says, and for seven days at most: signing keys last no longer (Amazon
    /// S3 API Reference, "Authenticating requests: browser-based uploads using POST").
    ///
    /// - Throws: `expired`.
    package func checkTime(ofForm time: SigningTime, nowMilliseconds: Int64) throws(SignatureError) {
        let longestMilliseconds = Int64(RequestCredentials.expiresSecondsMaximum) * 1_000
        guard time.wallMilliseconds - nowMilliseconds <= Self.skewMilliseconds else {
            throw SignatureError(.expired, "Request is not yet valid")
        }
        guard nowMilliseconds - time.wallMilliseconds <= longestMilliseconds else {
            throw SignatureError(.expired, "Request has expired")
        }
    }

    /// What a server acts on must be what was signed: the host, the body's MD5, all headers of S3.
    private func checkHeaders(_ credentials: RequestCredentials, _ request: IncomingRequest) throws(SignatureError) {
        let signed = Set(credentials.signedHeaders)
        let present = Set(request.headers.lazy.map(\.name))
        var unsigned = present.filter {
            Self.mustBeSigned($0, isPresigned: credentials.isPresigned) && !signed.contains($0)
        }
        if !signed.contains("host") { unsigned.insert("host") }
        guard unsigned.isEmpty else {
            throw SignatureError(
                .unsignedHeader,
                "There were headers present in the request which were not signed: "
                    + unsigned.sorted().joined(separator: ", ").prefix(512))
        }
        guard let missing = signed.subtracting(present).min() else { return }
        throw SignatureError(.mismatch, "The signed header '\(missing.prefix(128))' did not come with the request.")
    }

    /// The hash of a presigned request's payload may come in an unsigned header: the canonical request ends with it in
    /// any case, so that another one is another signature.
    private static func mustBeSigned(_ name: String, isPresigned: Bool) -> Bool {
        if isPresigned, name == PayloadMode.headerName { return false }
        return name.hasPrefix("x-amz-") || name == "content-md5"
    }

    /// Compares the signature with the one that `key` makes, in constant time.
    ///
    /// - Parameters:
    ///   - key: in the scope of the credentials.
    ///   - payloadHash: as it stands in the canonical request.
    /// - Throws: `mismatch`.
    package func checkSignature(
        _ credentials: RequestCredentials, _ request: IncomingRequest, payloadHash: String, _ key: SigningKey
    ) throws(SignatureError) {
        let signed = Set(credentials.signedHeaders)
        let signable = SignableRequest(
            method: request.method, path: request.path,
            query: request.query.filter {
                !credentials.isPresigned || $0.name.lowercased() != RequestCredentials.signatureName
            },
            headers: request.headers.filter { signed.contains($0.name) }, payloadHash: payloadHash)
        let expected: String
        do throws(SealError) {
            expected = try key.signature(of: signable, at: credentials.time)
        } catch {
            throw SignatureError(.internalFailure, "The signature could not be checked.", underlying: error)
        }
        guard SignatureText.areEqual(expected, credentials.signature) else {
            throw Self.mismatch
        }
    }

    package static let mismatch = SignatureError(
        .mismatch,
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
            + "method.")
}
