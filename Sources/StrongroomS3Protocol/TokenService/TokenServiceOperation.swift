/// What can be asked of the token service: operations of STS (AWS STS API Reference).
struct TokenServiceOperation: Sendable {
    /// The parameters that a request may have.
    let parameters: [String]
    /// Whether a secret goes with the answer: not over a connection that anybody can read.
    let carriesSecret: Bool
    let run: @Sendable (TokenServiceCall) async throws(TokenServiceRefusal) -> TokenServiceResult

    static let table: [String: TokenServiceOperation] = [
        "GetCallerIdentity": .init(parameters: [], carriesSecret: false) {
            (call) throws(TokenServiceRefusal) in call.callerIdentity()
        },
        "GetSessionToken": .init(parameters: ["DurationSeconds", "SerialNumber", "TokenCode"], carriesSecret: true) {
            (call) throws(TokenServiceRefusal) in try await call.sessionToken()
        },
    ]

    /// What STS has and this server has not.
    static let notOffered: Set<String> = [
        "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "DecodeAuthorizationMessage",
        "GetAccessKeyInfo", "GetDelegatedAccessToken", "GetFederationToken", "GetWebIdentityToken",
    ]
}
