package import StrongroomCrypto

/// Temporary credentials that were just made.
package struct NewSession: Sendable {
    package let session: Session
    /// What requests bring along: base64.
    package let token: String
    /// What requests are signed with: 40 characters of base64, in locked memory.
    package let secret: SharedSecret
}
