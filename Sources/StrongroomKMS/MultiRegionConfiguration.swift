/// What a multi-Region key is to the keys of the same id in other regions.
public struct MultiRegionConfiguration: Sendable, Hashable {
    /// Which of the related keys it is; the names are KMS's.
    public enum KeyType: String, Sendable, Hashable {
        /// What the related keys share is changed here.
        case primary = "PRIMARY"
        /// It has what its primary has.
        case replica = "REPLICA"
    }

    /// Which of the related keys it is.
    public var keyType: KeyType
    /// The primary.
    public var primaryKeyARN: String
    /// The replicas, ascending by region; in a replica, as its primary has last told.
    public var replicaKeyARNs: [String]

    init(_ record: MultiRegionRecord, _ id: KeyID, _ owner: KeyOwner) {
        keyType = record.role == .primary ? .primary : .replica
        primaryKeyARN = owner.arn(id, in: record.primary.region)
        replicaKeyARNs = record.replicas.map { owner.arn(id, in: $0.region) }
    }
}
