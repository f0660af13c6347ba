/// That a bucket has object lock, and what it says of new objects.
struct BucketLock: Sendable, Equatable {
    var defaultRetention: DefaultRetention?

    /// Empty where there is no default.
    var encoded: [UInt8] { defaultRetention?.encoded ?? [] }

    /// Nil where the bytes are none.
    init?(decoding bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        guard let retention = DefaultRetention(decoding: bytes) else { return nil }
        defaultRetention = retention
    }

    init() {}

    static func missing(_ name: BucketName) -> StoreError {
        StoreError(
            .invalidRequest, "The bucket has no object lock; enable it first, which needs versioning.", bucket: name,
            underlying: RefusalReason.noObjectLock)
    }
}
