/// What a write does about encryption, decided before its first byte is sealed.
///
/// One function decides, for every path that writes: what the request asks, else the bucket's default.
/// The committer compares the bucket's row with the one that the plan was made from, and sends a stale
/// plan back to be made anew.
struct EncryptionPlan: Sendable {
    enum Mode: Sendable, Equatable {
        case none
        case s3Managed
    }

    var mode: Mode
    var bucket: KnownBucket

    /// - Throws: ``StoreError/Code/conflict`` while the bucket is being deleted.
    static func resolve(
        _ request: EncryptionRequest, in bucket: KnownBucket, named name: BucketName
    ) throws(StoreError) -> EncryptionPlan {
        guard bucket.row.state == .active else { throw Engine.beingDeleted(name) }
        let mode: Mode =
            switch request {
            case .none: .none
            case .s3Managed: .s3Managed
            case .bucketDefault:
                switch bucket.row.defaultEncryption {
                case .none: .none
                case .s3Managed: .s3Managed
                }
            }
        return EncryptionPlan(mode: mode, bucket: bucket)
    }
}
