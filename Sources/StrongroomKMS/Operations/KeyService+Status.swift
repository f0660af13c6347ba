internal import StrongroomKeyring
internal import StrongroomKeys
internal import Synchronization

extension KeyService {
    /// The service as a whole.
    public struct Status: Sendable, Hashable {
        /// Names the keyring: 32 hexadecimal digits.
        public var keyringID: String
        /// Whether a passphrase opens the keyring; else a root key file does.
        public var isOpenedByPassphrase: Bool
        /// The account in the keys' ARNs.
        public var account: String
        /// The region in the keys' ARNs.
        public var region: String
        /// The ARN of the key that is used where none is named.
        public var defaultKeyARN: String
        /// How many keys there are.
        public var keyCount: Int
        /// How many aliases there are.
        public var aliasCount: Int
        /// How often each operation was asked since the service was opened, refused requests included.
        public var requestCounts: [KeyOperation: Int]
        /// What they cost at the price that the service was opened with, as a decimal number.
        public var requestCost: String
        /// How many requests beyond those a quota refused.
        public var throttledCount: Int
        /// Whether multi-Region keys have nothing to tell their related ones in the services that are open in this
        /// process; where they have, the log says why they could not.
        public var relatedKeysAgree: Bool
    }

    /// How the service is: for whoever may list the keys.
    public func status(as requester: KeyRequester = .root) async throws(KeyServiceError) -> Status {
        try await authorizeListing(requester)
        let keyring = try await settled()
        let registry = keyring.registry
        let counts = meter.totals
        return Status(
            keyringID: Hexadecimal.encode(keyring.keyringID),
            isOpenedByPassphrase: keyring.document.header.rootSource.isPassphrase, account: registry.owner.account,
            region: registry.owner.region,
            defaultKeyARN: registry.owner.arn(try registry.resolve(Self.defaultKeyID).id),
            keyCount: registry.keys.count, aliasCount: registry.aliases.count, requestCounts: counts,
            requestCost: meter.price.cost(ofRequests: counts.values.reduce(0, +)),
            throttledCount: quotas?.ledger.withLock { $0.throttledCount } ?? 0,
            relatedKeysAgree: relatedKeysAgree)
    }

    /// How often each operation was asked of one key since the service was opened, refused requests included: for
    /// whoever may describe the key. To ask is not counted.
    public func requestCounts(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> [KeyOperation: Int] {
        meter.counts(of: try await described(keyID, requester))
    }

    /// The same by the bucket that it was asked for, and what that cost; those with the most requests first.
    ///
    /// So many buckets have a line of their own as fit into bounded memory (3,072 pairs of key and bucket); what comes
    /// later is summed up as ``MeteredRequests/Origin/others``.
    public func meteredRequests(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> [MeteredRequests] {
        meter.requests(of: try await described(keyID, requester))
    }

    /// The key, where the requester may describe it: a refusal is recorded as one of that.
    private func described(_ keyID: String, _ requester: KeyRequester) async throws(KeyServiceError) -> KeyID {
        let call = KeyCall(.describeKey, requester)
        return try await checked(call) { () throws(KeyServiceError) in
            let registry = try current().registry
            let key = try registry.resolve(keyID)
            call.isAbout(registry.owner.arn(key.id))
            try authorize(key, call, registry, alias: registry.aliasName(in: keyID))
            return key.id
        }
    }
}

extension KeyringHeader.RootSource {
    fileprivate var isPassphrase: Bool {
        switch self {
        case .file: false
        case .passphrase: true
        }
    }
}
