public import StrongroomCrypto

/// What every request to a key backend carries besides the question itself.
public struct KeyRequestContext: Sendable {
    /// On whose behalf. Nil: the account's root, acting inside this process.
    public var caller: Caller?
    /// Tokens of grants too new to be known everywhere.
    public var grantTokens: [String]
    /// For logs and audit.
    public var requestID: String
    /// Nanoseconds of the boot clock after which nobody waits any more. Nil: the host's default,
    /// ``KeyBackendInstance/defaultDeadlineSeconds``.
    public var deadlineNanoseconds: UInt64?
    /// The caller's own key, for backends that keep none (SSE-C): 32 bytes, given with each request.
    public var customerKey: SharedSecret?
    /// Whether anybody still waits.
    public var cancellation: KeyCancellation

    /// A context; by default that of the root inside this process.
    public init(
        caller: Caller? = nil, grantTokens: [String] = [], requestID: String = "", deadlineNanoseconds: UInt64? = nil,
        customerKey: SharedSecret? = nil, cancellation: KeyCancellation = .never
    ) {
        self.caller = caller
        self.grantTokens = grantTokens
        self.requestID = requestID
        self.deadlineNanoseconds = deadlineNanoseconds
        self.customerKey = customerKey
        self.cancellation = cancellation
    }
}

/// A question that can be asked at any time, from any thread: does anybody still wait for this answer?
public struct KeyCancellation: Sendable {
    private let poll: (@Sendable () -> Bool)?

    /// Asks `poll`, which must be cheap and must not block.
    public init(_ poll: @escaping @Sendable () -> Bool) { self.poll = poll }

    private init() { poll = nil }

    /// Never cancelled (but the host still heeds the cancellation of the calling task).
    public static let never = KeyCancellation()

    /// True once nobody waits: stop, and fail with ``KeyBackendError/Code/cancelled``.
    public var isCancelled: Bool { poll?() ?? false }
}
