internal import Glibc
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// The backend itself: asks the token on threads that may block, and seals with what the token says.
final class PKCS11Backend: KeyBackend {
    let settings: PKCS11Settings
    let keys: TokenKeys
    let host: any KeyBackendHost
    private let threads: IOThreadPool
    /// Sessions and threads are not there in a child that was forked.
    private let processID = getpid()

    /// Blocks.
    init(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        settings = try PKCS11Settings(configuration.settings)
        let pin = try Self.pin(configuration, settings)
        let library = try TokenLibrary.load(settings.library, sha256: settings.librarySHA256)
        var turn: TokenTurn?
        if let file = settings.pinFile { turn = try TokenTurn(file, host: host) }
        let token = Token(library, settings.place, pin: pin, turn: turn)
        keys = TokenKeys(token, prefix: settings.keyPrefix, host: host)
        self.host = host
        threads = IOThreadPool(threadCount: settings.sessionLimit, name: "token")
        do throws(KeyBackendError) {
            try Self.open(keys, creates: configuration.creates)
        } catch {
            token.close()
            throw error
        }
    }

    private static func pin(
        _ configuration: borrowing KeyBackendConfiguration, _ settings: PKCS11Settings
    ) throws(KeyBackendError) -> SharedSecret {
        switch configuration.secret {
        case .none:
            guard let file = settings.pinFile else {
                throw KeyBackendError(
                    .invalidRequest,
                    "The token's PIN is missing; name a file of mode 0600 that holds it with the setting 'pin-file'.")
            }
            return SharedSecret(try PINFile.read(file))
        case .some(let secret):
            guard settings.pinFile == nil else {
                throw KeyBackendError(
                    .invalidRequest, "Give the token's PIN once: as the secret, or in the file that 'pin-file' names.")
            }
            do throws(SecretMemoryError) {
                return SharedSecret(try secret.copy())
            } catch {
                throw KeyBackendError(secretMemory: error)
            }
        }
    }

    private static func open(_ keys: TokenKeys, creates: Bool) throws(KeyBackendError) {
        try keys.token.checkMechanisms(creates: creates)
        let label = try keys.label(nil)
        if creates {
            guard try keys.create(label) else {
                throw KeyBackendError(
                    .keyringExists, "\(keys.token.name) has the key '\(label)' already; open it without making it.")
            }
        }
        do throws(KeyBackendError) {
            try keys.check(label)
        } catch {
            guard error.code == .keyNotFound else { throw error }
            throw KeyBackendError(
                .keyringMissing,
                "\(keys.token.name) has no key '\(label)' yet; have it made, or correct the setting 'key-prefix'.")
        }
    }

    // MARK: - Keys

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let label = try keys.label(request.keyID)
        let plaintext = try HostRandom(host: host).secret(count: GeneratedDataKey.sizeBytes)
        let wrapped = try await wrap(plaintext, label, request.encryptionContext, request.context)
        return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try await unwrap(wrapped, request.encryptionContext, request.context)
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        let key = try await unwrap(wrapped, request.encryptionContext, request.context)
        return try await wrap(key, try keys.label(wrapped.keyID), request.encryptionContext, request.context)
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        let label = try keys.label(request.keyID)
        let versions = try await onThread(request.context) { [keys] () throws(KeyBackendError) in
            try keys.versions(label)
        }
        let current = versions[versions.count - 1]
        return KeyDescription(
            keyID: label, currentVersion: current.identity.description,
            health: current.problem == nil ? .ready : .unavailable, message: current.problem ?? "")
    }

    func close() async throws(KeyBackendError) {
        try checkProcess()
        await threads.shutDown()
        keys.token.close()
    }

    // MARK: - At the token

    /// Runs what may block, unless nobody waits for it any more when its turn comes.
    func onThread<Value: Sendable>(
        _ context: KeyRequestContext, _ work: @escaping @Sendable () throws(KeyBackendError) -> Value
    ) async throws(KeyBackendError) -> Value {
        try checkProcess()
        return try await threads.run { [host] () throws(KeyBackendError) in
            if context.cancellation.isCancelled {
                throw KeyBackendError(.cancelled, "Nobody waits for the token any more; nothing was done.")
            }
            if let deadline = context.deadlineNanoseconds, host.bootNanoseconds() >= deadline {
                throw KeyBackendError(
                    .deadlineExceeded,
                    "The token had no session free in time; set sessions to more, if it can have them.")
            }
            return try work()
        }
    }

    private func checkProcess() throws(KeyBackendError) {
        guard getpid() == processID else {
            throw KeyBackendError(
                .unavailable,
                "This process was forked, and the token belongs to its parent; open the backend in a process that was "
                    + "started by exec.")
        }
    }

    private func wrap(
        _ key: borrowing SecretBytes, _ label: String, _ encryptionContext: EncryptionContext,
        _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> WrappedDataKey {
        let salt = HostRandom(host: host).bytes(TokenWrap.saltSizeBytes)
        let (identity, wrappingKey) = try await onThread(context) { [keys] () throws(KeyBackendError) in
            let identity = try keys.currentVersion(label)
            let message = try TokenWrap.message(identity, label, salt: salt, encryptionContext)
            return (identity, try keys.derive(message, identity, label))
        }
        let wrap = try TokenWrap(
            wrapping: key, identity, salt: salt, under: wrappingKey, label, encryptionContext, host)
        return WrappedDataKey(keyID: label, keyVersion: identity.description, bytes: wrap.bytes)
    }

    private func unwrap(
        _ wrapped: WrappedDataKey, _ encryptionContext: EncryptionContext, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> SecretBytes {
        let label = try keys.label(wrapped.keyID)
        let wrap = try TokenWrap(wrapped.bytes)
        guard wrap.identity.description == wrapped.keyVersion else {
            throw KeyBackendError(
                .incorrectKey,
                "The wrapped key was wrapped by version \(wrap.identity), and version "
                    + "'\(wrapped.keyVersion.prefix(64))' is expected.")
        }
        let message = try TokenWrap.message(wrap.identity, label, salt: wrap.salt, encryptionContext)
        let wrappingKey = try await onThread(context) { [keys] () throws(KeyBackendError) in
            try keys.derive(message, wrap.identity, label)
        }
        return try wrap.open(under: wrappingKey, label, encryptionContext)
    }
}
