internal import CStrongroomKeyBackend

/// A data key as a backend sealed it: safe to store, useless without the backend.
public struct WrappedDataKey: Sendable, Hashable {
    /// Bytes that a wrapped key may have.
    public static let sizeBytesMax = Int(STRONGROOM_KEY_WRAPPED_MAX)

    /// The canonical id of the key that wrapped it: what an unwrap expects.
    public var keyID: String
    /// The version of that key, as the backend names it. Opaque: compare it only for equality.
    public var keyVersion: String
    /// What the backend made, at most ``sizeBytesMax`` bytes.
    public var bytes: [UInt8]

    /// A wrapped key as it was stored.
    public init(keyID: String, keyVersion: String, bytes: [UInt8]) {
        self.keyID = keyID
        self.keyVersion = keyVersion
        self.bytes = bytes
    }
}
