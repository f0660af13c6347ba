/// On whose behalf a key is used. Key policies, grants, conditions and per-principal caches look at it.
public struct Caller: Sendable, Hashable {
    /// The principal, as an ARN where there is one.
    public var principal: String
    /// The account that the principal belongs to.
    public var account: String
    /// Tags of the principal.
    public var tags: [String: String]
    /// Seconds since the principal signed in with a second factor. Nil: no second factor was used, which
    /// is different from zero seconds ago.
    public var multiFactorAgeSeconds: UInt64?
    /// The IPv4 or IPv6 address the request came from. Nil: embedded, no network.
    public var sourceAddress: String?
    /// Whether the request came over TLS, and which version. Nil: no network.
    public var transport: Transport?
    /// The service that calls for the principal, such as "s3". Nil: the principal itself.
    public var viaService: String?

    /// Policies of the principal's own, as documents of IAM. What a key's policy leaves to the account they decide, and
    /// an empty list allows nothing of that. Nil: the account lets all of its principals in.
    public var policies: [String]?
    /// Of a role's session, the role's ARN: what is said of the role is said of its sessions. Only with ``policies``.
    public var roleARN: String?
    /// The policy that was given when the role was assumed, a document of IAM: the session may do only what it allows
    /// as well, but for what is allowed to the session by its own name. Only with ``roleARN``.
    public var sessionPolicy: String?

    /// How a request reached the process.
    public enum Transport: Sendable, Hashable {
        /// Over TLS of that version, such as "1.3".
        case transportLayerSecurity(version: String)
        /// In the clear.
        case plain
    }

    /// A caller that is known by its principal and account, and by whatever else applies.
    public init(
        principal: String, account: String, tags: [String: String] = [:], multiFactorAgeSeconds: UInt64? = nil,
        sourceAddress: String? = nil, transport: Transport? = nil, viaService: String? = nil,
        policies: [String]? = nil, roleARN: String? = nil, sessionPolicy: String? = nil
    ) {
        self.principal = principal
        self.account = account
        self.tags = tags
        self.multiFactorAgeSeconds = multiFactorAgeSeconds
        self.sourceAddress = sourceAddress
        self.transport = transport
        self.viaService = viaService
        self.policies = policies
        self.roleARN = roleARN
        self.sessionPolicy = sessionPolicy
    }
}
