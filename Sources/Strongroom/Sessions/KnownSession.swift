package import StrongroomCrypto

/// Temporary credentials whose token this store has sealed.
package struct KnownSession: Sendable {
    package let session: Session
    /// Whose they are; nil where the user is gone, another has the name now, or the access key that asked for them is
    /// gone or not active.
    package let user: User?
    package let secret: SharedSecret
}
