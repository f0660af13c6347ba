public import StrongroomCrypto
internal import StrongroomKeyring
public import StrongroomKeys

/// Data keys. None of these operations waits for disk or lock.
///
/// A sealed data key is a sealed stream of its 32 bytes (104 bytes) under a material, bound to keyring, key, material
/// and encryption context. Beside it stand the key's ARN and the material's id: what opens it must be named.
extension KeyService {
    static let sealedSizeBytes = 104

    /// A new random data key, in plaintext and sealed under the current material of a key.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways; nil means ``defaultKeyID``. The answer names it by its ARN.
    ///   - encryptionContext: must be given again to open the data key.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    public func generateDataKey(
        keyID: String? = nil, encryptionContext: EncryptionContext = .empty, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        let snapshot = try current()
        let key = try authorized(
            .generateDataKey, keyID ?? Self.defaultKeyID, snapshot.registry, caller, encryptionContext)
        let plaintext: SecretBytes
        do throws(KeyBackendError) {
            plaintext = try HostRandom(host: host).secret(count: GeneratedDataKey.sizeBytes)
        } catch {
            throw KeyServiceError(error)
        }
        let sealed = try seal(plaintext, key, encryptionContext, snapshot)
        return GeneratedDataKey(plaintext: plaintext, wrapped: sealed)
    }

    /// Opens a sealed data key.
    ///
    /// - Parameters:
    ///   - sealed: names the key that sealed it by id or ARN, and the material by its id.
    ///   - keyID: the key that is expected, in any of the four ways; another one is refused with `IncorrectKey`. Nil
    ///     expects the one that `sealed` names.
    ///   - encryptionContext: must be the one that it was sealed with, byte by byte.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    public func decrypt(
        _ sealed: WrappedDataKey, keyID: String? = nil, encryptionContext: EncryptionContext = .empty,
        as caller: Caller? = nil
    ) async throws(KeyServiceError) -> SecretBytes {
        let snapshot = try current()
        let key = try resolve(sealed, expected: keyID, snapshot)
        counters.count(.decrypt, of: key.id)
        try authorize(
            .decrypt, key, snapshot.registry, caller, encryptionContext,
            alias: keyID.flatMap { snapshot.registry.aliasName(in: $0) })
        try snapshot.registry.check(.decrypt, of: key)
        return try open(sealed, key, encryptionContext, snapshot)
    }

    /// Seals a data key under the current material of the same key and with the same context. Repeating it is
    /// harmless.
    public func rewrap(
        _ sealed: WrappedDataKey, encryptionContext: EncryptionContext = .empty, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> WrappedDataKey {
        let snapshot = try current()
        let key = try resolve(sealed, expected: nil, snapshot)
        counters.count(.reEncrypt, of: key.id)
        try authorize(.reEncrypt, key, snapshot.registry, caller, encryptionContext)
        try snapshot.registry.check(.reEncrypt, of: key)
        return try seal(try open(sealed, key, encryptionContext, snapshot), key, encryptionContext, snapshot)
    }

    private func resolve(
        _ sealed: WrappedDataKey, expected: String?, _ snapshot: ServiceKeyring
    ) throws(KeyServiceError) -> KeyRecord {
        let key = try snapshot.registry.resolveWithoutAlias(sealed.keyID, "A sealed data key")
        if let expected, try snapshot.registry.resolve(expected).id != key.id {
            throw KeyServiceError(
                .incorrectKey,
                "The data key was sealed under \(snapshot.registry.owner.arn(key.id)), not under '\(expected)'; "
                    + "name the key that sealed it.")
        }
        return key
    }

    private func seal(
        _ dataKey: borrowing SecretBytes, _ key: KeyRecord, _ context: EncryptionContext, _ snapshot: ServiceKeyring
    ) throws(KeyServiceError) -> WrappedDataKey {
        let material = key.current
        do throws(KeyBackendError) {
            let bytes = try cache.key(material, of: key.id, snapshot.sealer).wrap(
                dataKey, boundTo: Self.bound(key, material, context, snapshot), host)
            assert(bytes.count == Self.sealedSizeBytes)
            return WrappedDataKey(
                keyID: snapshot.registry.owner.arn(key.id), keyVersion: material.id.description, bytes: bytes)
        } catch {
            throw KeyServiceError(error)
        }
    }

    private func open(
        _ sealed: WrappedDataKey, _ key: KeyRecord, _ context: EncryptionContext, _ snapshot: ServiceKeyring
    ) throws(KeyServiceError) -> SecretBytes {
        let material = try material(of: sealed, key, snapshot.registry)
        do throws(KeyBackendError) {
            return try cache.key(material, of: key.id, snapshot.sealer).unwrap(
                sealed.bytes, boundTo: Self.bound(key, material, context, snapshot), name: sealed.keyID)
        } catch  where error.code == .invalidCiphertext {
            throw KeyServiceError(
                .invalidCiphertext,
                "The sealed data key is damaged, was sealed under another key than \(sealed.keyID), or with another "
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
        if let id, let other = registry.ownerOfMaterial(id) {
            throw KeyServiceError(
                .incorrectKey,
                "The data key was sealed under \(registry.owner.arn(other)), not under \(sealed.keyID); "
                    + "name the key that sealed it.")
        }
        throw KeyServiceError(
            .notFound,
            "The key \(sealed.keyID) has no material '\(sealed.keyVersion.prefix(64))'; the keyring may be older than "
                + "what was sealed.")
    }

    private static func bound(
        _ key: KeyRecord, _ material: KeyMaterial, _ context: EncryptionContext, _ snapshot: ServiceKeyring
    ) -> [UInt8] {
        BoundContext.encode(
            "strongroom/kms/wrap@v1", snapshot.keyringID, [key.id.bytes, material.id.bytes, context.canonicalBytes])
    }
}
