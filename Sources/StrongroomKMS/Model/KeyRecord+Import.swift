/// Imported materials of a key, which come and go.
extension KeyRecord {
    /// Those that belong to the key for good: all but one that waits for a rotation.
    var associated: ArraySlice<ImportedMaterial> { pending == nil ? imported[...] : imported.dropLast() }

    /// What a rotation will make current; nil where nothing waits for one.
    var pending: ImportedMaterial? { imported.last.flatMap { $0.currentSinceMilliseconds == nil ? $0 : nil } }

    /// Whether nothing is missing that the key has ever sealed with.
    var isComplete: Bool {
        origin == .service
            ? !materials.isEmpty : !imported.isEmpty && associated.allSatisfy { has($0.materialID) }
    }

    /// When the first of the materials that belong to the key for good is deleted; nil where they stay.
    var firstExpiryMilliseconds: Int64? {
        associated.filter { has($0.materialID) }.compactMap(\.expiresMilliseconds).min()
    }

    /// How often somebody has asked for a rotation.
    var rotationOnDemandCount: Int {
        origin == .service
            ? materials.count { $0.cause == .rotationOnDemand } : max(associated.count - 1, 0)
    }

    /// Whether the bytes of a material are there.
    func has(_ id: KeyMaterialID) -> Bool { materials.contains { $0.id == id } }

    func known(_ id: KeyMaterialID) -> ImportedMaterial? { imported.first { $0.materialID == id } }

    /// Takes in a material that is known by then, in its place. A key that waited for nothing else may be used.
    mutating func put(_ material: KeyMaterial) {
        let others = materials.filter { $0.id != material.id }
        materials = imported.compactMap { known in
            known.materialID == material.id ? material : others.first { $0.id == known.materialID }
        }
        if state == .pendingImport && isComplete { state = .enabled }
    }

    /// Lets imported materials go. The key waits for those that belong to it, unless it is on its way out; one that
    /// waits for a rotation is forgotten.
    mutating func dropMaterials(where isDropped: (ImportedMaterial) -> Bool) {
        let dropped = Set(imported.filter(isDropped).map(\.materialID))
        materials.removeAll { dropped.contains($0.id) }
        if let pending, dropped.contains(pending.materialID) { imported.removeLast() }
        if !isComplete && (state == .enabled || state == .disabled) { state = .pendingImport }
    }

    /// Postpones the expiry of those that are due to another day.
    mutating func postponeExpiry(at nowMilliseconds: Int64, to otherMilliseconds: Int64) {
        for index in imported.indices where (imported[index].expiresMilliseconds ?? .max) <= nowMilliseconds {
            // The end of time is how the document has it that there is none.
            imported[index].expiresMilliseconds = otherMilliseconds == .max ? nil : otherMilliseconds
        }
    }

    /// What waits for a rotation seals from now on.
    mutating func rotateToPending(at nowMilliseconds: Int64) {
        precondition(pending != nil, "A rotation to imported material that is not there.")
        imported[imported.count - 1].currentSinceMilliseconds = nowMilliseconds
    }

    var isImportConsistent: Bool {
        if origin == .service { return imported.isEmpty && !materials.isEmpty }
        let ids = imported.map(\.materialID)
        let waiting = imported.indices.filter { imported[$0].currentSinceMilliseconds == nil }
        return Set(ids).count == ids.count && ids.filter(has) == materials.map(\.id)
            && waiting.allSatisfy { $0 > 0 && $0 == imported.count - 1 && has(imported[$0].materialID) }
    }
}
