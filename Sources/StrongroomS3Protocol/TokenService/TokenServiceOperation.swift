/// What can be asked of the token service: operations of STS (AWS STS API Reference).
struct TokenServiceOperation: Sendable {
    /// The parameters that a request may have.
    let parameters: [String]
    /// Those that STS knows besides, by what their names begin with, and that are refused: what they ask for would not
    /// be done.
    var refusedParameters: [String] = []
    /// Whether a secret goes with the answer: not over a connection that anybody can read.
    let carriesSecret: Bool
    let run: @Sendable (TokenServiceCall) async throws(TokenServiceRefusal) -> TokenServiceResult

    static let table: [String: TokenServiceOperation] = [
        "AssumeRole": .init(
            parameters: [
                "RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId", "SerialNumber", "TokenCode",
            ],
            refusedParameters: ["Tags", "PolicyArns", "TransitiveTagKeys", "SourceIdentity", "ProvidedContexts"],
            carriesSecret: true
        ) { (call) throws(TokenServiceRefusal) in try await call.assumeRole() },
        "GetCallerIdentity": .init(parameters: [], carriesSecret: false) {
            (call) throws(TokenServiceRefusal) in call.callerIdentity()
        },
        "GetSessionToken": .init(parameters: ["DurationSeconds", "SerialNumber", "TokenCode"], carriesSecret: true) {
            (call) throws(TokenServiceRefusal) in try await call.sessionToken()
        },
    ]

    /// What STS has and this server has not.
    static let notOffered: Set<String> = [
        "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "DecodeAuthorizationMessage",
        "GetAccessKeyInfo", "GetDelegatedAccessToken", "GetFederationToken", "GetWebIdentityToken",
    ]
}
