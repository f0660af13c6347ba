/// A key as the registry keeps it.
///
/// Invariants: the last material is current, and the order is that of creation; there is one at least unless they are
/// imported, then one at most; it is there in the states enabled and disabled, and not while one is waited for; the day
/// of deletion is set in that state alone.
struct KeyRecord: Sendable, Equatable {
    let id: KeyID
    let createdMilliseconds: Int64
    let manager: KeyManager
    var state = KeyState.enabled
    var keyDescription: String
    var materials: [KeyMaterial]
    /// Nil for the standard one, by which the account may do everything.
    var policy: KeyPolicy?
    /// Ascending by name.
    var tags: [KeyTag] = []
    /// When the key is destroyed, in milliseconds since 1970.
    var deletionMilliseconds: Int64?
    /// Nil where the key rotates on demand only.
    var rotation: RotationSchedule?
    /// What is known of imported material; nil where none has been imported.
    var imported: ImportedMaterial?
    var origin = KeyOrigin.service
    /// Ascending by id.
    var grants: [GrantRecord] = []

    /// Nil while material is waited for.
    var current: KeyMaterial? { materials.last }

    /// The grant of that id; nil where there is none.
    func grant(_ id: GrantID) -> GrantRecord? {
        let index = grants.firstIndex(notBefore: id, by: \.id)
        return index < grants.count && grants[index].id == id ? grants[index] : nil
    }

    var isConsistent: Bool {
        let hasMaterial = origin == .service ? !materials.isEmpty : materials.count <= 1
        let hasWhatTheStateNeeds: Bool =
            switch state {
            case .pendingImport: materials.isEmpty
            case .enabled, .disabled: !materials.isEmpty
            default: true
            }
        return hasMaterial && hasWhatTheStateNeeds && (deletionMilliseconds != nil) == (state == .pendingDeletion)
            && (origin == .external || imported == nil) && zip(tags, tags.dropFirst()).allSatisfy { $0.name < $1.name }
            && zip(grants, grants.dropFirst()).allSatisfy { $0.id < $1.id }
    }
}

/// A name of a key.
struct AliasRecord: Sendable, Equatable {
    let name: AliasName
    var keyID: KeyID
    let createdMilliseconds: Int64
    var updatedMilliseconds: Int64
}
