package import StrongroomCrypto

/// Signs requests in one scope: what a secret access key leads to there.
///
///     date key    = HMAC-SHA256("AWS4" ‖ secret access key, date)
///     region key  = HMAC-SHA256(date key, region)
///     service key = HMAC-SHA256(region key, service)
///     signing key = HMAC-SHA256(service key, "aws4_request")
///
/// Secret and derived keys stand in locked memory alone; of the signing key nothing is kept but the hash states that it
/// leads to.
package final class SigningKey: Sendable {
    /// The algorithm's name, as it stands in the string to sign and in the header.
    package static let algorithm = "AWS4-HMAC-SHA256"

    package let scope: CredentialScope
    private let authenticator: MessageAuthenticator

    package init(secretAccessKey: borrowing SecretBytes, scope: CredentialScope) throws(SecretMemoryError) {
        self.scope = scope
        let prefix = Array("AWS4".utf8)
        let seed = try secretAccessKey.withBytes { (secret) throws(SecretMemoryError) in
            try SecretBytes(count: prefix.count + secret.byteCount) { (room: inout MutableRawSpan) in
                room.overwrite(with: unsafe prefix.span.bytes)
                room.overwrite(with: secret, at: prefix.count)
            }
        }
        let dateKey = try Self.derive(seed, scope.date)
        let regionKey = try Self.derive(dateKey, scope.region)
        let serviceKey = try Self.derive(regionKey, scope.service)
        authenticator = try MessageAuthenticator(key: try Self.derive(serviceKey, CredentialScope.terminator))
    }

    /// `algorithm \n time \n scope \n SHA-256 of the canonical request`
    package func stringToSign(_ request: SignableRequest, at time: SigningTime) throws(SealError) -> String {
        let digest = try PayloadHash.hexadecimal(request.canonicalRequest)
        return "\(Self.algorithm)\n\(time.text)\n\(scope.text)\n\(digest)"
    }

    /// The signature in lower-case hexadecimal.
    package func signature(of request: SignableRequest, at time: SigningTime) throws(SealError) -> String {
        try signature(ofText: try stringToSign(request, at: time))
    }

    /// The signature of a string to sign, in lower-case hexadecimal.
    package func signature(ofText text: String) throws(SealError) -> String {
        do throws(SecretMemoryError) {
            return PayloadHash.hexadecimalText(try authenticator.code(for: Array(text.utf8)))
        } catch {
            throw SealError(secretMemory: error)
        }
    }

    /// The value of the header `Authorization`.
    package func authorization(
        of request: SignableRequest, at time: SigningTime, accessKeyID: String
    ) throws(SealError) -> String {
        "\(Self.algorithm) Credential=\(accessKeyID)/\(scope.text), SignedHeaders=\(request.signedHeaderNames), "
            + "Signature=\(try signature(of: request, at: time))"
    }

    private static func derive(
        _ key: borrowing SecretBytes, _ message: String
    ) throws(SecretMemoryError) -> SecretBytes {
        let hmac = try HMAC<SHA256>(key: key)
        let bytes = Array(message.utf8)
        return try SecretBytes(count: SHA256.digestSizeBytes) {
            (code: inout MutableRawSpan) throws(SecretMemoryError) in
            try hmac.authenticate(unsafe bytes.span.bytes, into: &code)
        }
    }
}
