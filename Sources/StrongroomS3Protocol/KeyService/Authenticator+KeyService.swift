internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSignature

extension Authenticator {
    /// Whose key a request of the key service is signed with, before its body is read.
    ///
    /// - Parameter nowMilliseconds: since 1970-01-01T00:00:00Z.
    func keyServiceSigner(
        _ request: IncomingRequest, nowMilliseconds: Int64
    ) async throws(KeyServiceRefusal) -> KeyServiceSigner {
        guard let credentials = try Self.credentials(request) else {
            throw KeyServiceRefusal("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        }
        guard !credentials.isPresigned else {
            throw KeyServiceRefusal(
                "IncompleteSignatureException", "The key service takes signatures in the header Authorization alone.")
        }
        do throws(SignatureError) {
            // Temporary credentials are not given out here, so that none can be right.
            guard credentials.sessionToken == nil else {
                throw SignatureError(.unknownKey, "There are no temporary credentials here.")
            }
            let check = SignatureCheck(region: settings.region, service: "kms")
            try check.checkTerms(credentials, request, nowMilliseconds: nowMilliseconds)
            return KeyServiceSigner(
                found: try await key(credentials.accessKeyID, credentials.scope), credentials: credentials,
                request: request, check: check)
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

/// Who is said to have signed a request of the key service.
struct KeyServiceSigner: Sendable {
    let found: SigningKeyCache.Entry
    let credentials: RequestCredentials
    let request: IncomingRequest
    let check: SignatureCheck

    /// That the signature is right for that body.
    func verify(body: [UInt8]) throws(KeyServiceRefusal) {
        do throws(SignatureError) {
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
        } catch {
            throw KeyServiceRefusal(error)
        }
    }

    /// As policies of keys name the user, with the user's own policies.
    func caller(_ connection: ConnectionFacts) -> Caller {
        Caller(
            principal: found.user.arn, account: found.user.account, sourceAddress: connection.sourceAddress,
            transport: connection.transport, policies: found.user.allPolicyTexts)
    }
}
