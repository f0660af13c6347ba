public import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// Material from elsewhere, for keys that were made to have it (``KeyOrigin/external``).
extension KeyService {
    /// What material for a key is encrypted with, where it comes from another process or machine.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - wrapping: how it is encrypted.
    ///   - requester: on whose behalf.
    /// - Throws: ``KeyServiceError/Code/throttling`` where one is being made for the key already, or several for
    ///   others: each takes up to seconds.
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
        let made = try await imports.amongFew(for: keyID) { [imports, host] () async throws(KeyServiceError) in
            try await Self.onThread { () throws(KeyServiceError) in
                try imports.make(for: keyID, wrapping, token: token, nowMilliseconds: host.wallMilliseconds())
            }
        }
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try stillAuthorized(keyID.description, "An import", call, keyring.registry, conditions)
            return KeyImportParameters(
                keyARN: keyring.registry.owner.arn(key.id), importToken: token, publicKey: made.publicKey,
                validToMilliseconds: made.validToMilliseconds)
        }
    }

    /// Gives a key the material that was encrypted for it: its first, what it has had before, or new material that
    /// waits for ``rotateKey(_:as:)``. The key is enabled once nothing is missing that it has sealed with.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - encrypted: the 32 bytes of material, encrypted with ``KeyImportParameters/publicKey``.
    ///   - importToken: that of the parameters.
    ///   - type: whether the key knows it already; by default, unless it is the first.
    ///   - materialID: which of those that the key knows it is; by default whichever it is.
    ///   - expiresMilliseconds: when the material is deleted, in milliseconds since 1970, a year from now at the
    ///     latest; nil for never.
    ///   - requester: on whose behalf.
    /// - Throws: ``KeyServiceError/Code/incorrectKeyMaterial`` where it is not the material that is said;
    ///   ``KeyServiceError/Code/invalidState`` where other material waits for a rotation already.
    public func importKeyMaterial(
        into keyID: String, encrypted: [UInt8], importToken: [UInt8], type: KeyImportType? = nil,
        materialID: String? = nil, expiresMilliseconds: Int64? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let call = Self.importCall(type, materialID, expiresMilliseconds, requester)
        return try await importMaterial(
            into: keyID, type, materialID, expiresMilliseconds, call
        ) { [self] (key) throws(KeyServiceError) in
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
    ///   - type: whether the key knows it already; by default, unless it is the first.
    ///   - materialID: which of those that the key knows it is; by default whichever it is.
    ///   - expiresMilliseconds: when the material is deleted, in milliseconds since 1970, a year from now at the
    ///     latest; nil for never.
    ///   - requester: on whose behalf.
    public func importKeyMaterial(
        into keyID: String, _ material: consuming SecretBytes, type: KeyImportType? = nil,
        materialID: String? = nil, expiresMilliseconds: Int64? = nil, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyMetadata {
        let count = material.count
        let call = Self.importCall(type, materialID, expiresMilliseconds, requester)
        try await checked(call) { () throws(KeyServiceError) in
            guard count == KeyMaterial.sizeBytes else {
                throw KeyServiceError(
                    .validation, "Material of \(count) bytes is no key; give \(KeyMaterial.sizeBytes) bytes.")
            }
        }
        let shared = SharedSecret(material)
        return try await importMaterial(into: keyID, type, materialID, expiresMilliseconds, call) { _ in shared }
    }

    private static func importCall(
        _ type: KeyImportType?, _ materialID: String?, _ expiresMilliseconds: Int64?, _ requester: KeyRequester
    ) -> KeyCall {
        KeyCall(.importKeyMaterial, requester)
            .asks("validTo", expiresMilliseconds.map { String($0 / 1_000) })
            .asks("importType", type?.rawValue).asks("keyMaterialId", materialID)
    }

    private func importMaterial(
        into keyID: String, _ type: KeyImportType?, _ materialID: String?, _ expiresMilliseconds: Int64?,
        _ call: KeyCall, _ open: @escaping @Sendable (KeyRecord) throws(KeyServiceError) -> SharedSecret
    ) async throws(KeyServiceError) -> KeyMetadata {
        var conditions = [
            "kms:ExpirationModel": [
                expiresMilliseconds == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
            ]
        ]
        if let expiresMilliseconds { conditions["kms:ValidTo"] = [String(expiresMilliseconds / 1_000)] }
        return try await change(call) { [self, conditions] (registry, sealer) throws(KeyServiceError) in
            let now = host.wallMilliseconds()
            var key = try authorizedWithoutAlias(keyID, "An import", call, registry, conditions: conditions)
            if let expiresMilliseconds, expiresMilliseconds <= now {
                throw KeyServiceError(.validation, "The material would have expired already; give a later time.")
            }
            if let expiresMilliseconds, expiresMilliseconds - now > KeyLimits.importedDaysMax * Self.dayMilliseconds {
                throw KeyServiceError(
                    .validation,
                    "Material is imported for \(KeyLimits.importedDaysMax) days at most; give an earlier time, or none."
                )
            }
            let type = type ?? (key.imported.isEmpty ? .new : .existing)
            if let materialID, type == .new {
                throw KeyServiceError(
                    .validation, "New material has no id yet; leave '\(materialID.prefix(64))' out.")
            }
            let material = try open(key)
            do throws(KeyBackendError) {
                let id = try sealer.find(material.bytes, in: key)
                try ImportRequest(type: type, materialID: materialID, arn: registry.owner.arn(key.id))
                    .check(id, in: key)
                let known = try put(material, id, expiresMilliseconds, into: &key, sealer)
                if materialID == nil { call.asks("keyMaterialId", known.description) }
            } catch {
                throw error.underlying as? KeyServiceError ?? KeyServiceError(error)
            }
            registry.update(key)
            return metadata(of: key, registry.owner)
        }
    }

    /// - Parameter known: the material's id, where the key knows it.
    /// - Returns: the material's id.
    private func put(
        _ material: SharedSecret, _ known: KeyMaterialID?, _ expiresMilliseconds: Int64?, into key: inout KeyRecord,
        _ sealer: MaterialSealer
    ) throws(KeyBackendError) -> KeyMaterialID {
        let now = host.wallMilliseconds()
        let id = known ?? KeyMaterialID(bytes: HostRandom(host: host).bytes(KeyMaterialID.sizeBytes))
        if let index = key.imported.firstIndex(where: { $0.materialID == id }) {
            key.imported[index].expiresMilliseconds = expiresMilliseconds
        } else {
            key.imported.append(
                ImportedMaterial(
                    materialID: id, sealedVerifier: try sealer.sealVerifier(of: material.bytes, id, for: key.id, host),
                    expiresMilliseconds: expiresMilliseconds, importedMilliseconds: now,
                    currentSinceMilliseconds: key.imported.isEmpty ? now : nil))
        }
        key.put(try sealer.seal(material.bytes, id, for: key.id, host, because: .importing))
        return id
    }
}
