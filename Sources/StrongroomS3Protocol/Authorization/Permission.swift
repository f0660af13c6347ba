/// Something that a request needs to be allowed: an action of the policy language, and what it is done to.
struct Permission: Sendable, Equatable {
    /// Such as `s3:GetObject`.
    var action: String
    /// An ARN.
    var resource: String

    /// On a bucket itself.
    static func bucket(_ action: String, _ name: String) -> Permission {
        Permission(action: "s3:" + action, resource: "arn:aws:s3:::\(name)")
    }

    /// On an object, whose key stands in the ARN as it is stored: nothing in it is resolved or decoded.
    static func object(_ action: String, _ bucket: String, _ key: String) -> Permission {
        Permission(action: "s3:" + action, resource: "arn:aws:s3:::\(bucket)/\(key)")
    }

    /// On all buckets.
    static let listBuckets = Permission(action: "s3:ListAllMyBuckets", resource: "arn:aws:s3:::*")
}
