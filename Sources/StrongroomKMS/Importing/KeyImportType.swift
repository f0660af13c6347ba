internal import StrongroomKeys

/// Whether material that is imported is known to its key; the names are KMS's.
public enum KeyImportType: String, Sendable, Hashable, CaseIterable {
    /// It is new: the key's first, or what waits for the next rotation.
    case new = "NEW_KEY_MATERIAL"
    /// The key has had it before.
    case existing = "EXISTING_KEY_MATERIAL"
}

/// What is said of material that is to be imported, held against what it is.
struct ImportRequest {
    let type: KeyImportType
    let materialID: String?
    let arn: String

    /// - Parameter found: the material's id, where the key knows it.
    func check(_ found: KeyMaterialID?, in key: KeyRecord) throws(KeyBackendError) {
        do throws(KeyServiceError) {
            switch type {
            case .new: try checkNew(found, in: key)
            case .existing: try checkExisting(found)
            }
        } catch {
            throw KeyBackendError(.invalidRequest, error.message, underlying: error)
        }
    }

    /// What waits for a rotation may come again, so that an import of which nobody knows how it ended can be repeated.
    private func checkNew(_ found: KeyMaterialID?, in key: KeyRecord) throws(KeyServiceError) {
        if let found, found != key.pending?.materialID {
            throw KeyServiceError(
                .incorrectKeyMaterial,
                "The key \(arn) has had that material before, as \(found); import it as \(KeyImportType.existing.rawValue), "
                    + "or give other material.")
        }
        if let pending = key.pending?.materialID, found != pending {
            throw KeyServiceError(
                .invalidState,
                "New key material cannot be imported into \(arn), because another key material (id: \(pending)) is "
                    + "pending rotation; rotate the key, or delete that material.")
        }
    }

    private func checkExisting(_ found: KeyMaterialID?) throws(KeyServiceError) {
        guard let found else {
            throw KeyServiceError(
                .incorrectKeyMaterial,
                "The key \(arn) has not had that material; import the same again that it has had, which is what opens what "
                    + "it has sealed, or new material as \(KeyImportType.new.rawValue).")
        }
        if let materialID, materialID != found.description {
            throw KeyServiceError(
                .incorrectKeyMaterial,
                "The key \(arn) knows that material as \(found), not as '\(materialID.prefix(64))'; name it so, or leave "
                    + "the id out.")
        }
    }
}
