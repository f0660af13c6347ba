internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// The state that one run of the checks carries from check to check.
struct ConformanceRun {
    let path: FilePath
    let keyring: FilePath
    let settings: [String: String]
    private var module: KeyModule?
    private var openInstance: KeyBackendInstance?
    private var keyID = ""
    private(set) var wrapped: WrappedDataKey?
    private(set) var key: SharedSecret?
    private var faultCount = 0

    init(path: FilePath, keyring: FilePath, settings: [String: String]) {
        self.path = path
        self.keyring = keyring
        self.settings = settings
    }

    mutating func perform(_ check: KeyModuleConformance.Check) async throws(ConformanceFailure) {
        switch check {
        case .load: try load()
        case .table: try checkTable()
        case .open: openInstance = try await open(creates: true)
        case .describe: try await describe()
        case .generate: try await generate()
        case .unwrap: try await unwrap()
        case .damaged: try await checkDamaged()
        case .otherKey: try await checkOtherKey()
        case .context: try await checkContext()
        case .rewrap: try await checkRewrap()
        case .room: try await RawConformance(try instance).checkRoom(keyID)
        case .tags: try await RawConformance(try instance).checkTags()
        case .malformed: try await RawConformance(try instance).checkMalformed(keyID)
        case .concurrency: try await RawConformance(try instance).checkConcurrency()
        case .cancellation: try await RawConformance(try instance).checkCancellation()
        case .control: try await checkControl()
        case .close: try await close()
        case .reopen: try await reopen()
        case .completion: try await checkCompletion()
        }
    }

    // MARK: - Before the first call

    private var loadError: KeyBackendError?

    private mutating func load() throws(ConformanceFailure) {
        do throws(KeyBackendError) {
            module = try KeyModule.load(TrustedModule(path: path, sha256: try KeyModule.digest(of: path)))
        } catch  where error.code == .incompatibleModule {
            // Loaded well; what is wrong with it is the next check's matter.
            loadError = error
        } catch {
            throw ConformanceFailure(error.message)
        }
    }

    private func checkTable() throws(ConformanceFailure) {
        if let loadError { throw ConformanceFailure(loadError.message) }
    }

    var instance: KeyBackendInstance {
        get throws(ConformanceFailure) {
            guard let openInstance else { throw ConformanceFailure("it is not open") }
            return openInstance
        }
    }

    private func open(creates: Bool) async throws(ConformanceFailure) -> KeyBackendInstance {
        guard let module else { throw ConformanceFailure("it is not loaded") }
        do throws(KeyBackendError) {
            return try await KeyBackendInstance.open(
                module.table,
                configuration: KeyBackendConfiguration(keyring: keyring, creates: creates, settings: settings),
                deadlineSeconds: 20)
        } catch {
            throw ConformanceFailure("\(error)")
        }
    }

    // MARK: - Keys

    private mutating func describe() async throws(ConformanceFailure) {
        let instance = try instance
        let description = try await Self.expect { () throws(KeyBackendError) in
            try await instance.describe(DescribeRequest(context: Self.context(for: instance)))
        }
        guard description.health == .ready else {
            throw ConformanceFailure("the default key is not ready: \(description.message)")
        }
        keyID = description.keyID
    }

    private mutating func generate() async throws(ConformanceFailure) {
        let instance = try instance
        let request = DataKeyRequest(
            keyID: keyID, encryptionContext: try Self.encryptionContext("a"), context: Self.context(for: instance))
        // The instance itself refuses a short, zero, repeated or exposed key.
        for _ in 0..<16 {
            do throws(KeyBackendError) {
                let generated = try await instance.generateDataKey(request)
                wrapped = generated.wrapped
                key = SharedSecret(generated.takePlaintext())
            } catch {
                throw ConformanceFailure("\(error)")
            }
        }
    }

    private func unwrap() async throws(ConformanceFailure) {
        let (wrapped, key) = try current
        try await Self.checkOpens(wrapped, to: key, try instance, "the wrapped key")
    }

