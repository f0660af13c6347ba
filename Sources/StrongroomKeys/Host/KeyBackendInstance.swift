internal import CStrongroomKeyBackend
public import StrongroomCrypto
internal import StrongroomSystem

/// An open backend, reached through the C contract: what the engine holds.
///
/// It trusts the backend's answers no further than it must: each is checked (length, zeros, repetition,
/// key id, size), each call has a deadline after which nobody waits, and a backend that answers twice or
/// late reaches nothing. No lock is held while the backend runs.
public final class KeyBackendInstance: KeyBackend {
    /// How long a call may take when its request does not say.
    public static let defaultDeadlineSeconds: UInt64 = 30

    /// The backend's table.
    public let table: KeyBackendTable
    let host: InstanceHost
    let hostID: UInt64
    let freshness = FreshnessCheck()
    let handle: InstanceHandle
    /// Only for backends that may wait before they return.
    private let threads: IOThreadPool?
    /// Threads on which such a backend is called: as many calls as it may hang in at once.
    private static let callThreadCount = 8

    init(table: KeyBackendTable, handle: InstanceHandle, host: InstanceHost, hostID: UInt64) {
        self.table = table
        self.handle = handle
        self.host = host
        self.hostID = hostID
        threads = table.returnsPromptly ? nil : IOThreadPool(threadCount: Self.callThreadCount, name: "key-backend")
    }

    deinit { OperationRegistry.shared.unregister(host: hostID) }

    /// How often the backend broke the contract so far.
    package var faultCount: Int { host.faultCount }

    // MARK: - Operations

