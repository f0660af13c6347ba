/// A key as the registry keeps it.
///
/// Invariant: there is at least one material; the last one is current, and the order is that of creation.
struct KeyRecord: Sendable, Equatable {
    let id: KeyID
    let createdMilliseconds: Int64
    let manager: KeyManager
    var state = KeyState.enabled
    let keyDescription: String
    var materials: [KeyMaterial]
    /// Nil for the standard one, by which the account may do everything.
    var policy: KeyPolicy?

    var current: KeyMaterial {
        guard let current = materials.last else { preconditionFailure("The key \(id) has no material.") }
        return current
    }
}

/// A name of a key.
struct AliasRecord: Sendable, Equatable {
    let name: AliasName
    var keyID: KeyID
    let createdMilliseconds: Int64
    var updatedMilliseconds: Int64
}
