package import StrongroomCrypto

/// Temporary credentials whose token this store has sealed.
package struct KnownSession: Sendable {
    package let session: Session
    /// Whose they are; nil where nobody's any more.
    package let holder: Holder?
    package let secret: SharedSecret

    /// Not there where the user is gone, another has the name now, or the access key that asked for them is gone or not
    /// active; of a role's session also where the role is gone or another has the name.
    package enum Holder: Sendable {
        case user(User)
        case role(Role)
    }

    /// The user whose they are; nil where they are nobody's, or a role's.
    package var user: User? { if case .user(let user) = holder { user } else { nil } }
    /// The role whose session they are; nil where they are nobody's, or a user's.
    package var role: Role? { if case .role(let role) = holder { role } else { nil } }
}
