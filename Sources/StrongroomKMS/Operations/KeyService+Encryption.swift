public import StrongroomCrypto
public import StrongroomKeys

/// Short secrets of any kind, sealed by a key itself; and randomness.
extension KeyService {
    /// Seals a short secret under the current material of a key.
    ///
    /// - Parameters:
    ///   - plaintext: 1 to 4096 bytes.
    ///   - keyID: the key, in any of the four ways; nil means ``defaultKeyID``.
    ///   - encryptionContext: must be given again to open it.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func encrypt(
        _ plaintext: borrowing SecretBytes, keyID: String? = nil, encryptionContext: EncryptionContext = .empty,
        dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyCiphertext {
        let call = KeyCall(.encrypt, requester, encryptionContext, isDryRun: isDryRun)
        let count = plaintext.count
        try await checked(call) { () throws(KeyServiceError) in
            guard !KeyLimits.plaintextSizeBytes.contains(count) else { return }
            throw KeyServiceError.outOfRange("plaintext", count, KeyLimits.plaintextSizeBytes, measure: "length")
        }
        let shared = try share(plaintext)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorized(keyID ?? Self.defaultKeyID, call, keyring.registry)
            try call.stopIfDryRun()
            return try KeyCiphertext(try seal(shared.bytes, key, call, encryptionContext, keyring))
        }
    }

    /// Opens what ``encrypt(_:keyID:encryptionContext:dryRun:as:)`` sealed, or a sealed data key in that form.
    ///
    /// - Parameters:
    ///   - ciphertext: names its key and material itself.
    ///   - keyID: the key that is expected, in any of the four ways; another one is refused with `IncorrectKey`.
    ///   - encryptionContext: must be the one that it was sealed with, byte by byte.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func decrypt(
        _ ciphertext: KeyCiphertext, keyID: String? = nil, encryptionContext: EncryptionContext = .empty,
        dryRun isDryRun: Bool = false, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> SecretBytes {
        let call = KeyCall(.decrypt, requester, encryptionContext, isDryRun: isDryRun)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            try opened(
                ciphertext.sealed, expected: keyID, count: ciphertext.plaintextSizeBytes, call, keyring)
        }
    }

    /// Opens a ciphertext and seals its plaintext under another key, or under the current material of the same one,
    /// without giving it out.
    ///
    /// - Parameters:
    ///   - ciphertext: names its key and material itself.
    ///   - sourceKeyID: the key that is expected to have sealed it; nil for the one that it names.
    ///   - sourceContext: the one that it was sealed with.
    ///   - destinationKeyID: the key to seal it under, in any of the four ways.
    ///   - destinationContext: the one to seal it with.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf; needs `kms:ReEncryptFrom` of the one key and `kms:ReEncryptTo` of the other.
    public func reEncrypt(
        _ ciphertext: KeyCiphertext, sourceKeyID: String? = nil, sourceContext: EncryptionContext = .empty,
        destinationKeyID: String, destinationContext: EncryptionContext = .empty, dryRun isDryRun: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyCiphertext {
        let call = KeyCall(.reEncrypt, requester, sourceContext, isDryRun: isDryRun)
        call.sealsUnder(destinationContext)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            let sealed = ciphertext.sealed
            let source = found(try registry.resolveSealing(sealed.keyID, "A ciphertext"), call, registry)
            let destination = found(try registry.resolve(destinationKeyID), call, registry)
            let conditions = Self.onSameKey(source.id == destination.id)
            try authorize(
                source, call, registry, actions: ["kms:ReEncryptFrom"],
                alias: sourceKeyID.flatMap(registry.aliasName(in:)), conditions: conditions)
            try authorize(
                destination, call, registry, actions: ["kms:ReEncryptTo"],
                alias: registry.aliasName(in: destinationKeyID), conditions: conditions, destinationContext)
            try expect(source, as: sourceKeyID, registry)
            try registry.check(.reEncrypt, of: source)
            try registry.check(.reEncrypt, of: destination)
            let plaintext = try open(
                sealed, count: ciphertext.plaintextSizeBytes, source, call, sourceContext, keyring)
            try call.stopIfDryRun()
            return try KeyCiphertext(try seal(plaintext, destination, call, destinationContext, keyring))
        }
    }

    /// New random bytes to be used as a key elsewhere, in plaintext and sealed under the current material of a key.
    ///
    /// - Parameters:
    ///   - count: how many, 1 to 1024.
    ///   - keyID: the key, in any of the four ways; nil means ``defaultKeyID``.
    ///   - encryptionContext: must be given again to open what is sealed.
    ///   - isDryRun: whether to fail with ``KeyServiceError/Code/dryRunOperation`` where it would work.
    ///   - requester: on whose behalf.
    public func generateDataKey(
        count: Int, keyID: String? = nil, encryptionContext: EncryptionContext = .empty, dryRun isDryRun: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> DataKeyOfAnySize {
        let call = KeyCall(.generateDataKey, requester, encryptionContext, isDryRun: isDryRun)
        return try await dataKey(count, keyID, call)
    }

    /// The same without the plaintext: for whoever stores it for others to open.
    public func generateDataKeyWithoutPlaintext(
        count: Int, keyID: String? = nil, encryptionContext: EncryptionContext = .empty, dryRun isDryRun: Bool = false,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyCiphertext {
        let call = KeyCall(.generateDataKeyWithoutPlaintext, requester, encryptionContext, isDryRun: isDryRun)
        return try await dataKey(count, keyID, call).ciphertext
    }

    private func dataKey(
        _ count: Int, _ keyID: String?, _ call: KeyCall
    ) async throws(KeyServiceError) -> DataKeyOfAnySize {
        call.asks("numberOfBytes", String(count))
        try await checked(call) { () throws(KeyServiceError) in
            try Self.check(count, in: KeyLimits.randomSizeBytes, "numberOfBytes")
        }
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorized(keyID ?? Self.defaultKeyID, call, keyring.registry)
            try call.stopIfDryRun()
            let plaintext = try random(count: count)
            let sealed = try KeyCiphertext(try seal(plaintext, key, call, call.encryptionContext, keyring))
            return DataKeyOfAnySize(plaintext: plaintext, ciphertext: sealed)
        }
    }

    /// The ARN of the key that has sealed a ciphertext; of its related key here, where that one is in another region.
    public func keyARN(of ciphertext: KeyCiphertext) -> String { owner.arn(ciphertext.keyID) }

    /// Random bytes fit for keys, 1 to 1024.
    public func generateRandom(
        count: Int, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> SecretBytes {
        let call = KeyCall(.generateRandom, requester).asks("numberOfBytes", String(count))
        try await checked(call) { () throws(KeyServiceError) in
            try Self.check(count, in: KeyLimits.randomSizeBytes, "numberOfBytes")
        }
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            try authorizeAccount(call, keyring.registry)
            return try random(count: count)
        }
    }

    private func share(_ secret: borrowing SecretBytes) throws(KeyServiceError) -> SharedSecret {
        do throws(SecretMemoryError) {
            return SharedSecret(try secret.copy())
        } catch {
            throw KeyServiceError(secretMemory: error)
        }
    }

    private static func check(_ count: Int, in range: ClosedRange<Int>, _ name: String) throws(KeyServiceError) {
        guard !range.contains(count) else { return }
        throw KeyServiceError.outOfRange(name, count, range)
    }
}

/// New random bytes, and the same sealed.
public struct DataKeyOfAnySize: ~Copyable, Sendable {
    /// The bytes.
    public let plaintext: SecretBytes
    /// What opens to them.
    public let ciphertext: KeyCiphertext
}

extension KeyCiphertext {
    /// As sealed data keys are.
    fileprivate var sealed: WrappedDataKey {
        WrappedDataKey(keyID: keyID.description, keyVersion: materialID.description, bytes: stream)
    }
}
