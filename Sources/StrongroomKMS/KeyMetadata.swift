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
    /// Where its material comes from.
    public var origin: KeyOrigin
    /// The material that seals at present; nil while one is waited for.
    public var currentMaterialID: String?
    /// The imported material that the next rotation will have seal; nil where there is none.
    public var pendingMaterialID: String?
    /// How many materials there are, without one that waits for a rotation: one more than there have been rotations,
    /// unless imported ones are missing.
    public var materialCount: Int
    /// When the key is destroyed, in milliseconds since 1970; nil unless that is pending.
    public var deletionMilliseconds: Int64?
    /// How many days a multi-Region primary that is to go waits once its last replica is gone; nil unless it waits for
    /// that.
    public var pendingDeletionWindowDays: Int?
    /// When the first imported material is deleted, in milliseconds since 1970, unless it waits for a rotation; nil
    /// where they stay.
    public var expiryMilliseconds: Int64?
    /// What it is to related keys in other regions; nil where it is of one region.
    public var multiRegion: MultiRegionConfiguration?
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

/// Whether and when a key gets new material by itself.
public struct KeyRotationStatus: Sendable, Hashable {
    /// The key.
    public var arn: String
    /// Days between rotations; nil where it rotates on demand only.
    public var periodDays: Int?
    /// When it rotates next, in milliseconds since 1970; nil where it does not.
    public var nextMilliseconds: Int64?

    init(arn: String, _ schedule: RotationSchedule?) {
        self.arn = arn
        periodDays = schedule?.periodDays
        nextMilliseconds = schedule?.nextMilliseconds
    }
}

/// A part of a list.
public struct KeyPage<Item: Sendable>: Sendable {
    /// The items, in the list's order.
    public var items: [Item]
    /// Where the next page starts; nil on the last one.
    public var nextMarker: String?
}
