/// What a backend says of one of its keys.
public struct KeyDescription: Sendable, Hashable {
    /// Whether a key works.
    public enum Health: Sendable, Hashable {
        /// It wraps and unwraps.
        case ready
        /// It unwraps and no longer wraps.
        case unwrapOnly
        /// Neither at present.
        case unavailable
    }

    /// The canonical id, never an alias.
    public var keyID: String
    /// The version that wraps at present. What is wrapped under another one is due for a rewrap.
    public var currentVersion: String
    /// Whether it works.
    public var health: Health
    /// Why it does not work; empty when all is well.
    public var message: String

    /// A description.
    public init(keyID: String, currentVersion: String, health: Health, message: String = "") {
        self.keyID = keyID
        self.currentVersion = currentVersion
        self.health = health
        self.message = message
    }
}
