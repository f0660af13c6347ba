public import StrongroomCrypto
internal import StrongroomKeyring
public import StrongroomKeys

/// Data keys.
///
/// A sealed data key is a sealed stream of its 32 bytes (104 bytes) under a material, bound to keyring, key, material
/// and encryption context; under a multi-Region key not to the keyring. Beside it stand the key's ARN and the
/// material's id: what opens it must be named.
extension KeyService {
    static let sealedSizeBytes = 104

    /// A new random data key, in plaintext and sealed under the current material of a key.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways; nil means ``defaultKeyID``. The answer names it by its ARN.
    ///   - encryptionContext: must be given again to open the data key.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func generateDataKey(
        keyID: String? = nil, encryptionContext: EncryptionContext = .empty, dryRun isDryRun: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        let call = KeyCall(.generateDataKey, requester, encryptionContext, isDryRun: isDryRun)
        return try await answer(call) { (keyring) throws(KeyServiceError) in try dataKey(keyID, call, keyring) }
    }

    /// A new random data key, sealed only: for whoever stores it for others to open.
    ///
    /// - Parameters:
    ///   - keyID: the key, in any of the four ways; nil means ``defaultKeyID``. The answer names it by its ARN.
    ///   - encryptionContext: must be given again to open the data key.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func generateDataKeyWithoutPlaintext(
        keyID: String? = nil, encryptionContext: EncryptionContext = .empty, dryRun isDryRun: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> WrappedDataKey {
        let call = KeyCall(.generateDataKeyWithoutPlaintext, requester, encryptionContext, isDryRun: isDryRun)
        return try await answer(call) { (keyring) throws(KeyServiceError) in try dataKey(keyID, call, keyring).wrapped }
    }

    /// Opens a sealed data key.
    ///
    /// - Parameters:
    ///   - sealed: names the key that sealed it by id or ARN, and the material by its id.
    ///   - keyID: the key that is expected, in any of the four ways; another one is refused with `IncorrectKey`. Nil
    ///     expects the one that `sealed` names.
    ///   - encryptionContext: must be the one that it was sealed with, byte by byte.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func decrypt(
        _ sealed: WrappedDataKey, keyID: String? = nil, encryptionContext: EncryptionContext = .empty,
        dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> SecretBytes {
        let call = KeyCall(.decrypt, requester, encryptionContext, isDryRun: isDryRun)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            try opened(sealed, expected: keyID, count: GeneratedDataKey.sizeBytes, call, keyring)
        }
    }

    /// Seals a data key under the current material of the same key and with the same context. Repeating it is
    /// harmless.
    public func rewrap(
        _ sealed: WrappedDataKey, encryptionContext: EncryptionContext = .empty, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> WrappedDataKey {
        let call = KeyCall(.reEncrypt, requester, encryptionContext)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            let key = found(try registry.resolveSealing(sealed.keyID, "A sealed data key"), call, registry)
            try authorize(
                key, call, registry, actions: ["kms:ReEncryptFrom", "kms:ReEncryptTo"],
                conditions: Self.onSameKey(true))
            try registry.check(.reEncrypt, of: key)
            let dataKey = try open(
                sealed, count: GeneratedDataKey.sizeBytes, key, call, encryptionContext, keyring)
            return try seal(dataKey, key, call, encryptionContext, keyring)
        }
    }

    private func dataKey(
        _ keyID: String?, _ call: KeyCall, _ keyring: ServiceKeyring
    ) throws(KeyServiceError) -> GeneratedDataKey {
        let key = try authorized(keyID ?? Self.defaultKeyID, call, keyring.registry)
        try call.stopIfDryRun()
        let plaintext = try random(count: GeneratedDataKey.sizeBytes)
        let sealed = try seal(plaintext, key, call, call.encryptionContext, keyring)
        assert(sealed.bytes.count == Self.sealedSizeBytes)
        return GeneratedDataKey(plaintext: plaintext, wrapped: sealed)
    }

    func random(count: Int) throws(KeyServiceError) -> SecretBytes {
        do throws(KeyBackendError) {
            return try HostRandom(host: host).secret(count: count)
        } catch {
            throw KeyServiceError(error)
        }
    }
}