    /// Asks for a new data key and checks what comes.
    public func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let operation = try await call(
            .generateDataKey, request.context, keyID: request.keyID, encryptionContext: request.encryptionContext,
            room: .generate)
        let wrapped = try wrappedKey(in: operation, requestedID: request.keyID)
        let plaintext = try dataKey(in: operation)
        try checkFresh(plaintext, wrapped)
        return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
    }

    /// Opens a wrapped key; an answer from another key than `wrapped.keyID` is refused.
    public func unwrap(
        _ wrapped: WrappedDataKey, for request: UnwrapRequest
    ) async throws(KeyBackendError) -> SecretBytes {
        let operation = try await call(
            .unwrap, request.context, input: try input(wrapped), keyID: wrapped.keyID, keyVersion: wrapped.keyVersion,
            encryptionContext: request.encryptionContext, room: .unwrap)
        try checkSameKey(operation, wrapped)
        return try dataKey(in: operation)
    }

    /// Wraps under the current version of the same key.
    public func rewrap(
        _ wrapped: WrappedDataKey, for request: RewrapRequest
    ) async throws(KeyBackendError) -> WrappedDataKey {
        let operation = try await call(
            .rewrap, request.context, input: try input(wrapped), keyID: wrapped.keyID, keyVersion: wrapped.keyVersion,
            encryptionContext: request.encryptionContext, room: .rewrap)
        try checkSameKey(operation, wrapped)
        return try wrappedKey(in: operation, requestedID: wrapped.keyID)
    }

    /// Asks how a key is.
    public func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        let operation = try await call(.describe, request.context, keyID: request.keyID, room: .describe)
        return try description(in: operation, requestedID: request.keyID)
    }

    /// Passes an administrator's request on.
    public func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        var request = request
        request.answerSecretSizeBytesMax = 0
        return try await controlWithSecrets(request).json
    }

    /// The same, with secrets beside request and answer.
    public func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer {
        let secretSizes = 0...ControlRequest.secretSizeBytesMax
        guard request.secret.map({ secretSizes.contains($0.bytes.count) && $0.bytes.count > 0 }) ?? true,
            secretSizes.contains(request.answerSecretSizeBytesMax)
        else {
            throw KeyBackendError(
                .invalidRequest,
                "The secret of a control request, or the room for one in its answer, is none of 1 to "
                    + "\(ControlRequest.secretSizeBytesMax) bytes.")
        }
        guard request.json.count <= Int(STRONGROOM_KEY_CONTROL_REQUEST_MAX) else {
            throw KeyBackendError(
                .invalidRequest,
                "A control request of \(request.json.count) bytes is too large; "
                    + "the limit is \(STRONGROOM_KEY_CONTROL_REQUEST_MAX).")
        }
        let operation = try await call(
            .control, request.context, secret: .control(request.secret), input: request.json,
            room: .controlWithSecret(sizeBytesMax: request.answerSecretSizeBytesMax))
        guard let document = operation.part(.document), !document.isEmpty else {
            throw fault("answered a control request with nothing, or with more than fits")
        }
        return ControlAnswer(
            json: document, secret: try secret(in: operation, room: request.answerSecretSizeBytesMax))
    }

    /// Waits for open calls to be answered, then closes. Fails with `deadlineExceeded` when one never is;
    /// the instance is unusable all the same. Closing twice is no error.
    public func close() async throws(KeyBackendError) {
        try await close(deadlineSeconds: Self.defaultDeadlineSeconds)
    }

    func close(deadlineSeconds: UInt64) async throws(KeyBackendError) {
        guard host.startClosing() else { return }
        let deadline = PosixClock().bootNanoseconds() + deadlineSeconds * 1_000_000_000
        // A task of its own: closing goes on when the caller's task is cancelled. It is rare, and nobody's
        // request waits for it, so polling is enough.
        let isIdle = await Task { [host] in
            while !host.isIdle {
                guard PosixClock().bootNanoseconds() < deadline else { return false }
                try? await Task.sleep(for: .milliseconds(2))
            }
            return true
        }.value
        guard isIdle else {
            throw KeyBackendError(
                .deadlineExceeded, "The key backend '\(table.name)' has not answered all calls; it cannot be closed.")
        }
        let context = TLVWriter.operation(KeyRequestContext(), deadlineNanoseconds: deadline)
        let operation = try HostOperation(.close, hostID: hostID, context: context, input: [], room: .close)
        host.enterClose()
        try await run(operation, deadline: deadline, heedsCancellation: false)
        OperationRegistry.shared.unregister(host: hostID)
    }

    // MARK: - One call

    private func call(
        _ function: ModuleFunction, _ context: KeyRequestContext, secret: RequestSecret? = nil, input: [UInt8] = [],
        keyID: String? = nil, keyVersion: String? = nil,
        encryptionContext: EncryptionContext = .empty, room: HostOperation.Room
    ) async throws(KeyBackendError) -> HostOperation {
        let deadline = deadlineNanoseconds(context.deadlineNanoseconds)
        let block = TLVWriter.operation(
            context, keyID: keyID, keyVersion: keyVersion, encryptionContext: encryptionContext,
            deadlineNanoseconds: deadline)
        guard block.count <= Int(STRONGROOM_KEY_CONTEXT_MAX) else {
            throw KeyBackendError(
                .invalidRequest,
                "The request's caller, tokens and encryption context have \(block.count) bytes; "
                    + "the limit is \(STRONGROOM_KEY_CONTEXT_MAX).")
        }
        // What does not know them would do whatever it is asked.
        guard context.caller?.policies == nil || table.heedsPolicies else {
            throw KeyBackendError(
                .unsupported,
                "The key backend '\(table.name)' does not decide by policies of users, so that nothing is asked of it for "
                    + "one; ask it from inside the process.")
        }
        guard secret == nil || context.customerKey == nil else {
            throw KeyBackendError(
                .invalidRequest,
                "A control request has a secret of its own and the caller's key besides; give one of them.")
        }
        if Task.isCancelled || context.cancellation.isCancelled { throw cancelled }
        guard PosixClock().bootNanoseconds() < deadline else { throw deadlineExceeded }
        let operation = try HostOperation(
            function, hostID: hostID, context: block, secret: secret ?? .customerKey(context.customerKey),
            input: input, room: room, cancellation: context.cancellation)
        try host.enter(function)
        try await run(operation, deadline: deadline, heedsCancellation: true)
        return operation
    }

    /// Starts the call and waits until the backend completes it, or until nobody waits any more.
    private func run(
        _ operation: HostOperation, deadline: UInt64, heedsCancellation: Bool
    ) async throws(KeyBackendError) {
        let id = OperationRegistry.shared.enter(operation)
        start(operation, id)
        if !operation.hasEnded {
            let remaining = deadline &- min(deadline, PosixClock().bootNanoseconds())
            let timer = Task { [weak self] in
                // Cancelled when the answer has come.
                guard (try? await Task.sleep(for: .nanoseconds(Int64(clamping: remaining)))) != nil else { return }
                self?.abandon(operation, self?.deadlineExceeded)
            }
            await withTaskCancellationHandler {
                _ = await operation.wait()
            } onCancel: {
                if heedsCancellation { abandon(operation, cancelled) }
            }
            timer.cancel()
        }
        switch await operation.wait() {
        case .abandoned(let error): throw error
        case .completed(Int32(STRONGROOM_KEY_OK)): return
        case .completed(let status): throw failure(status, operation)
        }
    }

    private func start(_ operation: HostOperation, _ id: UInt64) {
        guard let threads else {
            operation.function.call(table, handle, operation, id)
            return
        }
        threads.submit { [table, handle] in
            // Who gave up while the call was queued must not have it made.
            if operation.hasEnded {
                OperationRegistry.shared.withdraw(id)
            } else {
                operation.function.call(table, handle, operation, id)
            }
        }
    }

    private func abandon(_ operation: HostOperation, _ error: KeyBackendError?) {
        guard let error else { return }
        host.abandon(operation.function) { operation.end(.abandoned(error)) }
    }

    private func deadlineNanoseconds(_ requested: UInt64?) -> UInt64 {
        requested ?? PosixClock().bootNanoseconds() + Self.defaultDeadlineSeconds * 1_000_000_000
    }

    private var cancelled: KeyBackendError {
        KeyBackendError(.cancelled, "The call of the key backend '\(table.name)' was cancelled.")
    }

    private var deadlineExceeded: KeyBackendError {
        KeyBackendError(
            .deadlineExceeded,
            "The key backend '\(table.name)' did not answer in time; see that it is reachable, then try again.")
    }
}
