internal import StrongroomSignature

extension Authenticator {
    /// Whose key a request of the key service is signed with, before its body is read.
    ///
    /// - Parameter nowMilliseconds: since 1970-01-01T00:00:00Z.
    func keyServiceSigner(
        _ request: IncomingRequest, nowMilliseconds: Int64
    ) async throws(KeyServiceRefusal) -> ServiceSigner {
        guard let credentials = try Self.credentials(request) else {
            throw KeyServiceRefusal("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        }
        guard !credentials.isPresigned else {
            throw KeyServiceRefusal(
                "IncompleteSignatureException", "The key service takes signatures in the header Authorization alone.")
        }
        do throws(SignatureError) {
            return try await signer(credentials, request, service: "kms", nowMilliseconds: nowMilliseconds)
        } catch {
            throw KeyServiceRefusal(error)
        }
    }

    private static func credentials(_ request: IncomingRequest) throws(KeyServiceRefusal) -> RequestCredentials? {
        do throws(SignatureError) {
            return try RequestCredentials.read(request)
        } catch {
            throw KeyServiceRefusal(error)
        }
    }
}