    private func checkDamaged() async throws(ConformanceFailure) {
        let (wrapped, _) = try current
        var variants = (0..<min(wrapped.bytes.count, 256)).map { index in
            var bytes = wrapped.bytes
            bytes[index] ^= 1
            return (bytes, "byte \(index) changed")
        }
        variants.append((wrapped.bytes.dropLast(), "the last byte missing"))
        variants.append((wrapped.bytes + [0], "a byte too many"))
        variants.append(([0], "one byte only"))
        for (bytes, what) in variants {
            var damaged = wrapped
            damaged.bytes = Array(bytes)
            // A damaged wrapped key may name a key that there is not, or that is somebody else's.
            try await checkRefused(
                damaged, [.invalidCiphertext, .incorrectKey, .accessDenied], "a wrapped key with \(what)")
        }
    }

    private func checkOtherKey() async throws(ConformanceFailure) {
        var (wrapped, _) = try current
        wrapped.keyID = "strongroom-conformance/no-such-key"
        let codes: [KeyBackendError.Code] = [.keyNotFound, .incorrectKey, .invalidCiphertext, .accessDenied]
        try await checkRefused(wrapped, codes, "a wrapped key under the id of a key that does not exist")
        let instance = try instance
        let request = DataKeyRequest(keyID: wrapped.keyID, context: Self.context(for: instance))
        try await Self.expectFailure([.keyNotFound, .accessDenied], "a new key under a key that does not exist") {
            () throws(KeyBackendError) in _ = try await instance.generateDataKey(request)
        }
    }

    private func checkContext() async throws(ConformanceFailure) {
        guard try instance.table.bindsContext else { return }
        let (wrapped, _) = try current
        for name in ["b", "ab", ""] {
            try await checkRefused(
                wrapped, [.invalidCiphertext, .accessDenied], "a wrapped key with another encryption context",
                context: name.isEmpty ? .empty : try Self.encryptionContext(name))
        }
    }

    private func checkRewrap() async throws(ConformanceFailure) {
        let (wrapped, key) = try current
        let instance = try instance
        let request = RewrapRequest(
            encryptionContext: try Self.encryptionContext("a"), context: Self.context(for: instance))
        for _ in 0..<2 {
            let rewrapped = try await Self.expect { () throws(KeyBackendError) in
                try await instance.rewrap(wrapped, for: request)
            }
            try await Self.checkOpens(rewrapped, to: key, instance, "the rewrapped key")
        }
        try await Self.checkOpens(wrapped, to: key, instance, "the wrapped key from before the rewrap")
    }

    // MARK: - Administration and the end

    private func checkControl() async throws(ConformanceFailure) {
        let instance = try instance
        let answer = try await Self.expect { () throws(KeyBackendError) in
            try await instance.control(
                ControlRequest(json: Array(#"{"operation":"status"}"#.utf8), context: Self.context(for: instance)))
        }
        do throws(KeyBackendError) {
            _ = try JSONValue.object(parsing: answer)
        } catch {
            throw ConformanceFailure("status was answered with something that is no JSON object")
        }
        for text in ["", "{", "[]", "{\"operation\":7}", "{\"operation\":\"strongroom-conformance-no-such\"}"] {
            try await Self.expectFailure([.invalidRequest, .unsupported], "the control request '\(text)'") {
                () throws(KeyBackendError) in
                _ = try await instance.control(
                    ControlRequest(json: Array(text.utf8), context: Self.context(for: instance)))
            }
        }
    }

    private mutating func close() async throws(ConformanceFailure) {
        let instance = try instance
        openInstance = nil
        defer { faultCount += instance.faultCount }
        try await Self.expect { () throws(KeyBackendError) in
            try await instance.close(deadlineSeconds: KeyModuleConformance.callDeadlineSeconds)
        }
    }

    private mutating func reopen() async throws(ConformanceFailure) {
        let (wrapped, key) = try current
        let instance = try await open(creates: false)
        openInstance = instance
        try await Self.checkOpens(wrapped, to: key, instance, "the wrapped key")
        try await close()
    }

    /// Late and second completions have had time to come.
    private func checkCompletion() async throws(ConformanceFailure) {
        try? await Task.sleep(for: .milliseconds(100))
        guard faultCount == 0 else {
            throw ConformanceFailure(
                "it broke the contract \(faultCount) times, for example by completing a call twice")
        }
    }
}
