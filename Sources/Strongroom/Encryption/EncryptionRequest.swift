/// What a put asks for.
public enum EncryptionRequest: Hashable, Sendable {
    /// The customer's key that the bucket's handle presents (``Bucket/presenting(_:)``), else what the bucket's default
    /// says.
    case bucketDefault
    /// SSE-S3, whatever the bucket's default is.
    case s3Managed
    /// No encryption, explicitly.
    case none
    /// SSE-KMS, under a key of the store's key service (``StoreOptions/keyService``).
    ///
    /// - Parameters:
    ///   - key: a key id, an alias or an ARN; nil for the service's own default key.
    ///   - context: pairs to bind to the key beside the object's ARN (`aws:s3:arn`). The store remembers them: nobody
    ///     gives them again, and they are visible to whoever may see the object's row.
    ///   - bucketKey: whether to spare the service by a Bucket Key; nil for what the bucket's default says.
    case kms(key: String? = nil, context: [String: String] = [:], bucketKey: Bool? = nil)
    /// DSSE-KMS: two layers, each under a data key of its own and by another cryptographic library. That of the inner
    /// layer is wrapped by the key service, that of the outer one as under SSE-S3. Costs twice the work, and takes no
    /// Bucket Key. Needs the package trait `DualLayer`.
    ///
    /// - Parameters:
    ///   - key: as for ``kms(key:context:bucketKey:)``.
    ///   - context: as for ``kms(key:context:bucketKey:)``.
    case kmsDualLayer(key: String? = nil, context: [String: String] = [:])
    /// SSE-C, under a key that every later request must bring.
    case customerKey(CustomerKey)
}

/// What a bucket does with objects whose put does not ask for anything.
///
/// Changing it changes no object that is there already.
public enum DefaultEncryption: Hashable, Sendable {
    /// SSE-S3, as in every new bucket of Amazon S3.
    case s3Managed
    /// No encryption. Never the consequence of leaving something out.
    case none
    /// SSE-KMS, under that key of the store's key service: a key id, an alias or an ARN, looked up at each put; nil for
    /// the service's own default key.
    ///
    /// - Parameter bucketKey: whether a Bucket Key stands between the service and the data keys: one call of the
    ///   service for many objects. Puts under SSE-KMS that do not say it get it, too.
    case kms(key: String? = nil, bucketKey: Bool = false)
    /// DSSE-KMS, with the inner layer under that key of the store's key service, looked up at each put; nil for the
    /// service's own default key. Needs the package trait `DualLayer`.
    case kmsDualLayer(key: String? = nil)

    var usesBucketKey: Bool { if case .kms(_, let bucketKey) = self { bucketKey } else { false } }
}

/// Encryption that a bucket may forbid (S3: `BlockedEncryptionTypes`).
public enum BlockableEncryption: Hashable, Sendable {
    /// SSE-C, which new buckets block, as those of Amazon S3 have since April 2026.
    case customerKeys
}
