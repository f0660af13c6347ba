/// How an object is encrypted. Every object carries one; it holds no secret.
public enum EncryptionDescriptor: Hashable, Sendable {
    /// Not encrypted: the bucket or the request said so explicitly. Damage is still detected.
    case none
    /// Under keys that the store itself manages (S3's SSE-S3, `AES256`).
    case s3Managed(S3ManagedEncryption)
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

/// The cipher of an object's sealed stream: the construction c2sp.org/chunked-encryption with one of these.
public enum CipherSuite: Sendable, Hashable {
    /// AES-256-GCM in chunks of 16 KiB (Cobblestone-256).
    case aes256GCM
    /// ChaCha20-Poly1305 in chunks of 16 KiB, for machines without AES instructions.
    case chaCha20Poly1305
}

/// What a put asks for.
public enum EncryptionRequest: Hashable, Sendable {
    /// What the bucket's default says.
    case bucketDefault
    /// SSE-S3, whatever the bucket's default is.
    case s3Managed
    /// No encryption, explicitly.
    case none
}

/// What a bucket does with objects whose put does not ask for anything.
///
/// Changing it changes no object that is there already.
public enum DefaultEncryption: Hashable, Sendable {
    /// SSE-S3, as in every new bucket of Amazon S3.
    case s3Managed
    /// No encryption. Never the consequence of leaving something out.
    case none
}
