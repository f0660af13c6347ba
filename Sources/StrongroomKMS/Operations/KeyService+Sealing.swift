internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys

/// What seals and opens, once it is known that it may.
extension KeyService {
    /// What was sealed, where the requester may open it.
    func opened(
        _ sealed: WrappedDataKey, expected: String?, count: Int, _ call: KeyCall, _ keyring: ServiceKeyring
    ) throws(KeyServiceError) -> SecretBytes {
        let registry = keyring.registry
        let key = found(try registry.resolveSealing(sealed.keyID, "A sealed data key"), call, registry)
        // First, for what key it is, is told only to who may use it.
        try authorize(key, call, registry, alias: expected.flatMap(registry.aliasName(in:)))
        try expect(key, as: expected, registry)
        try registry.check(call.operation, of: key)
        let plaintext = try open(sealed, count: count, key, call, call.encryptionContext, keyring)
        try call.stopIfDryRun()
        return plaintext
    }

    /// Fails with `IncorrectKey` where another key is expected than the one that sealed.
    func expect(_ key: KeyRecord, as expected: String?, _ registry: KeyRegistry) throws(KeyServiceError) {
        guard let expected, try registry.resolve(expected).id != key.id else { return }
        throw KeyServiceError(
            .incorrectKey,
            "The key ID in the request does not identify a CMK that can perform this operation. What is to be opened was "
                + "sealed under \(registry.owner.arn(key.id)), not under '\(expected.prefix(128))'; name the key that "
                + "sealed it.")
    }

    /// Under the current material.
    func seal(
        _ plaintext: borrowing SecretBytes, _ key: KeyRecord, _ call: KeyCall, _ context: EncryptionContext,
        _ keyring: ServiceKeyring
    ) throws(KeyServiceError) -> WrappedDataKey {
        guard let material = key.current else {
            preconditionFailure("The key \(key.id), whose state lets it seal, has no material.")
        }
        do throws(KeyBackendError) {
            let bytes = try cache.key(material, of: key.id, keyring.sealer).wrap(
                plaintext, boundTo: Self.bound(key, material, context, keyring), host)
            call.uses(material.id)
            return WrappedDataKey(
                keyID: keyring.registry.owner.arn(key.id), keyVersion: material.id.description, bytes: bytes)
        } catch {
            throw KeyServiceError(error)
        }
    }

    func open(
        _ sealed: WrappedDataKey, count: Int, _ key: KeyRecord, _ call: KeyCall, _ context: EncryptionContext,
        _ keyring: ServiceKeyring
    ) throws(KeyServiceError) -> SecretBytes {
        let material = try material(of: sealed, key, keyring.registry)
        call.uses(material.id)
        do throws(KeyBackendError) {
            return try cache.key(material, of: key.id, keyring.sealer).unwrap(
                sealed.bytes, count: count, boundTo: Self.bound(key, material, context, keyring), name: sealed.keyID)
        } catch  where error.code == .invalidCiphertext {
            throw KeyServiceError(
                .invalidCiphertext,
                "What was sealed is damaged, was sealed under another key than \(sealed.keyID), or with another "
                    + "encryption context.", underlying: error.underlying)
        } catch {
            throw KeyServiceError(error)
        }
    }

    private func material(
        of sealed: WrappedDataKey, _ key: KeyRecord, _ registry: KeyRegistry
    ) throws(KeyServiceError) -> KeyMaterial {
        let id = KeyMaterialID(sealed.keyVersion)
        if let id, let material = key.materials.last(where: { $0.id == id }) { return material }
        if let id, registry.ownerOfMaterial(id) != nil {
            throw KeyServiceError(
                .incorrectKey,
                "The data key was sealed under another key than \(sealed.keyID); name the one that sealed it.")
        }
        if let id, key.multiRegion?.role == .replica {
            throw KeyServiceError(
                .keyUnavailable,
                "The replica \(registry.owner.arn(key.id)) has not received the material \(id) from its primary yet, if that "
                    + "has it; open the keyring of the primary's region, "
                    + "\(key.multiRegion?.primary.region ?? ""), and ask again.")
        }
        throw KeyServiceError(
            .notFound,
            "The key \(sealed.keyID) has no material '\(sealed.keyVersion.prefix(64))'; the keyring may be older than "
                + "what was sealed.")
    }

    /// What a multi-Region key seals its related keys open, in other keyrings: it is bound to key and material alone.
    private static func bound(
        _ key: KeyRecord, _ material: KeyMaterial, _ context: EncryptionContext, _ keyring: ServiceKeyring
    ) -> [UInt8] {
        if key.id.isMultiRegion {
            return BoundContext.encode(
                "strongroom/kms/wrap-multi-region@v1", key.id.bytes, [material.id.bytes, context.canonicalBytes])
        }
        return BoundContext.encode(
            "strongroom/kms/wrap@v1", keyring.keyringID, [key.id.bytes, material.id.bytes, context.canonicalBytes])
    }

    static func onSameKey(_ isSame: Bool) -> [String: [String]] {
        ["kms:ReEncryptOnSameKey": [isSame ? "true" : "false"]]
    }
}
