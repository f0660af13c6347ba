internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// One random key-encryption key, in locked memory and nowhere else: for stores that leave nothing behind.
///
/// A wrapped data key is a sealed stream of its 32 bytes, as the S3-managed keys make it. Nobody opens it
/// once this backend is closed.
final class EphemeralKeyBackend: KeyBackend {
    static let name = "ephemeral"
    static let keyID = "ephemeral/objects"
    static let version = "1.0.0"
    /// There is never another one: with the process the key goes, too.
    static let keyVersion = "1"

    /// The way in through the contract, as every backend has it.
    static let table = exportKeyBackend(name: name, version: version, capabilities: [.returnsPromptly]) {
        (configuration, _) throws(KeyBackendError) in
        try EphemeralKeyBackend(configuration)
    }

    private static let context = Array("strongroom/ephemeral/wrap@v1".utf8)

    /// Nil once closed.
    private let key: Mutex<KeyEncryptionKey?>

    init(_ configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) {
        guard configuration.keyring == nil, configuration.settings.isEmpty, configuration.secret == nil else {
            throw KeyBackendError(
                .invalidRequest, "Ephemeral keys have no keyring, no settings and no secret; open them without.")
        }
        key = Mutex(try KeyEncryptionKey())
    }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        try Self.check(request.keyID ?? Self.keyID)
        let plaintext: SecretBytes
        do throws(SecretMemoryError) {
            plaintext = try SecretBytes.random(count: GeneratedDataKey.sizeBytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        let wrapped = try wrap(plaintext)
        return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try unwrap(wrapped)
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        try wrap(try unwrap(wrapped))
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        try Self.check(request.keyID ?? Self.keyID)
        _ = try openKey()
        return KeyDescription(keyID: Self.keyID, currentVersion: Self.keyVersion, health: .ready)
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try JSONValue.object(parsing: request.json)
        guard members == ["operation": .string("status")] else {
            throw KeyBackendError(.unsupported, "Ephemeral keys have no operation but {\"operation\":\"status\"}.")
        }
        return JSONValue.object(["backend": .string(Self.name), "version": .string(Self.version)]).encoded()
    }

    func close() async throws(KeyBackendError) {
        key.withLock { $0 = nil }
    }

    private func openKey() throws(KeyBackendError) -> KeyEncryptionKey {
        guard let key = key.withLock({ $0 }) else {
            throw KeyBackendError(.closed, "The ephemeral keys have been closed; what they sealed is gone.")
        }
        return key
    }

    private func wrap(_ secret: borrowing SecretBytes) throws(KeyBackendError) -> WrappedDataKey {
        let key = try openKey()
        do throws(SealError) {
            let bytes = try SealedStream.sealSecret(
                secret, .aes256GCM, under: key.prepared, context: Self.context, random: SystemRandom())
            return WrappedDataKey(keyID: Self.keyID, keyVersion: Self.keyVersion, bytes: bytes)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    private func unwrap(_ wrapped: WrappedDataKey) throws(KeyBackendError) -> SecretBytes {
        try Self.check(wrapped.keyID)
        guard wrapped.keyVersion == Self.keyVersion else {
            throw KeyBackendError(.keyNotFound, "\(Self.keyID) has one version only, \(Self.keyVersion).")
        }
        let key = try openKey()
        do throws(SealError) {
            return try SealedStream.openSecret(
                wrapped.bytes, count: GeneratedDataKey.sizeBytes, .aes256GCM, under: key.prepared,
                context: Self.context)
        } catch  where error.code == .secretMemory || error.code == .cryptoFailure {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        } catch {
            throw KeyBackendError(
                .invalidCiphertext, "The wrapped key is damaged, or other ephemeral keys have wrapped it.",
                underlying: error)
        }
    }

    private static func check(_ keyID: String) throws(KeyBackendError) {
        guard keyID == Self.keyID else {
            throw KeyBackendError(.keyNotFound, "There is no key '\(keyID)' here; there is \(Self.keyID).")
        }
    }
}

/// A key that is prepared for wrapping; shared, so that closing does not take it from a call that runs.
private final class KeyEncryptionKey: Sendable {
    let prepared: PreparedKey

    init() throws(KeyBackendError) {
        do throws(SealError) {
            let secret: SecretBytes
            do throws(SecretMemoryError) {
                secret = try SecretBytes.random(count: GeneratedDataKey.sizeBytes)
            } catch {
                throw SealError(secretMemory: error)
            }
            prepared = try PreparedKey(secret)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }
}
