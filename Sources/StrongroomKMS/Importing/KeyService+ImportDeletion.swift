package import StrongroomKeys

extension KeyService {
    /// Destroys imported material of a key: the key neither seals nor opens until the same is imported again. Material
    /// that waits for a rotation has sealed nothing: it is forgotten, and the key goes on. Nothing happens where it is
    /// gone already.
    ///
    /// Refused with ``KeyServiceError/Code/keyInUse`` while an object of a store of this process depends on the key
    /// that object lock keeps in compliance mode: nobody knows whether the material is kept elsewhere.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - materialID: which material; by default the one that seals.
    ///   - requester: on whose behalf.
    public func deleteImportedKeyMaterial(
        of keyID: String, materialID: String? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await deletingImportedKeyMaterial(of: keyID, materialID: materialID, as: requester).key
    }

    /// The same, with the material's id, nil where the key has had none at all, and what the stores of this process say
    /// cannot be opened afterwards, nil where nothing was sealed.
    package func deletingImportedKeyMaterial(
        of keyID: String, materialID: String? = nil, as requester: KeyRequester
    ) async throws(KeyServiceError) -> (key: KeyMetadata, materialID: String?, dependencies: KeyDependencies?) {
        let call = KeyCall(.deleteImportedKeyMaterial, requester).asks("keyMaterialId", materialID)
        let isPending = try await look(before: call) { (keyring) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(keyID, "Imported material", call, keyring.registry)
            return try Self.materialToDelete(materialID, of: key) == key.pending?.materialID && key.pending != nil
        }
        let dependencies: KeyDependencies? =
            isPending ? nil : try await uses(of: keyID, "Imported material", before: call)
        let (deleted, id) = try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try stillAuthorized(keyID, "Imported material", call, registry)
            let id = try Self.materialToDelete(materialID, of: key)
            if let id {
                guard !isPending || id == key.pending?.materialID else {
                    throw KeyServiceError(
                        .invalidState, "The key \(registry.owner.arn(key.id)) has been rotated meanwhile; ask again.")
                }
                key.dropMaterials { $0.materialID == id }
                registry.update(key)
            }
            return (metadata(of: key, registry.owner), id?.description)
        }
        // It is in no memory either.
        cache.removeAll()
        return (deleted, id, dependencies)
    }

    /// Nil where the key has had none at all.
    private static func materialToDelete(
        _ materialID: String?, of key: KeyRecord
    ) throws(KeyServiceError) -> KeyMaterialID? {
        guard let materialID else { return key.associated.last?.materialID }
        if let id = KeyMaterialID(materialID), key.known(id) != nil { return id }
        throw KeyServiceError(
            .notFound,
            "The key \(key.id) has no material '\(materialID.prefix(64))'; list its rotations to see what it has.")
    }
}
