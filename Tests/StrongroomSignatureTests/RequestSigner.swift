import StrongroomCrypto

@testable import StrongroomSignature

/// Signs requests of S3 as a client does.
struct RequestSigner {
    static let accessKeyID = "AKIAIOSFODNN7EXAMPLE"

    var time = SigningTime(wallMilliseconds: 1_369_353_600_000)
    var region = "us-east-1"

    /// The key of Amazon's examples.
    func key() throws -> SigningKey {
        let secret = Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)
        // Safe: a UInt8 is raw bytes.
        return try SigningKey(
            secretAccessKey: try SecretBytes(copying: unsafe secret.span.bytes),
            scope: CredentialScope(date: time.date, region: region, service: "s3"))
    }

    /// The request with the header `Authorization`, all of its headers being signed.
    func signed(
        _ method: String, _ path: String, query: String = "", _ headers: [(name: String, value: String)],
        hash: String
    ) throws -> IncomingRequest {
        let all = headers + [("x-amz-date", time.text), ("x-amz-content-sha256", hash)]
        let plain = try IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: all)
        let signable = SignableRequest(
            method: method, path: plain.path, query: plain.query, headers: plain.headers, payloadHash: hash)
        let value = try key().authorization(of: signable, at: time, accessKeyID: Self.accessKeyID)
        return try IncomingRequest(
            method: method, rawPath: path, rawQuery: query, headers: all + [("Authorization", value)])
    }

    /// The query of a presigned URL. All headers are signed, the payload is not.
    func presignedQuery(
        _ method: String, _ path: String, query: String = "", _ headers: [(name: String, value: String)],
        expiresSeconds: Int = 3_600
    ) throws -> String {
        let names = Set(headers.map { $0.name.lowercased() }).sorted().joined(separator: "%3B")
        let scope = "\(time.date)%2F\(region)%2Fs3%2Faws4_request"
        let unsigned =
            query + (query.isEmpty ? "" : "&")
            + "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\(Self.accessKeyID)%2F\(scope)"
            + "&X-Amz-Date=\(time.text)&X-Amz-Expires=\(expiresSeconds)&X-Amz-SignedHeaders=\(names)"
        let plain = try IncomingRequest(method: method, rawPath: path, rawQuery: unsigned, headers: headers)
        let signable = SignableRequest(
            method: method, path: plain.path, query: plain.query, headers: plain.headers,
            payloadHash: "UNSIGNED-PAYLOAD")
        return "\(unsigned)&X-Amz-Signature=\(try key().signature(of: signable, at: time))"
    }

    /// Checks a request as a server does, at the time of the signer plus so many milliseconds.
    func check(_ request: IncomingRequest, afterMilliseconds: Int64 = 0) throws -> RequestCredentials? {
        guard let credentials = try RequestCredentials.read(request) else { return nil }
        let check = SignatureCheck(region: region, service: "s3")
        try check.checkTerms(credentials, request, nowMilliseconds: time.wallMilliseconds + afterMilliseconds)
        let mode = try PayloadMode.read(request, isPresigned: credentials.isPresigned)
        try check.checkSignature(credentials, request, payloadHash: mode.canonicalText, try key())
        return credentials
    }
}
