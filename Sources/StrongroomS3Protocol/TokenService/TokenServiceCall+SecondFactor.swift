internal import Strongroom

extension TokenServiceCall {
    /// Whether the request brings a code of the user's second factor, which is used up then.
    ///
    /// - Throws: `AccessDenied` where it is not right.
    func usesSecondFactor() async throws(TokenServiceRefusal) -> Bool {
        let (serial, code) = (parameters.text("SerialNumber"), parameters.text("TokenCode"))
        if serial == nil, code == nil { return false }
        guard let serial, let code else {
            throw Self.factorFailed(", must provide both MFA serial number and one time pass code.")
        }
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let digits = UInt32(code)
        else { throw .validation("The parameter TokenCode is no six digits.") }
        guard let name = user.userName else { throw Self.factorFailed(": a role has no second factor.") }
        guard serial == "arn:aws:iam::\(account):mfa/\(name)" else {
            throw Self.factorFailed(
                ", unable to validate MFA code. Please verify your MFA serial number is valid and associated with "
                    + "this user.")
        }
        let use: SecondFactorUse
        do throws(StoreError) {
            use = try await store.useSecondFactor(
                digits, of: name, nowMilliseconds: nowMilliseconds, nanoseconds: nanoseconds)
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
