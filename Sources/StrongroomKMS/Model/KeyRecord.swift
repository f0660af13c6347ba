/// A key as the registry keeps it.
///
/// Invariants: the order of materials is that of creation. Unless they are imported there is one at least, and the last
/// is current. Of imported ones all are known, and some of those are there, in the same order; only the last may wait
/// for a rotation, never the first, and it is forgotten when it is gone. All others are there in the states enabled and
/// disabled, and one is missing while material is waited for. The day of deletion is set in that state alone.
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
    /// What is known of imported materials, oldest first.
    var imported: [ImportedMaterial] = []
    var origin = KeyOrigin.service
    /// Nil where the key is of one region.
    var multiRegion: MultiRegionRecord?
    /// Ascending by id.
    var grants: [GrantRecord] = []

    /// What seals; nil while it is waited for.
    var current: KeyMaterial? {
        if origin == .service { return materials.last }
        return associated.last.flatMap { current in materials.last { $0.id == current.materialID } }
    }

    /// The grant of that id; nil where there is none.
    func grant(_ id: GrantID) -> GrantRecord? {
        let index = grants.firstIndex(notBefore: id, by: \.id)
        return index < grants.count && grants[index].id == id ? grants[index] : nil
    }

    /// Sets the day on which it goes; that of a primary with replicas once they are gone.
    mutating func scheduleDeletion(afterDays days: Int, from nowMilliseconds: Int64) {
        if multiRegion?.role == .primary, multiRegion?.replicas.isEmpty == false {
            state = .pendingReplicaDeletion
            multiRegion?.deletionWindowDays = days
        } else {
            state = .pendingDeletion
            deletionMilliseconds = nowMilliseconds + Int64(days) * KeyService.dayMilliseconds
        }
    }

    mutating func cancelDeletion() {
        deletionMilliseconds = nil
        multiRegion?.deletionWindowDays = nil
        state = !isComplete ? .pendingImport : multiRegion?.isConfirmed == false ? .creating : .disabled
    }

    var isConsistent: Bool {
        let hasWhatTheStateNeeds: Bool =
            switch state {
            case .pendingImport: !isComplete
            case .enabled, .disabled: isComplete
            default: true
            }
        return hasWhatTheStateNeeds && isImportConsistent && isMultiRegionConsistent
            && (deletionMilliseconds != nil) == (state == .pendingDeletion)
            && zip(tags, tags.dropFirst()).allSatisfy { $0.name < $1.name }
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
