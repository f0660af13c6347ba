internal import Strongroom
internal import StrongroomPolicy

/// What a bucket says about who may do what.
struct BucketAccess: Sendable {
    /// Nil where the bucket has no policy.
    var policy: PolicyDocument?
    var publicAccessBlock: PublicAccessBlock

    /// Of no bucket: whoever may do something there may do it by a policy of their own.
    static let none = BucketAccess(policy: nil, publicAccessBlock: .all)

    /// Whether the policy lets in somebody who need not be known (``PublicPolicy``).
    var isPublic: Bool { policy.map(PublicPolicy.isPublic) ?? false }
}
