/// A secret with several owners, such as one in a cache: zeroed when the last of them lets go, never
/// while one still uses it.
public final class SharedSecret: Sendable {
    /// The secret.
    public let bytes: SecretBytes

    /// Takes over `bytes`.
    public init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }
}
