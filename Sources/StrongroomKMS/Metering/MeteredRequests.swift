/// How often one key was asked on behalf of one bucket.
public struct MeteredRequests: Sendable, Hashable {
    /// For what a key was asked.
    public enum Origin: Sendable, Hashable {
        /// For objects of the bucket: the request's encryption context names it, as `aws:s3:arn`.
        case bucket(String)
        /// For no bucket: by an administrator, or by another application.
        case elsewhere
        /// For buckets that came when there was no room for more.
        case others
    }

    /// For what.
    public var origin: Origin
    /// By operation, refused requests included.
    public var counts: [KeyOperation: Int]
    /// What they cost at the price that the service was opened with, as a decimal number.
    public var cost: String

    /// Of all operations.
    public var count: Int { counts.values.reduce(0, +) }
}
