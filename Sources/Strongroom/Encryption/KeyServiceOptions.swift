public import StrongroomKeys

/// The key service that seals objects under SSE-KMS: a key backend of its own, beside the one that a store has anyway.
public struct KeyServiceOptions: Sendable {
    /// The backend: linked in, or a module that is loaded.
    public var backend: KeyBackendSource
    /// What opens the service's keys, if it keeps them in the store's keyring.
    public var rootKey: RootKey
    /// Settings that the backend documents, given whenever it is opened.
    public var settings: [String: String]
    /// Settings that it takes only while it makes its keys, such as the account of their ARNs.
    public var creationSettings: [String: String]
    /// After how many seconds a call that the service has not answered fails: 1 to 300, 10 by default. What is not
    /// under SSE-KMS never waits for it.
    public var deadlineSeconds: Int
    /// For how many seconds a Bucket Key is used once the service has made or opened it. So long, at most, what changes
    /// at the service (a key disabled, a right revoked) has no effect on objects under it: 1 to 3,600, 300 by default.
    public var bucketKeyLifetimeSeconds = 300
    /// For how many objects a Bucket Key is used: 1 to 2²⁴, 2²⁰ by default.
    public var bucketKeyUseLimit = 1 << 20
    /// How many calls of it are under way at once, when it is not asked for a while, and how often it is asked again.
    /// See <doc:KeyOutages>.
    public var limits = KeyBackendLimits()

    /// A service; by default its keys are opened by a root key file of mode 0600 in the keyring.
    public init(
        _ backend: KeyBackendSource, rootKey: RootKey = .fileInKeyring, settings: [String: String] = [:],
        creationSettings: [String: String] = [:], deadlineSeconds: Int = 10
    ) {
        self.backend = backend
        self.rootKey = rootKey
        self.settings = settings
        self.creationSettings = creationSettings
        self.deadlineSeconds = deadlineSeconds
    }

    func check() throws(StoreError) {
        guard (1...300).contains(deadlineSeconds) else {
            throw StoreError(
                .invalidArgument, "The key service's deadlineSeconds is \(deadlineSeconds); it may be 1 to 300.")
        }
        guard (1...3_600).contains(bucketKeyLifetimeSeconds), (1...1 << 24).contains(bucketKeyUseLimit) else {
            throw StoreError(
                .invalidArgument,
                "A Bucket Key's lifetime is 1 to 3,600 seconds, and its uses are 1 to 16,777,216; asked for are "
                    + "\(bucketKeyLifetimeSeconds) and \(bucketKeyUseLimit).")
        }
        try StoreOptions.check(limits)
        if case .linkedS3ManagedKeys = backend {
            throw StoreError(
                .invalidArgument,
                "The S3-managed keys are no key service; name a backend such as KMSKeys, linked or as a module.")
        }
    }
}
