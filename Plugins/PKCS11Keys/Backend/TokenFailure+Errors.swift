internal import StrongroomCrypto
internal import StrongroomKeys

extension TokenFailure: SecretMemoryErrorConvertible {
    init(secretMemory error: SecretMemoryError) { self = .refused(KeyBackendError(secretMemory: error)) }

    static func refused(_ code: KeyBackendError.Code, _ message: String) -> TokenFailure {
        .refused(KeyBackendError(code, message))
    }

    /// What it means to whoever asked, and what to do about it. A code only chooses the words: codes for one and the
    /// same failure differ from token to token.
    func error(_ token: String) -> KeyBackendError {
        switch self {
        case .refused(let error): return error
        case .call(let function, let code):
            return KeyBackendError(
                code == .mechanismInvalid ? .unsupported : .unavailable,
                "\(token) failed: \(function) answered \(code). \(Self.remedy(code))")
        }
    }

    private static func remedy(_ code: ReturnCode) -> String {
        switch code {
        case .deviceRemoved, .tokenNotPresent:
            "Put the token back in, or see that it can be reached; nothing else has to be done."
        case .sessionCount: "It has no session left; close other programs that use it, or set sessions to fewer."
        case .tokenWriteProtected: "It takes no new keys; have its write protection removed."
        case .mechanismInvalid:
            "It has to know CKM_SHA256_HMAC and CKM_GENERIC_SECRET_KEY_GEN; switch them on, or use another token."
        case .cannotLock: "Its library cannot be called from several threads; use one that can."
        case .hostMemory: "Free memory, then try again."
        default: "Try again later; if that does not help, look into the token's own log."
        }
    }

    /// What the answer to a login means. Whatever may have been an attempt at the PIN is the last one.
    static func login(_ code: ReturnCode, _ token: String) -> TokenFailure {
        switch code {
        case _ where code.meansUnreached: .call("C_Login", code)
        case .pinLocked:
            .refused(
                .accessDenied,
                "\(token) has locked its PIN (\(code)); its security officer must unlock it with the token's own tool.")
        case .pinExpired:
            .refused(.accessDenied, "The PIN of \(token) has expired (\(code)); set another with the token's own tool.")
        case .pinIncorrect, .pinInvalid, .pinLengthRange:
            .refused(
                .wrongSecret,
                "\(token) refuses the PIN (\(code)). It is not tried again, because too many attempts lock the token; "
                    + "correct the PIN file, then open the backend anew.")
        default:
            .refused(
                .accessDenied,
                "\(token) refuses the login: C_Login answered \(code). It is not tried again, because too many attempts "
                    + "lock the token; see that the token lets its user log in, then open the backend anew.")
        }
    }
}
