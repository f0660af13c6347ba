public import StrongroomCrypto
internal import StrongroomKeyring
package import StrongroomKeys
internal import StrongroomSystem

/// Material from elsewhere, for keys that were made to have it (``KeyOrigin/external``).
extension KeyService {
    /// What material for a key is encrypted with, where it comes from another process or machine.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - wrapping: how it is encrypted.
    ///   - requester: on whose behalf.
    public func parametersForImport(
        into keyID: String, _ wrapping: ImportWrapping = ImportWrapping(), as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyImportParameters {
        let call = KeyCall(.getParametersForImport, requester)
            .asks("wrappingAlgorithm", wrapping.algorithm.rawValue).asks("wrappingKeySpec", wrapping.keySpec.rawValue)
        let conditions = [
            "kms:WrappingAlgorithm": [wrapping.algorithm.rawValue], "kms:WrappingKeySpec": [wrapping.keySpec.rawValue],
        ]
        let keyID = try await look(before: call) { (keyring) throws(KeyServiceError) in
            try authorizedWithoutAlias(keyID, "An import", call, keyring.registry, conditions: conditions).id
        }
        let token = HostRandom(host: host).bytes(ImportParameters.tokenSizeBytes)
        let made = try await Self.onThread { [imports, host] () throws(KeyServiceError) in
            try imports.make(for: keyID, wrapping, token: token, nowMilliseconds: host.wallMilliseconds())
        }
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try stillAuthorized(keyID.description, "An import", call, keyring.registry, conditions)
            return KeyImportParameters(
                keyARN: keyring.registry.owner.arn(key.id), importToken: token, publicKey: made.publicKey,
                validToMilliseconds: made.validToMilliseconds)
        }
    }

    /// Gives a key the material that was encrypted for it. The key is enabled then; once it has had material, only the
    /// same may be imported again.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - encrypted: the 32 bytes of material, encrypted with ``KeyImportParameters/publicKey``.
    ///   - importToken: that of the parameters.
    ///   - expiresMilliseconds: when the material is deleted, in milliseconds since 1970; nil for never.
    ///   - requester: on whose behalf.
    public func importKeyMaterial(
        into keyID: String, encrypted: [UInt8], importToken: [UInt8], expiresMilliseconds: Int64? = nil,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await importMaterial(into: keyID, expiresMilliseconds, requester) { [self] (key) throws(KeyServiceError) in
            SharedSecret(
                try imports.open(
                    encrypted, token: importToken, for: key.id, nowMilliseconds: host.wallMilliseconds()))
        }
    }

    /// Gives a key material that is in this process already.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - material: 32 bytes.
    ///   - expiresMilliseconds: when the material is deleted, in milliseconds since 1970; nil for never.
    ///   - requester: on whose behalf.
    public func importKeyMaterial(
        into keyID: String, _ material: consuming SecretBytes, expiresMilliseconds: Int64? = nil,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let count = material.count
        try await checked(KeyCall(.importKeyMaterial, requester)) { () throws(KeyServiceError) in
            guard count == KeyMaterial.sizeBytes else {
                throw KeyServiceError(
                    .validation, "Material of \(count) bytes is no key; give \(KeyMaterial.sizeBytes) bytes.")
            }
        }
        let shared = SharedSecret(material)
        return try await importMaterial(into: keyID, expiresMilliseconds, requester) { _ in shared }
    }

    /// Destroys a key's imported material: the key neither seals nor opens until the same is imported again. Nothing
    /// happens where there is none.
    ///
    /// Refused with ``KeyServiceError/Code/keyInUse`` while an object of a store of this process depends on the key
    /// that object lock keeps in compliance mode: nobody knows whether the material is kept elsewhere.
    public func deleteImportedKeyMaterial(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        try await deletingImportedKeyMaterial(of: keyID, as: requester).key
    }

    /// The same, with what the stores of this process say cannot be opened afterwards.
    package func deletingImportedKeyMaterial(
        of keyID: String, as requester: KeyRequester
    ) async throws(KeyServiceError) -> (key: KeyMetadata, dependencies: KeyDependencies) {
        let call = KeyCall(.deleteImportedKeyMaterial, requester)
        let dependencies = try await uses(of: keyID, "Imported material", before: call)
        let deleted = try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = try stillAuthorized(keyID, "Imported material", call, registry).withoutImportedMaterial
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
        // It is in no memory either.
        cache.removeAll()
        return (deleted, dependencies)
    }

    private func importMaterial(
        into keyID: String, _ expiresMilliseconds: Int64?, _ requester: KeyRequester,
        _ open: @escaping @Sendable (KeyRecord) throws(KeyServiceError) -> SharedSecret
    ) async throws(KeyServiceError) -> KeyMetadata {
        var conditions = [
            "kms:ExpirationModel": [
                expiresMilliseconds == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
            ]
        ]
        if let expiresMilliseconds { conditions["kms:ValidTo"] = [String(expiresMilliseconds / 1_000)] }
        let call = KeyCall(.importKeyMaterial, requester).asks(
            "validTo", expiresMilliseconds.map { String($0 / 1_000) })
        return try await change(call) { [self, conditions] (registry, sealer) throws(KeyServiceError) in
            let now = host.wallMilliseconds()
            var key = try authorizedWithoutAlias(keyID, "An import", call, registry, conditions: conditions)
            if let expiresMilliseconds, expiresMilliseconds <= now {
                throw KeyServiceError(.validation, "The material would have expired already; give a later time.")
            }
            try put(try open(key), expiresMilliseconds, into: &key, sealer)
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
    }

    private func put(
        _ material: SharedSecret, _ expiresMilliseconds: Int64?, into key: inout KeyRecord, _ sealer: MaterialSealer
    ) throws(KeyServiceError) {
        do throws(KeyBackendError) {
            let id =
                key.imported?.materialID ?? KeyMaterialID(bytes: HostRandom(host: host).bytes(KeyMaterialID.sizeBytes))
            if let imported = key.imported {
                guard try sealer.recognises(material.bytes, as: imported, of: key.id) else {
                    throw KeyBackendError(KeyServiceError.otherMaterial)
                }
                key.imported?.expiresMilliseconds = expiresMilliseconds
            } else {
                key.imported = ImportedMaterial(
                    materialID: id, sealedVerifier: try sealer.sealVerifier(of: material.bytes, id, for: key.id, host),
                    expiresMilliseconds: expiresMilliseconds)
            }
            key.materials = [try sealer.seal(material.bytes, id, for: key.id, host, because: .importing)]
            if key.state == .pendingImport { key.state = .enabled }
        } catch {
            throw error.underlying as? KeyServiceError ?? KeyServiceError(error)
        }
    }
}

extension KeyServiceError {
    fileprivate static let otherMaterial = KeyServiceError(
        .incorrectKeyMaterial,
        "The key had other material before, which is what opens what it has sealed; import the same again, or make another "
            + "key.")
}
