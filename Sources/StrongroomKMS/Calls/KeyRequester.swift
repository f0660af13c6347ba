public import StrongroomKeys

/// Who asks something of the service, and what goes with the question.
public struct KeyRequester: Sendable, Hashable {
    /// On whose behalf; nil for the account's root, inside this process.
    public var caller: Caller?
    /// Tokens of grants. Grants are in force at once here, so that they decide nothing; a token that belongs to no
    /// grant is refused.
    public var grantTokens: [String]
    /// What the question is called in logs and in the audit trail; empty where it has no name.
    public var requestID: String

    /// The account's root, inside this process.
    public static let root = KeyRequester()

    /// Whoever `caller` is; nil for the account's root.
    public init(_ caller: Caller? = nil, grantTokens: [String] = [], requestID: String = "") {
        self.caller = caller
        self.grantTokens = grantTokens
        self.requestID = requestID
    }
}
