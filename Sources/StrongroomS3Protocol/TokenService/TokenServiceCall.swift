internal import Strongroom

/// One request of the token service, by a user whose signature was checked.
struct TokenServiceCall: Sendable {
    let parameters: TokenServiceParameters
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
                ofUser: user.name, id: user.id, accessKeyID: user.accessKeyID, from: nowMilliseconds,
                until: nowMilliseconds + 1_000 * seconds, secondFactorMilliseconds: factorTime)
        } catch {
            throw TokenServiceRefusal(error)
        }
        let end = TimeText.iso8601(seconds: made.session.expiresMilliseconds / 1_000)
        return TokenServiceResult(
            [TokenServiceResult.credentials(id: made.session.id, token: made.token, expiration: end)],
            secret: made.secret)
    }

    // MARK: -

    /// Whether the request brings a code of the user's second factor, which is used up then.
    ///
    /// - Throws: `AccessDenied` where it is not right.
    private func usesSecondFactor() async throws(TokenServiceRefusal) -> Bool {
        let (serial, code) = (parameters.text("SerialNumber"), parameters.text("TokenCode"))
        if serial == nil, code == nil { return false }
        guard let serial, let code else {
            throw Self.factorFailed(", must provide both MFA serial number and one time pass code.")
        }
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let digits = UInt32(code)
        else { throw .validation("The parameter TokenCode is no six digits.") }
        guard serial == "arn:aws:iam::\(account):mfa/\(user.name)" else {
            throw Self.factorFailed(
                ", unable to validate MFA code. Please verify your MFA serial number is valid and associated with "
                    + "this user.")
        }
        let use: SecondFactorUse
        do throws(StoreError) {
            use = try await store.useSecondFactor(
                digits, of: user.name, nowMilliseconds: nowMilliseconds, nanoseconds: nanoseconds)
        } catch {
            throw TokenServiceRefusal(error)
        }
        switch use {
        case .accepted: return true
        case .refused: throw Self.factorFailed(" with invalid MFA one time pass code.")
        case .paused(let seconds):
            throw Self.factorFailed(": there were too many wrong codes; try again in \(seconds) seconds.")
        }
    }

    private static func factorFailed(_ reason: String) -> TokenServiceRefusal {
        .accessDenied("MultiFactorAuthentication failed\(reason)")
    }
}
