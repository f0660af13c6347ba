/// What the service tells of a key.
public struct KeyMetadata: Sendable, Hashable {
    /// The key's id.
    public var keyID: String
    /// The key's full name: `arn:aws:kms:REGION:ACCOUNT:key/ID`.
    public var arn: String
    /// Whether it may be used.
    public var state: KeyState
    /// Who made it.
    public var manager: KeyManager
    /// What its maker wrote about it.
    public var keyDescription: String
    /// When it was made, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// The material that seals at present.
    public var currentMaterialID: String
    /// How many materials there are: one more than there have been rotations.
    public var materialCount: Int
}

/// Who made a key.
public enum KeyManager: UInt8, Sendable, Hashable {
    // The numbers are part of the keyring's format and must not change.

    /// Whoever uses the service.
    case customer = 1
    /// The service itself.
    case service = 2
}

/// An alias and the key that it points to.
public struct AliasDescription: Sendable, Hashable {
    /// The name, with `alias/` before it.
    public var name: String
    /// The name as an ARN.
    public var arn: String
    /// The id of the key.
    public var targetKeyID: String
    /// When it was made, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// When it was last pointed to a key, in milliseconds since 1970.
    public var updatedMilliseconds: Int64
}

/// One of a key's materials.
public struct KeyRotation: Sendable, Hashable {
    /// Its id: the version that sealed data keys carry.
    public var materialID: String
    /// When it was made, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// Whether it is the one that seals.
    public var isCurrent: Bool
}

/// A part of a list.
public struct KeyPage<Item: Sendable>: Sendable {
    /// The items, in the list's order.
    public var items: [Item]
    /// Where the next page starts; nil on the last one.
    public var nextMarker: String?
}
