import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import Synchronization

/// A key service in memory, with what a store's tests need to do to one: count its calls, disable keys, let it hang.
///
/// It goes through the contract like any other. Which of them a table's instances belong to, the setting `name` says.
final class TestKeyService: Sendable {
    static let names = Mutex<[String: TestKeyService]>([:])

    static let table = exportKeyBackend(
        name: "test-kms", version: "1", capabilities: [.bindsContext]
    ) { (configuration, _) throws(KeyBackendError) in
        guard let service = names.withLock({ $0[configuration.settings["name"] ?? ""] }) else {
            throw KeyBackendError(.unavailable, "There is no such key service.")
        }
        return Backend(service: service)
    }

    enum Mood { case well, hangs, throttles, denies, rewrapsOtherKeys, confusesContexts }

    struct State {
        var keys: [String: SharedSecret] = [:]
        /// The newer versions of keys, from version 2 on.
        var versions: [String: [String: SharedSecret]] = [:]
        var current: [String: String] = [:]
        var aliases: [String: String] = [:]
        var disabled: Set<String> = []
        var calls: [String: Int] = [:]
        var contexts: [EncryptionContext] = []
        var callers: [Caller?] = []
        var mood = Mood.well
    }

    let state = Mutex(State())
    let name: String

    init(_ name: String, keys: [String] = ["default"]) throws {
        self.name = name
        for key in keys {
            let secret = SharedSecret(try SecretBytes.random(count: 32))
            state.withLock { $0.keys[Self.arn(key)] = secret }
        }
        Self.names.withLock { $0[name] = self }
    }

    deinit { Self.names.withLock { _ = $0.removeValue(forKey: name) } }

    static func arn(_ key: String) -> String { "arn:aws:kms:us-east-1:000000000000:key/\(key)" }

    func rotate(_ key: String) throws {
        let secret = SharedSecret(try SecretBytes.random(count: 32))
        state.withLock { state in
            let next = String(Int(state.current[Self.arn(key)] ?? "1")! + 1)
            state.versions[Self.arn(key), default: [:]][next] = secret
            state.current[Self.arn(key)] = next
        }
    }

    /// What is still under it is lost.
    func forgetVersion(_ version: String, of key: String) throws {
        let other = SharedSecret(try SecretBytes.random(count: 32))
        state.withLock { state in
            if version == "1" {
                state.keys[Self.arn(key)] = other
            } else {
                state.versions[Self.arn(key)]?[version] = other
            }
        }
    }

    func calls(_ operation: String) -> Int { state.withLock { $0.calls[operation] ?? 0 } }

    /// The real key, and that it may be used.
    fileprivate func use(
        _ id: String?, version: String? = nil, for operation: String, _ context: EncryptionContext, _ caller: Caller?
    ) throws(KeyBackendError) -> (id: String, key: SharedSecret, version: String) {
        try state.withLock { (state) throws(KeyBackendError) in
            state.calls[operation, default: 0] += 1
            state.contexts.append(context)
            state.callers.append(caller)
            if case .throttles = state.mood { throw KeyBackendError(.throttled, "Too many requests.") }
            if case .denies = state.mood { throw KeyBackendError(.accessDenied, "The key's policy denies it.") }
            let wanted = id ?? "default"
            let real = state.aliases[wanted] ?? (state.keys[wanted] == nil ? Self.arn(wanted) : wanted)
            guard let key = state.keys[real] else { throw KeyBackendError(.keyNotFound, "There is no key \(wanted).") }
            // To describe a key is not to use it.
            guard operation == "describe" || !state.disabled.contains(real) else {
                throw KeyBackendError(.keyDisabled, "The key \(real) is disabled.")
            }
            let wantedVersion = version ?? state.current[real] ?? "1"
            guard wantedVersion != "1" else { return (real, key, "1") }
            guard let newer = state.versions[real]?[wantedVersion] else {
                throw KeyBackendError(.keyNotFound, "There is no version \(wantedVersion) of \(real).")
            }
            return (real, newer, wantedVersion)
        }
    }

    /// What the service binds of a context.
    fileprivate func bound(_ context: EncryptionContext) -> [UInt8] {
        guard case .confusesContexts = state.withLock({ $0.mood }) else { return context.canonicalBytes }
        return context.pairs.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
    }

    fileprivate func waitWhileHanging(_ cancellation: KeyCancellation) async {
        while case .hangs = state.withLock({ $0.mood }), !cancellation.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}

private final class Backend: KeyBackend {
    let service: TestKeyService

    init(service: TestKeyService) { self.service = service }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        await service.waitWhileHanging(request.context.cancellation)
        let (id, key, version) = try service.use(
            request.keyID, for: "generate", request.encryptionContext, request.context.caller)
        do {
            let plaintext = try SecretBytes.random(count: GeneratedDataKey.sizeBytes)
            let bytes = try SealedStream.sealSecret(
                plaintext, .aes256GCM, under: try PreparedKey(key.bytes),
                context: service.bound(request.encryptionContext), random: SystemRandom())
            return GeneratedDataKey(
                plaintext: plaintext, wrapped: WrappedDataKey(keyID: id, keyVersion: version, bytes: bytes))
        } catch {
            throw KeyBackendError(.moduleFault, "\(error)")
        }
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        await service.waitWhileHanging(request.context.cancellation)
        let key = try service.use(
            wrapped.keyID, version: wrapped.keyVersion, for: "unwrap", request.encryptionContext, request.context.caller
        ).key
        do {
            return try SealedStream.openSecret(
                wrapped.bytes, count: 32, .aes256GCM, under: try PreparedKey(key.bytes),
                context: service.bound(request.encryptionContext))
        } catch {
            throw KeyBackendError(.invalidCiphertext, "Damaged, or of another context.")
        }
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        let old = try service.use(
            wrapped.keyID, version: wrapped.keyVersion, for: "rewrap", request.encryptionContext,
            request.context.caller)
        let new = try service.use(wrapped.keyID, for: "rewrap", request.encryptionContext, request.context.caller)
        do {
            let context = service.bound(request.encryptionContext)
            var plaintext = try SealedStream.openSecret(
                wrapped.bytes, count: 32, .aes256GCM, under: try PreparedKey(old.key.bytes), context: context)
            if case .rewrapsOtherKeys = service.state.withLock({ $0.mood }) {
                plaintext = try SecretBytes.random(count: 32)
            }
            let bytes = try SealedStream.sealSecret(
                plaintext, .aes256GCM, under: try PreparedKey(new.key.bytes), context: context,
                random: SystemRandom())
            return WrappedDataKey(keyID: old.id, keyVersion: new.version, bytes: bytes)
        } catch {
            throw KeyBackendError(.invalidCiphertext, "\(error)")
        }
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        let key = try service.use(request.keyID, for: "describe", .empty, request.context.caller)
        let isDisabled = service.state.withLock { $0.disabled.contains(key.id) }
        return KeyDescription(
            keyID: key.id, currentVersion: key.version, health: isDisabled ? .unavailable : .ready,
            message: isDisabled ? "The key \(key.id) is disabled." : "")
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] { Array("{}".utf8) }
    func close() async throws(KeyBackendError) {}
}
