internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

/// Finds out who makes a request, and that nobody has altered it.
struct Authenticator: Sendable {
    let store: Store
    let settings: S3Settings
    let cache = SigningKeyCache()

    init(_ store: Store, _ settings: S3Settings) { (self.store, self.settings) = (store, settings) }

    /// What is known once the signature was checked.
    struct Outcome: Sendable {
        var identity: Identity
        var mode: PayloadMode
        /// Of bodies in signed chunks.
        var signer: ChunkSigner?
        var signature: SignatureFacts?
    }

    /// - Parameters:
    ///   - request: with all its headers, those with secrets among them.
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    /// - Throws: S3's refusals; `InvalidAccessKeyId` where there is no such key.
    func authenticate(_ request: IncomingRequest, nowMilliseconds: Int64) async throws(S3Error) -> Outcome {
        do throws(SignatureError) {
            guard let credentials = try RequestCredentials.read(request) else { return try anonymous(request) }
            let check = SignatureCheck(region: settings.region, service: "s3")
            try check.checkTerms(credentials, request, nowMilliseconds: nowMilliseconds)
            let mode = try PayloadMode.read(request, isPresigned: credentials.isPresigned)
            let found = try await key(.init(credentials), nowMilliseconds: nowMilliseconds)
            try check.checkSignature(credentials, request, payloadHash: mode.canonicalText, found.key)
            return outcome(found, credentials, mode, nowMilliseconds)
        } catch {
            throw refusal(error)
        }
    }

    /// Who has signed an HTML form.
    ///
    /// Its body is covered by nothing but the policy.
    ///
    /// - Parameter check: holds the policy, decoded, against the form; called once its signature is known to be right.
    func authenticate(
        form fields: [String: String], nowMilliseconds: Int64, _ check: ([UInt8]) throws(S3Error) -> Void
    ) async throws(S3Error) -> Outcome {
        let credentials: FormCredentials
        let found: SigningKeyCache.Entry
        do throws(SignatureError) {
            guard let read = try FormCredentials.read({ fields[$0] }) else {
                return Outcome(identity: .anonymous, mode: .unsigned)
            }
            credentials = read
            let signatures = SignatureCheck(region: settings.region, service: "s3")
            try signatures.checkScope(credentials.scope, credentials.time, .malformedQuery)
            try signatures.checkTime(ofForm: credentials.time, nowMilliseconds: nowMilliseconds)
            let name = SigningKeyCache.Name(
                accessKeyID: credentials.accessKeyID, sessionToken: credentials.sessionToken, scope: credentials.scope)
            found = try await key(name, nowMilliseconds: nowMilliseconds)
            try credentials.checkSignature(found.key)
        } catch {
            throw refusal(error)
        }
        guard let policy = PaddedBase64.decode(credentials.policy) else {
            throw S3Error(400, "InvalidPolicyDocument", "The policy is no base64.")
        }
        try check(policy)
        return Outcome(
            identity: .user(found.user), mode: .unsigned,
            signature: SignatureFacts(.form, credentials.time, nowMilliseconds))
    }

    // MARK: -

    /// Clients that signed for another region sign anew for the one that they are told.
    private func refusal(_ error: SignatureError) -> S3Error {
        var refusal = S3Error(error)
        if error.code == .malformedHeader || error.code == .malformedQuery {
            refusal.details.append(.init(name: "Region", value: settings.region))
        }
        return refusal
    }

    /// Nobody vouches for the body either, whatever its headers say of signatures.
    private func anonymous(_ request: IncomingRequest) throws(SignatureError) -> Outcome {
        guard !request.values("x-amz-content-sha256").isEmpty else {
            return Outcome(identity: .anonymous, mode: .unsigned)
        }
        let mode = try PayloadMode.read(request, isPresigned: true)
        if case .signedChunks = mode {
            throw SignatureError(.unsupported, "A body in signed chunks needs a signed request.")
        }
        return Outcome(identity: .anonymous, mode: mode)
    }

    private func outcome(
        _ found: SigningKeyCache.Entry, _ credentials: RequestCredentials, _ mode: PayloadMode, _ now: Int64
    ) -> Outcome {
        var signer: ChunkSigner?
        if case .signedChunks = mode {
            signer = ChunkSigner(found.key, at: credentials.time, seed: credentials.signature)
        }
        return Outcome(
            identity: .user(found.user), mode: mode, signer: signer,
            signature: SignatureFacts(credentials.isPresigned ? .query : .header, credentials.time, now))
    }
}

extension SignatureFacts {
    fileprivate init(_ place: Place, _ time: SigningTime, _ nowMilliseconds: Int64) {
        self.init(place: place, ageMilliseconds: max(nowMilliseconds - time.wallMilliseconds, 0))
    }
}
