internal import StrongroomKeys
internal import StrongroomSystem

/// The key service that a store was opened with.
struct OpenedKeyService: Sendable {
    let backend: OpenedBackend
    let deadlineSeconds: Int
    let bucketKeys: BucketKeyring

    init(_ backend: OpenedBackend, _ options: KeyServiceOptions) {
        self.backend = backend
        deadlineSeconds = options.deadlineSeconds
        bucketKeys = BucketKeyring(
            lifetimeSeconds: options.bucketKeyLifetimeSeconds, useLimit: options.bucketKeyUseLimit)
    }

    /// When nobody waits any more for a call that begins now.
    var deadlineNanoseconds: UInt64 {
        PosixClock().bootNanoseconds() + UInt64(deadlineSeconds) * 1_000_000_000
    }
}
