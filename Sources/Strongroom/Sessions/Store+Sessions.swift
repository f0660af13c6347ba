/// Temporary credentials, for a server on top of the store. They are not kept, so that there is nothing to clear away;
/// whether they have ended is for the server to say, which knows the time.
extension Store {
    /// Makes temporary credentials.
    ///
    /// - Parameters:
    ///   - id: the user's.
    ///   - accessKeyID: of the access key that asks for them: they end with it.
    ///   - secondFactorMilliseconds: when a code of the user's second factor was used; nil where none was.
    ///   - role: whose session they are; nil where they are the user's.
    /// - Throws: `storeLocked`, `secretMemoryUnavailable`.
    package func makeSession(
        ofUser name: String, id: String, accessKeyID: String, from issuedMilliseconds: Int64,
        until expiresMilliseconds: Int64, secondFactorMilliseconds: Int64?, assuming role: AssumedRole? = nil
    ) throws(StoreError) -> NewSession {
        try engine.makeSession(
            ofUser: name, id: id, accessKeyID: accessKeyID, from: issuedMilliseconds, until: expiresMilliseconds,
            secondFactorMilliseconds: secondFactorMilliseconds, assuming: role)
    }

    /// What a token says, whether or not its time is over; nil where this store has not made it.
    ///
    /// - Throws: `damaged`, `storeLocked`, `secretMemoryUnavailable`.
    package func session(ofToken token: String) async throws(StoreError) -> KnownSession? {
        try await engine.knownSession(token)
    }
}
