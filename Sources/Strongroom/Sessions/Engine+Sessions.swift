internal import StrongroomSystem

extension Engine {
    func makeSession(
        ofUser name: String, id: String, accessKeyID: String, from issuedMilliseconds: Int64,
        until expiresMilliseconds: Int64, secondFactorMilliseconds: Int64?, assuming role: AssumedRole?
    ) throws(StoreError) -> NewSession {
        let keys = try unlockedKeys()
        let session = Session(
            id: UserIdentifier.session.make(random), userName: name, userID: id, accessKeyID: accessKeyID,
            issuedMilliseconds: issuedMilliseconds, expiresMilliseconds: expiresMilliseconds,
            secondFactorMilliseconds: secondFactorMilliseconds, role: role)
        return NewSession(
            session: session, token: try keys.sessions.seal(session, random: random),
            secret: try keys.sessions.secret(of: session))
    }

    func knownSession(_ token: String) async throws(StoreError) -> KnownSession? {
        let keys = try unlockedKeys()
        guard let session = try keys.sessions.open(token) else { return nil }
        return KnownSession(
            session: session, holder: try await holder(of: session, keys),
            secret: try keys.sessions.secret(of: session))
    }

    /// Rows are read each time, as for access keys.
    private func holder(of session: Session, _ keys: StoreKeys) async throws(StoreError) -> KnownSession.Holder? {
        guard let user = try await user(of: session, keys) else { return nil }
        guard let assumed = session.role else { return .user(user) }
        guard let value = try await roleRowValue(assumed.name) else { return nil }
        let role = Role(try keys.roleRow(value, assumed.name), named: assumed.name)
        return role.id == assumed.id ? .role(role) : nil
    }

    private func user(of session: Session, _ keys: StoreKeys) async throws(StoreError) -> User? {
        guard let value = try await userRowValue(session.userName) else { return nil }
        let user = User(try keys.userRow(value, session.userName), named: session.userName)
        let hasKey = user.accessKeys.contains { $0.id == session.accessKeyID && $0.isActive }
        return user.id == session.userID && hasKey ? user : nil
    }
}
