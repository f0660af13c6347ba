/// What exactly was refused, for those who say it in another protocol's words: the underlying error of a
/// ``StoreError``.
package enum RefusalReason: Error, Sendable, Equatable {
    /// Bytes are not those that were announced by a digest of that name (`MD5`, `CRC32`).
    case digest(String)
    /// The same of a part of an upload.
    case partDigest(number: Int, String)
    /// The same of the whole object that an upload would make.
    case objectDigest(String)
    /// An upload would make an object of another size, in bytes.
    case objectSize(announced: UInt64, found: UInt64)
    /// The bucket has no object lock.
    case noObjectLock
    /// A retention would be over when it begins.
    case retentionInThePast
    /// The bucket blocks that encryption.
    case blockedEncryption
}
