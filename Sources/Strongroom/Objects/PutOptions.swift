/// What a put says of the object beside its bytes.
public struct PutOptions: Sendable, Hashable {
    /// How to encrypt the object; by default as the bucket says.
    public var encryption: EncryptionRequest
    /// The content type, kept sealed. Nil when unknown.
    public var contentType: String?
    /// Names and values of the user's own, kept sealed: at most 2 KiB together.
    public var metadata: [String: String]
    /// How the content is to be treated, kept sealed.
    public var headers: ContentHeaders
    /// Tags, kept sealed; they can be changed later.
    public var tags: ObjectTags
    /// A label, see ``StorageClass``.
    public var storageClass: StorageClass
    /// What must be true of the key; by default nothing.
    public var condition: WriteCondition?
    /// Checksums to compute and keep; by default CRC-64/NVME, which costs next to nothing.
    public var checksums: Set<ObjectChecksum.Algorithm>
    /// Checksums that the bytes must have; they are kept, too.
    public var expectedChecksums: [ObjectChecksum]
    /// The MD5 that the bytes must have, 16 bytes (HTTP: `Content-MD5`).
    public var expectedMD5: [UInt8]?
    /// What the ETag is made of.
    public var etag: ETagKind
    /// Until when the version is kept from being deleted for good; by default as the bucket says. For buckets with
    /// object lock.
    public var retention: Retention?
    /// Whether the version is kept from being deleted for good until the hold is taken off. For buckets with object
    /// lock.
    public var legalHold: Bool

    /// Options with defaults for all that is left out.
    public init(
        encryption: EncryptionRequest = .bucketDefault, contentType: String? = nil, metadata: [String: String] = [:],
        headers: ContentHeaders = ContentHeaders(), tags: ObjectTags = .none, storageClass: StorageClass = .standard,
        condition: WriteCondition? = nil, checksums: Set<ObjectChecksum.Algorithm> = [.crc64NVME],
        expectedChecksums: [ObjectChecksum] = [], expectedMD5: [UInt8]? = nil, etag: ETagKind = .opaque,
        retention: Retention? = nil, legalHold: Bool = false
    ) {
        self.encryption = encryption
        self.contentType = contentType
        self.metadata = metadata
        self.headers = headers
        self.tags = tags
        self.storageClass = storageClass
        self.condition = condition
        self.checksums = checksums
        self.expectedChecksums = expectedChecksums
        self.expectedMD5 = expectedMD5
        self.etag = etag
        self.retention = retention
        self.legalHold = legalHold
    }

    /// Longest user metadata, in bytes of all names and values (S3's limit).
    public static let metadataLimitBytes = 2_048
    /// Longest content type, and longest content header, in bytes.
    public static let contentTypeLimitBytes = 1_024

    func check() throws(StoreError) {
        let metadataBytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard metadataBytes <= Self.metadataLimitBytes else {
            throw StoreError(
                .invalidMetadata,
                "The metadata has \(metadataBytes) bytes; at most \(Self.metadataLimitBytes) are kept. "
                    + "Store more as an object."
            )
        }
        guard metadata.keys.allSatisfy({ !$0.isEmpty }) else {
            throw StoreError(.invalidMetadata, "A metadata name is empty.")
        }
        for (name, value) in metadata {
            try Self.checkText(name)
            try Self.checkText(value)
        }
        if let contentType { try Self.checkContent(contentType) }
        if headers != ContentHeaders() { for header in headers.inOrder { try header.map(Self.checkContent) } }
    }

    private static func checkText(_ text: String) throws(StoreError) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw StoreError(.invalidMetadata, "Metadata and content headers must not hold control characters.")
        }
    }

    private static func checkContent(_ text: String) throws(StoreError) {
        try checkText(text)
        guard text.utf8.count <= contentTypeLimitBytes else {
            throw StoreError(
                .invalidMetadata,
                "A content header has \(text.utf8.count) bytes; at most \(contentTypeLimitBytes) are kept of each.")
        }
    }
}
