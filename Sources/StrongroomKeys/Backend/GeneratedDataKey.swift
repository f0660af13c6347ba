public import StrongroomCrypto

/// A fresh data key, once in plaintext to be used and once wrapped to be stored.
public struct GeneratedDataKey: ~Copyable, Sendable {
    /// Bytes of every data key.
    public static let sizeBytes = 32

    /// The key itself, ``sizeBytes`` long, in locked memory.
    public let plaintext: SecretBytes
    /// The same key, wrapped.
    public let wrapped: WrappedDataKey

    /// Pairs a key with its wrapped form. Traps on a key of another length than ``sizeBytes``.
    public init(plaintext: consuming SecretBytes, wrapped: WrappedDataKey) {
        precondition(plaintext.count == Self.sizeBytes, "A data key has \(Self.sizeBytes) bytes.")
        self.plaintext = plaintext
        self.wrapped = wrapped
    }

    /// Gives up the pair and keeps the plaintext: read `wrapped` first.
    public consuming func takePlaintext() -> SecretBytes { plaintext }
}
