internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

extension Authenticator {
    /// Whose key a request of another service than S3 is signed with, before its body is read.
    ///
    /// - Parameters:
    ///   - service: that the signature has to name, such as `kms`.
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    func signer(
        _ credentials: RequestCredentials, _ request: IncomingRequest, service: String, nowMilliseconds: Int64
    ) async throws(SignatureError) -> ServiceSigner {
        let check = SignatureCheck(region: settings.region, service: service)
        try check.checkTerms(credentials, request, nowMilliseconds: nowMilliseconds)
        return ServiceSigner(
            found: try await key(.init(credentials), nowMilliseconds: nowMilliseconds), credentials: credentials,
            request: request, check: check)
    }
}

/// Who is said to have signed a request of another service than S3, whose bodies are small and read as a whole.
struct ServiceSigner: Sendable {
    let found: SigningKeyCache.Entry
    let credentials: RequestCredentials
    let request: IncomingRequest
    let check: SignatureCheck

    /// That the signature is right for that body.
    func verify(body: [UInt8]) throws(SignatureError) {
        let hash: String
        do throws(SealError) {
            hash = try PayloadHash.hexadecimal(body)
        } catch {
            throw SignatureError(.internalFailure, "The body could not be hashed.", underlying: error)
        }
        // Some clients send the hash as they do to S3. It need not be there, and must not be another.
        guard request.values("x-amz-content-sha256").allSatisfy({ $0 == hash }) else {
            throw SignatureError(.mismatch, "The body is not the one whose hash the request has.")
        }
        try check.checkSignature(credentials, request, payloadHash: hash, found.key)
    }
}
