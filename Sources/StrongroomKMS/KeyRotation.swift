/// One of a key's materials.
public struct KeyRotation: Sendable, Hashable {
    /// Its id: the version that sealed data keys carry.
    public var materialID: String
    /// When it was made or first imported, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// When a rotation made it the one that seals, in milliseconds since 1970; nil for the first one, and while it
    /// waits.
    public var rotatedMilliseconds: Int64?
    /// Why it was made.
    public var cause: Cause
    /// What it does.
    public var state: MaterialState
    /// Whether imported material is there; nil for what the service has made.
    public var importState: ImportState?
    /// When imported material is deleted, in milliseconds since 1970; nil where it stays, or is not there.
    public var expiryMilliseconds: Int64?

    /// Whether it is the one that seals.
    public var isCurrent: Bool { state == .current }

    /// Why a key has a material.
    public enum Cause: String, Sendable, Hashable {
        /// It is the first one.
        case creation = "CREATION"
        /// Somebody asked for it.
        case onDemand = "ON_DEMAND"
        /// It was time.
        case automatic = "AUTOMATIC"
        /// It was imported.
        case importing = "IMPORT"
    }

    /// What a material does; the names are KMS's.
    public enum MaterialState: String, Sendable, Hashable {
        /// It seals and opens.
        case current = "CURRENT"
        /// It opens what it has sealed.
        case nonCurrent = "NON_CURRENT"
        /// It waits for the rotation that lets it seal, and can still be taken away.
        case pendingRotation = "PENDING_ROTATION"
    }

    /// Whether imported material is there; the names are KMS's.
    public enum ImportState: String, Sendable, Hashable {
        /// It is there.
        case imported = "IMPORTED"
        /// It has expired or was deleted; until the same is imported again the key is not used.
        case pendingImport = "PENDING_IMPORT"
    }

    /// Which materials a list has; the names are KMS's.
    public enum Selection: String, Sendable, Hashable, CaseIterable {
        /// All, also the first one and one that waits for a rotation.
        case allKeyMaterial = "ALL_KEY_MATERIAL"
        /// Those that a rotation has brought.
        case rotationsOnly = "ROTATIONS_ONLY"
    }
}

extension KeyRotation {
    /// All materials of a key, the oldest first.
    static func all(of key: KeyRecord) -> [KeyRotation] {
        if key.origin == .external { return key.imported.map { KeyRotation($0, of: key) } }
        return key.materials.map { KeyRotation($0, of: key) }
    }

    private init(_ material: KeyMaterial, of key: KeyRecord) {
        materialID = material.id.description
        createdMilliseconds = material.createdMilliseconds
        rotatedMilliseconds = material.id == key.materials.first?.id ? nil : material.createdMilliseconds
        cause =
            switch material.cause {
            case .creation: .creation
            case .rotationOnDemand: .onDemand
            case .automaticRotation: .automatic
            case .importing: .importing
            }
        state = material.id == key.current?.id ? .current : .nonCurrent
    }

    private init(_ material: ImportedMaterial, of key: KeyRecord) {
        let isThere = key.has(material.materialID)
        materialID = material.materialID.description
        createdMilliseconds = material.importedMilliseconds
        let isFirst = material.materialID == key.imported.first?.materialID
        rotatedMilliseconds = isFirst ? nil : material.currentSinceMilliseconds
        cause = .importing
        state =
            switch material.materialID {
            case key.pending?.materialID: .pendingRotation
            case key.associated.last?.materialID: .current
            default: .nonCurrent
            }
        importState = isThere ? .imported : .pendingImport
        expiryMilliseconds = isThere ? material.expiresMilliseconds : nil
    }
}
