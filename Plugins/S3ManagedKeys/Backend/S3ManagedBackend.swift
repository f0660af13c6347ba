internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The backend itself: wraps with keys that are in locked memory, so no operation waits for anything;
/// what changes the keyring runs on a thread of its own.
///
/// A wrapped data key is a sealed stream of its 32 bytes (104 bytes) under a version of a key line, bound
/// to keyring, line and version.
final class S3ManagedBackend: KeyBackend {
    static let wrappedSizeBytes = 104

    let host: any KeyBackendHost
    /// What wraps and unwraps; nil once closed.
    private let current: Mutex<Keyring?>
    /// What is changed, one change after the other; held while a change is written, only on threads that
    /// may block.
    private let opened: Mutex<OpenedKeyring<Keyring>>

    /// Blocks.
    init(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        try KeyringSettings.check(configuration.settings, Keyring.kind)
        let opened =
            configuration.creates
            ? try OpenedKeyring<Keyring>(creating: configuration, host) : try OpenedKeyring(opening: configuration)
        self.host = host
        current = Mutex(opened.content)
        self.opened = Mutex(opened)
    }

    // MARK: - Keys

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let line = try KeyLine(keyID: request.keyID)
        let keyring = try openKeyring()
        let plaintext = try HostRandom(host: host).secret(count: GeneratedDataKey.sizeBytes)
        let wrapped = try wrap(plaintext, line, keyring)
        return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try unwrap(wrapped, try openKeyring())
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        let keyring = try openKeyring()
        return try wrap(try unwrap(wrapped, keyring), try KeyLine(keyID: wrapped.keyID), keyring)
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        let line = try KeyLine(keyID: request.keyID)
        return KeyDescription(
            keyID: line.keyID, currentVersion: String(try openKeyring().currentVersion(line)), health: .ready)
    }

    func close() async throws(KeyBackendError) {
        current.withLock { $0 = nil }
    }

    // MARK: - Changes; block

    /// Returns the new version.
    func rotate(_ line: KeyLine) throws(KeyBackendError) -> UInt32 {
        try opened.withLock { (opened) throws(KeyBackendError) in
            let remnant = try opened.change { (keyring, root) throws(KeyBackendError) in
                try keyring.addVersion(line, root, host)
            }
            if let remnant { host.log(.warning, remnant.remnantMessage) }
            let keyring = opened.content
            // Only what is durable wraps: a version that a crash could take back must not have been used.
            current.withLock { current in
                if current != nil { current = keyring }
            }
            return keyring.currentVersion(line)
        }
    }

    func replaceRootKey(_ configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) {
        try KeyringSettings.check(configuration.settings, Keyring.kind)
        _ = try opened.withLock { (opened) throws(KeyBackendError) in
            try opened.replaceRootKey(configuration, host)
        }
    }

    /// What wraps and unwraps at this moment.
    func openKeyring() throws(KeyBackendError) -> Keyring {
        guard let keyring = current.withLock({ $0 }) else {
            throw KeyBackendError(.closed, "The S3-managed keys have been closed; open them again.")
        }
        return keyring
    }

    private func wrap(
        _ key: borrowing SecretBytes, _ line: KeyLine, _ keyring: Keyring
    ) throws(KeyBackendError) -> WrappedDataKey {
        let version = keyring.currentVersion(line)
        guard let wrappingKey = keyring.key(line, version) else {
            preconditionFailure("The keyring has no current version of \(line.keyID).")
        }
        let bytes = try wrappingKey.wrap(key, boundTo: Self.context(keyring, line, version), host)
        assert(bytes.count == Self.wrappedSizeBytes)
        return WrappedDataKey(keyID: line.keyID, keyVersion: String(version), bytes: bytes)
    }

    private func unwrap(_ wrapped: WrappedDataKey, _ keyring: Keyring) throws(KeyBackendError) -> SecretBytes {
        let line = try KeyLine(keyID: wrapped.keyID)
        guard let version = UInt32(wrapped.keyVersion), String(version) == wrapped.keyVersion,
            let key = keyring.key(line, version)
        else {
            throw KeyBackendError(
                .keyNotFound,
                "The keyring has no version '\(wrapped.keyVersion)' of \(line.keyID); it may be older than the store.")
        }
        return try key.unwrap(
            wrapped.bytes, boundTo: Self.context(keyring, line, version), name: "version \(version) of \(line.keyID)")
    }

    private static func context(_ keyring: Keyring, _ line: KeyLine, _ version: UInt32) -> [UInt8] {
        BoundContext.encode(
            "strongroom/s3-managed/wrap@v1", keyring.document.header.keyringID,
            [Array(line.keyID.utf8), Array(String(version).utf8)])
    }
}
