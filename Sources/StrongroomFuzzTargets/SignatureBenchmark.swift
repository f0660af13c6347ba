internal import StrongroomCrypto
internal import StrongroomSignature

/// What no server of S3 can do without for a request: whether its signature is right. For `Benchmarks/` only, which
/// sees no package's insides.
public struct _SignatureBenchmark: Sendable {
    private let key: SigningKey
    private let check: SignatureCheck
    private let wallMilliseconds: Int64

    /// - Parameters:
    ///   - secretAccessKey: the benchmark's own.
    ///   - wallMilliseconds: since 1970; requests are signed on that day.
    public init(secretAccessKey: String, region: String, wallMilliseconds: Int64) {
        let time = SigningTime(wallMilliseconds: wallMilliseconds)
        let scope = CredentialScope(date: time.date, region: region, service: "s3")
        let bytes = Array(secretAccessKey.utf8)
        // Safe: a UInt8 is raw bytes.
        guard let secret = try? SecretBytes(copying: unsafe bytes.span.bytes),
            let key = try? SigningKey(secretAccessKey: secret, scope: scope)
        else { finding("no memory for a key") }
        self.key = key
        check = SignatureCheck(region: region, service: "s3")
        self.wallMilliseconds = wallMilliseconds
    }

    /// Reads a request, and checks its signature.
    public func isRight(
        method: String, rawPath: String, rawQuery: String, headers: [(name: String, value: String)]
    ) -> Bool {
        do throws(SignatureError) {
            let request = try IncomingRequest(
                method: method, rawPath: rawPath, rawQuery: rawQuery, headers: headers)
            guard let credentials = try RequestCredentials.read(request) else { return false }
            try check.checkTerms(credentials, request, nowMilliseconds: wallMilliseconds)
            let mode = try PayloadMode.read(request, isPresigned: credentials.isPresigned)
            try check.checkSignature(credentials, request, payloadHash: mode.canonicalText, key)
            return true
        } catch {
            return false
        }
    }
}
