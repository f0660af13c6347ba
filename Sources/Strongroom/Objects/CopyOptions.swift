/// What a copy takes along, and what it says anew.
public struct CopyOptions: Sendable, Hashable {
    /// Content type, content headers and user metadata.
    public enum Metadata: Sendable, Hashable {
        /// The source's.
        case copy
        /// These instead.
        case replace(contentType: String? = nil, metadata: [String: String] = [:], headers: ContentHeaders = .init())
    }

    /// The tags.
    public enum Tags: Sendable, Hashable {
        /// The source's.
        case copy
        /// These instead.
        case replace(ObjectTags)
    }

    /// Which version of the source; by default the newest.
    public var sourceVersion: VersionID?
    /// The customer key that the source is under, if it is under one; by default the one that the source's bucket
    /// presents (``Bucket/presenting(_:)``).
    public var sourceCustomerKey: CustomerKey?
    /// What must be true of the source.
    public var sourceConditions: ReadConditions
    /// Content type, content headers and user metadata; by default the source's.
    public var metadata: Metadata
    /// The tags; by default the source's.
    public var tags: Tags
    /// How to encrypt the copy; by default as the target's bucket says, whatever the source is.
    public var encryption: EncryptionRequest
    /// A label; by default ``StorageClass/standard``, whatever the source is, as in S3.
    public var storageClass: StorageClass
    /// What must be true of the target's key.
    public var condition: WriteCondition?
    /// Until when the copy is kept; by default as the target's bucket says, whatever the source's is.
    public var retention: Retention?
    /// Whether the copy is under a legal hold; the source's own is not taken along.
    public var legalHold: Bool

    /// Options with defaults for all that is left out.
    public init(
        sourceVersion: VersionID? = nil, sourceCustomerKey: CustomerKey? = nil,
        sourceConditions: ReadConditions = ReadConditions(),
        metadata: Metadata = .copy, tags: Tags = .copy, encryption: EncryptionRequest = .bucketDefault,
        storageClass: StorageClass = .standard, condition: WriteCondition? = nil,
        retention: Retention? = nil, legalHold: Bool = false
    ) {
        self.sourceVersion = sourceVersion
        self.sourceCustomerKey = sourceCustomerKey
        self.sourceConditions = sourceConditions
        self.metadata = metadata
        self.tags = tags
        self.encryption = encryption
        self.storageClass = storageClass
        self.condition = condition
        self.retention = retention
        self.legalHold = legalHold
    }

    /// What a put of the source's bytes has to say.
    func putOptions(_ source: ObjectInfo, _ sourceTags: ObjectTags) -> PutOptions {
        var options = PutOptions(
            encryption: encryption, contentType: source.contentType, metadata: source.metadata,
            headers: source.headers, tags: sourceTags, storageClass: storageClass, condition: condition,
            checksums: Set(source.checksums.map(\.algorithm)), etag: source.etag.contains("-") ? .opaque : .md5,
            retention: retention, legalHold: legalHold)
        if case .replace(let contentType, let metadata, let headers) = metadata {
            (options.contentType, options.metadata, options.headers) = (contentType, metadata, headers)
        }
        if case .replace(let tags) = tags { options.tags = tags }
        return options
    }
}
