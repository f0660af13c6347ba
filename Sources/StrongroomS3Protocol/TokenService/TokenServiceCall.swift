internal import Strongroom

/// One request of the token service, by somebody whose signature was checked.
struct TokenServiceCall: Sendable {
    let parameters: TokenServiceParameters
    /// What conditions of policies may ask about, by condition key.
    let facts: [String: [String]]
    let store: Store
    /// Twelve digits.
    let account: String
    let user: AuthenticatedUser
    /// Since 1970-01-01T00:00:00Z.
    let nowMilliseconds: Int64
    /// Of a clock that never goes back.
    let nanoseconds: UInt64

    /// Needs no permission, and no policy denies it: it says what the caller knows already.
    func callerIdentity() -> TokenServiceResult {
        TokenServiceResult([
            DocumentElement("UserId", text: user.id), DocumentElement("Account", text: user.account),
            DocumentElement("Arn", text: user.arn),
        ])
    }

    /// Needs no permission, and no policy denies it: what comes of it may do no more than the user.
    func sessionToken() async throws(TokenServiceRefusal) -> TokenServiceResult {
        guard user.session == nil else { throw .accessDenied("Cannot call GetSessionToken with session credentials") }
        let seconds = try parameters.number("DurationSeconds", in: 900...129_600) ?? 43_200
        let factorTime = try await usesSecondFactor() ? nowMilliseconds : nil
        let made: NewSession
        do throws(StoreError) {
            made = try store.makeSession(
                ofUser: user.origin.name, id: user.origin.id, accessKeyID: user.origin.accessKeyID,
                from: nowMilliseconds, until: nowMilliseconds + 1_000 * seconds, secondFactorMilliseconds: factorTime)
        } catch {
            throw TokenServiceRefusal(error)
        }
        return TokenServiceResult([TokenServiceResult.credentials(made)], secret: made.secret)
    }
}
