internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomPolicy
internal import StrongroomSignature

/// Finds what signatures are checked with: of long-term access keys, and of temporary credentials.
extension Authenticator {
    /// - Parameter nowMilliseconds: since 1970-01-01T00:00:00Z.
    /// - Throws: `unknownKey`, `invalidToken`, `expiredToken`.
    func key(
        _ name: SigningKeyCache.Name, nowMilliseconds: Int64
    ) async throws(SignatureError) -> SigningKeyCache.Entry {
        let version = store.usersVersion
        let known = cache.entry(name, version: version)
        let entry: SigningKeyCache.Entry
        if let known { entry = known } else { entry = try await read(name) }
        if let session = entry.user.session, nowMilliseconds >= session.expiresMilliseconds {
            throw SignatureError(.expiredToken, "The provided token has expired.")
        }
        if known == nil { cache.keep(entry, name, version: version) }
        return entry
    }

    private func read(_ name: SigningKeyCache.Name) async throws(SignatureError) -> SigningKeyCache.Entry {
        let found: (user: AuthenticatedUser, secret: SharedSecret)?
        if let token = name.sessionToken {
            found = try await temporary(token, name.accessKeyID)
        } else {
            found = try await longTerm(name.accessKeyID)
        }
        guard let found else {
            throw SignatureError(.unknownKey, "The AWS Access Key Id you provided does not exist in our records.")
        }
        do throws(SecretMemoryError) {
            let key = try SigningKey(secretAccessKey: found.secret.bytes, scope: name.scope)
            return SigningKeyCache.Entry(user: found.user, key: key)
        } catch {
            throw SignatureError(.internalFailure, "The access key could not be read.", underlying: error)
        }
    }

    /// Nil where there is none that is active.
    private func longTerm(
        _ id: String
    ) async throws(SignatureError) -> (user: AuthenticatedUser, secret: SharedSecret)? {
        do throws(StoreError) {
            guard let found = try await store.accessKeySecret(id), found.key.isActive else { return nil }
            return (user(found.user, id), found.secret)
        } catch {
            throw SignatureError(.internalFailure, "The access key could not be read.", underlying: error)
        }
    }

    /// Nil where what it was made with is gone.
    ///
    /// - Throws: `invalidToken`.
    private func temporary(
        _ token: String, _ id: String
    ) async throws(SignatureError) -> (user: AuthenticatedUser, secret: SharedSecret)? {
        let found: KnownSession?
        do throws(StoreError) {
            found = try await store.session(ofToken: token)
        } catch {
            throw SignatureError(.internalFailure, "The token could not be opened.", underlying: error)
        }
        guard let found, found.session.id == id else {
            throw SignatureError(.invalidToken, "The provided token is malformed or otherwise invalid.")
        }
        guard let holder = found.holder else { return nil }
        var user = user(holder, of: found.session)
        user.session = found.session
        return (user, found.secret)
    }

    private func user(_ holder: KnownSession.Holder, of session: Session) -> AuthenticatedUser {
        switch (holder, session.role) {
        case (.user(let user), _): self.user(user, session.accessKeyID)
        case (.role(let role), let assumed?): self.user(role, assumed, session)
        case (.role, nil): preconditionFailure("a session of a role says of which")
        }
    }

    private func user(_ user: User, _ accessKeyID: String) -> AuthenticatedUser {
        let texts = user.policies.sorted { $0.key < $1.key }.map(\.value)
        return AuthenticatedUser(
            origin: .init(name: user.name, id: user.id, accessKeyID: accessKeyID),
            arn: "arn:aws:iam::\(settings.account):user/\(user.name)", id: user.id,
            account: settings.account, canonicalAccount: settings.canonicalAccount,
            isAdministrator: user.isAdministrator, policyTexts: texts, policies: texts.map(Self.policy))
    }

    private func user(_ role: Role, _ assumed: AssumedRole, _ session: Session) -> AuthenticatedUser {
        let texts = role.policies.sorted { $0.key < $1.key }.map(\.value)
        let names = RoleNames(account: settings.account, role: role.name)
        return AuthenticatedUser(
            origin: .init(name: session.userName, id: session.userID, accessKeyID: session.accessKeyID),
            arn: names.sessionARN(assumed.sessionName), id: "\(role.id):\(assumed.sessionName)",
            account: settings.account, canonicalAccount: settings.canonicalAccount, isAdministrator: false,
            policyTexts: texts, policies: texts.map(Self.policy),
            roleSession: .init(
                roleARN: names.roleARN, policyText: assumed.sessionPolicy,
                policy: assumed.sessionPolicy.map(Self.policy)))
    }

    /// It was read when it was put. One that cannot be read any more denies everything: it may have denied something.
    private static func policy(_ text: String) -> PolicyDocument {
        (try? PolicyDocument(parsing: Array(text.utf8), attachment: .identity)) ?? .denyingEverything
    }
}

extension SigningKeyCache.Name {
    init(_ credentials: RequestCredentials) {
        self.init(
            accessKeyID: credentials.accessKeyID, sessionToken: credentials.sessionToken, scope: credentials.scope)
    }
}
