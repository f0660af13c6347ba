/// What state a key is in. More may come: compare with the static members.
public struct KeyState: Hashable, Sendable, CustomStringConvertible {
    /// As documents have it; part of the format, must not change.
    let code: UInt8
    /// KMS's name of the state.
    public let description: String

    /// The key does all that it is asked.
    public static let enabled = KeyState(code: 1, description: "Enabled")
    /// The key neither seals nor opens until it is enabled again.
    public static let disabled = KeyState(code: 2, description: "Disabled")
    /// The key neither seals nor opens, and is destroyed on a date that is set, unless that is taken back before.
    public static let pendingDeletion = KeyState(code: 3, description: "PendingDeletion")
    /// The key has no material until some is imported.
    public static let pendingImport = KeyState(code: 4, description: "PendingImport")

    /// The key is a multi-Region primary that is to go, and waits for its replicas to go before.
    public static let pendingReplicaDeletion = KeyState(code: 5, description: "PendingReplicaDeletion")
    /// The key is a replica that its primary does not know of yet.
    public static let creating = KeyState(code: 6, description: "Creating")
    /// The key is a multi-Region primary, and a replica is becoming that in its place. It does all but rotate.
    public static let updating = KeyState(code: 7, description: "Updating")

    static let all = [
        enabled, disabled, pendingDeletion, pendingImport, pendingReplicaDeletion, creating, updating,
    ]
}
