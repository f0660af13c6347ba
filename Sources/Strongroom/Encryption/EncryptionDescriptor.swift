/// How an object is encrypted. Every object carries one; it holds no secret.
public enum EncryptionDescriptor: Hashable, Sendable {
    /// Not encrypted: the bucket or the request said so explicitly. Damage is still detected.
    case none
    /// Under keys that the store itself manages (S3's SSE-S3, `AES256`).
    case s3Managed(S3ManagedEncryption)
    /// Under a key of a key service (S3's SSE-KMS, `aws:kms`).
    case kms(KMSEncryption)
    /// In two layers, the inner one under a key of a key service (S3's DSSE-KMS, `aws:kms:dsse`).
    case kmsDualLayer(DualLayerEncryption)
    /// Under a key that comes with each request and is kept by nobody (S3's SSE-C).
    case customerKey(CustomerKeyEncryption)
}

/// What is known of an object under SSE-S3.
public struct S3ManagedEncryption: Hashable, Sendable {
    /// The key-encryption key that wraps the object's data key.
    public var keyID: String
    /// The version of that key; rotation re-wraps under a newer one.
    public var keyVersion: String
    /// The sealed stream's suite.
    public var suite: CipherSuite
}

/// What is known of an object under SSE-KMS.
public struct KMSEncryption: Hashable, Sendable {
    /// The key service's key that wraps the object's data key: its real id, where the put named an alias.
    public var keyID: String
    /// The version (S3: key material) of that key; nil under a Bucket Key, which has one of its own.
    public var keyVersion: String?
    /// Whether a Bucket Key stands between that key and the object's.
    public var usesBucketKey: Bool
    /// The pairs that the put added to the encryption context. Visible to whoever may see the object's row.
    public var context: [String: String]
    /// The sealed stream's suite.
    public var suite: CipherSuite
}

/// What is known of an object under DSSE-KMS.
public struct DualLayerEncryption: Hashable, Sendable {
    /// The key service's key that wraps the inner layer's data key: its real id, where the put named an alias.
    public var keyID: String
    /// The version (S3: key material) of that key.
    public var keyVersion: String
    /// The pairs that the put added to the encryption context. Visible to whoever may see the object's row.
    public var context: [String: String]
    /// How the outer layer is sealed.
    public var outerLayer: S3ManagedEncryption
    /// The inner sealed stream's suite.
    public var suite: CipherSuite
}

/// What is known of an object under a customer's key.
public struct CustomerKeyEncryption: Hashable, Sendable {
    /// 16 hexadecimal digits of a MAC with a salt of the object's own: it changes with every put, and tells nothing of
    /// the key.
    public var fingerprint: String
    /// The sealed stream's suite.
    public var suite: CipherSuite
}

/// The cipher of an object's sealed stream: the construction c2sp.org/chunked-encryption with one of these.
public enum CipherSuite: Sendable, Hashable {
    /// AES-256-GCM in chunks of 16 KiB (Cobblestone-256).
    case aes256GCM
    /// ChaCha20-Poly1305 in chunks of 16 KiB, for machines without AES instructions.
    case chaCha20Poly1305
}
