internal import StrongroomKeys

/// How the objects of a store, or of a bucket, are encrypted: how many under what.
public struct EncryptionCoverage: Sendable, Hashable {
    /// The kinds of encryption.
    public enum Mode: Sendable, Hashable {
        /// Not encrypted.
        case none
        /// SSE-S3.
        case s3Managed
        /// SSE-KMS.
        case kms
        /// DSSE-KMS; key and version are those of the inner layer.
        case kmsDualLayer
        /// SSE-C.
        case customerKey
    }

    /// Objects that are encrypted alike.
    public struct Entry: Sendable, Hashable {
        /// The kind.
        public var mode: Mode
        /// The key; nil for what is not encrypted, and under customer keys, of which every object has another
        /// fingerprint.
        public var keyID: String?
        /// The version of that key; under a Bucket Key the one that wraps that.
        public var keyVersion: String?
        /// Whether a Bucket Key stands between.
        public var usesBucketKey: Bool
        /// How many versions of objects.
        public var objectCount: UInt64 = 0
        /// Their plaintext, in bytes.
        public var bytes: UInt64 = 0
        /// How many of them are not what their bucket's default asks for at present; all where the default's key
        /// service does not tell.
        public var unlikeDefaultCount: UInt64 = 0
    }

    /// One for each way in which objects are encrypted, the most objects first.
    public var entries: [Entry] = []
    /// Rows that cannot be trusted, which ``Store/verify(readingData:progress:)`` tells of.
    public var damagedCount: UInt64 = 0

    /// Versions of objects.
    public var objectCount: UInt64 { entries.reduce(0) { $0 + $1.objectCount } }
    /// Versions that are not what their bucket's default asks for at present.
    public var unlikeDefaultCount: UInt64 { entries.reduce(0) { $0 + $1.unlikeDefaultCount } }
}

extension Store {
    /// Counts how objects are encrypted, old versions too. Reads every row once, and no payload.
    ///
    /// - Parameter bucket: one bucket; nil for all.
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/storeLocked``, ``StoreError/Code/cancelled``.
    public func encryptionCoverage(of bucket: BucketName? = nil) async throws(StoreError) -> EncryptionCoverage {
        if let bucket { _ = try engine.bucket(bucket) }
        return try await CoverageCount(engine: engine, requester: requester, bucket: bucket).run()
    }
}
