internal import CStrongroomKeyBackend
internal import StrongroomCrypto

/// One operation, from the host's structures to its completion.
@safe struct ExportedCall: @unchecked Sendable {
    // Sendable, because the contract keeps what the pointers point to in place until the completion,
    // and only this call's task uses them.

    private let request: UnsafePointer<strongroom_key_request>
    private let answer: UnsafeMutablePointer<strongroom_key_answer>
    private let operation: UInt64
    private let instance: ExportedInstance

    init(
        _ request: UnsafePointer<strongroom_key_request>, _ answer: UnsafeMutablePointer<strongroom_key_answer>,
        _ operation: UInt64, _ instance: ExportedInstance
    ) {
        unsafe self.request = request
        unsafe self.answer = answer
        self.operation = operation
        self.instance = instance
    }

    // Safe throughout: until `complete`, request, answer and their buffers are valid; nothing touches
    // them afterwards.

    func run(_ function: ModuleFunction) async {
        var status = Int32(STRONGROOM_KEY_OK)
        do throws(Failure) {
            try await perform(function)
        } catch {
            switch error {
            case .buffer: status = Int32(STRONGROOM_KEY_E_BUFFER)
            case .backend(let error):
                unsafe answer.pointee.message.fillMessage(error.message)
                if function == .control { fill(reason: error.reason) }
                status = error.code.status
            }
        }
        instance.host.complete(operation, status)
    }

    private enum Failure: Error {
        case backend(KeyBackendError)
        /// Nothing has been done; the needed sizes are set.
        case buffer
    }

    private func perform(_ function: ModuleFunction) async throws(Failure) {
        // The answer must fit before anything is done, because E_BUFFER promises that nothing has been.
        try checkRoom(function)
        do throws(KeyBackendError) {
            let block = unsafe UnsafeRawBufferPointer(
                start: request.pointee.context.data, count: Int(clamping: request.pointee.context.size))
            var decoded = try DecodedRequest(unsafe RawSpan(_unsafeBytes: block))
            try check(decoded, function)
            decoded.context.cancellation = KeyCancellation { [host = instance.host, operation] in
                host.isCancelled(operation)
            }
            switch function {
            case .generateDataKey: try await generateDataKey(decoded)
            case .unwrap: try await unwrap(decoded)
            case .rewrap: try await rewrap(decoded)
            case .describe: try await describe(decoded)
            case .control: try await control(decoded)
            case .close: try await instance.backend.close()
            }
        } catch {
            throw .backend(error)
        }
    }

    /// What was read and would be heeded by nobody is refused: whoever sent it counts on it.
    private func check(_ decoded: DecodedRequest, _ function: ModuleFunction) throws(KeyBackendError) {
        guard decoded.context.caller?.policies == nil || instance.capabilities.contains(.heedsPolicies) else {
            throw KeyBackendError(
                .unsupported,
                "The key backend does not decide by policies of principals, and does nothing for one that has some.")
        }
        guard decoded.controlSecret == nil || function == .control && decoded.context.customerKey == nil else {
            throw KeyBackendError(
                .invalidRequest,
                "The request has a secret of a control request, and is none, or has a customer's key besides.")
        }
    }

    private func generateDataKey(_ decoded: DecodedRequest) async throws(KeyBackendError) {
        let generated = try await instance.backend.generateDataKey(
            DataKeyRequest(
                keyID: decoded.keyID, encryptionContext: decoded.encryptionContext, context: decoded.context))
        try fill(generated.wrapped)
        try fill(generated.plaintext)
    }

    private func unwrap(_ decoded: DecodedRequest) async throws(KeyBackendError) {
        let wrapped = try wrappedKey(decoded)
        let key = try await instance.backend.unwrap(
            wrapped, for: UnwrapRequest(encryptionContext: decoded.encryptionContext, context: decoded.context))
        guard key.count == GeneratedDataKey.sizeBytes else {
            throw KeyBackendError(.moduleFault, "unwrapped a data key of \(key.count) bytes")
        }
        // The backend has refused what another key wrapped, so the id and version are those that came.
        try fillIdentity(wrapped.keyID, wrapped.keyVersion)
        try fill(key)
    }

    private func rewrap(_ decoded: DecodedRequest) async throws(KeyBackendError) {
        let rewrapped = try await instance.backend.rewrap(
            try wrappedKey(decoded),
            for: RewrapRequest(encryptionContext: decoded.encryptionContext, context: decoded.context))
        try fill(rewrapped)
    }

    private func describe(_ decoded: DecodedRequest) async throws(KeyBackendError) {
        let description = try await instance.backend.describe(
            DescribeRequest(keyID: decoded.keyID, context: decoded.context))
        try fillIdentity(description.keyID, description.currentVersion)
        let health =
            switch description.health {
            case .ready: STRONGROOM_KEY_HEALTH_READY
            case .unwrapOnly: STRONGROOM_KEY_HEALTH_UNWRAP_ONLY
            case .unavailable: STRONGROOM_KEY_HEALTH_UNAVAILABLE
            }
        unsafe answer.pointee.health = UInt32(health)
        unsafe answer.pointee.message.fillMessage(description.message)
    }

    private func control(_ decoded: DecodedRequest) async throws(KeyBackendError) {
        let json = try input(sizeBytesMax: Int(STRONGROOM_KEY_CONTROL_REQUEST_MAX))
        let room = unsafe answer.pointee.plaintext.data == nil ? 0 : answer.pointee.plaintext.capacity
        let made = try await instance.backend.controlWithSecrets(
            ControlRequest(
                json: json, secret: decoded.controlSecret,
                answerSecretSizeBytesMax: Int(min(room, UInt64(STRONGROOM_KEY_CONTROL_SECRET_MAX))),
                context: decoded.context))
        try unsafe Self.fill(&answer.pointee.document, made.json, "an answer")
        guard let secret = made.secret else { return }
        guard UInt64(secret.bytes.count) <= room else {
            throw KeyBackendError(
                .moduleFault, "made a secret of \(secret.bytes.count) bytes, more than there is room for")
        }
        try fill(secret.bytes)
    }

    /// Beside the message; too long a name is none.
    private func fill(reason: String?) {
        guard let reason else { return }
        let document = JSONValue.object(["reason": .string(reason)]).encoded()
        if unsafe UInt64(document.count) <= answer.pointee.document.capacity {
            unsafe answer.pointee.document.fill(document)
        }
    }

    // MARK: - C to values and back

    private func checkRoom(_ function: ModuleFunction) throws(Failure) {
        var fits = true
        switch function {
        case .generateDataKey, .unwrap: fits = unsafe answer.pointee.plaintext.has(STRONGROOM_KEY_DATA_KEY_SIZE)
        default: break
        }
        switch function {
        case .generateDataKey, .rewrap: fits = unsafe answer.pointee.wrapped.has(STRONGROOM_KEY_WRAPPED_MAX) && fits
        default: break
        }
        switch function {
        case .generateDataKey, .unwrap, .rewrap, .describe:
            fits = unsafe answer.pointee.key_id.has(STRONGROOM_KEY_ID_MAX) && fits
            fits = unsafe answer.pointee.key_version.has(STRONGROOM_KEY_VERSION_MAX) && fits
        case .control: fits = unsafe answer.pointee.document.has(STRONGROOM_KEY_CONTROL_ANSWER_MAX) && fits
        case .close: break
        }
        if !fits { throw .buffer }
    }

    private func input(sizeBytesMax: Int) throws(KeyBackendError) -> [UInt8] {
        let bytes = unsafe request.pointee.input
        guard unsafe bytes.size <= UInt64(sizeBytesMax) else {
            throw KeyBackendError(
                .invalidRequest, "The request's input has \(unsafe bytes.size) bytes; the limit is \(sizeBytesMax).")
        }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.size)))
    }

    private func wrappedKey(_ decoded: DecodedRequest) throws(KeyBackendError) -> WrappedDataKey {
        guard let keyID = decoded.keyID else {
            throw KeyBackendError(.invalidRequest, "The request does not say which key is expected.")
        }
        return WrappedDataKey(
            keyID: keyID, keyVersion: decoded.keyVersion ?? "",
            bytes: try input(sizeBytesMax: WrappedDataKey.sizeBytesMax))
    }

    private func fill(_ wrapped: WrappedDataKey) throws(KeyBackendError) {
        try unsafe Self.fill(&answer.pointee.wrapped, wrapped.bytes, "a wrapped key")
        try fillIdentity(wrapped.keyID, wrapped.keyVersion)
    }

    private func fillIdentity(_ keyID: String, _ keyVersion: String) throws(KeyBackendError) {
        try unsafe Self.fill(&answer.pointee.key_id, Array(keyID.utf8), "a key id")
        try unsafe Self.fill(&answer.pointee.key_version, Array(keyVersion.utf8), "a key version")
    }

    private func fill(_ key: borrowing SecretBytes) throws(KeyBackendError) {
        try key.withBytes { (bytes) throws(KeyBackendError) in
            unsafe bytes.withUnsafeBytes { bytes in
                guard let data = unsafe answer.pointee.plaintext.data, let source = bytes.baseAddress else { return }
                // Safe: checkRoom saw room for a data key, and `control` for its secret.
                unsafe UnsafeMutableRawPointer(data).copyMemory(from: source, byteCount: bytes.count)
                unsafe answer.pointee.plaintext.size = UInt64(bytes.count)
            }
        }
    }

    private static func fill(
        _ buffer: inout strongroom_key_buffer, _ bytes: [UInt8], _ what: String
    ) throws(KeyBackendError) {
        guard unsafe UInt64(bytes.count) <= buffer.capacity else {
            throw KeyBackendError(.moduleFault, "made \(what) of \(bytes.count) bytes, more than the contract allows")
        }
        unsafe buffer.fill(bytes)
    }
}

extension strongroom_key_buffer {
    /// Whether `needed` bytes fit; where not, says how many are needed.
    fileprivate mutating func has(_ needed: Int) -> Bool {
        if unsafe capacity >= UInt64(needed), unsafe data != nil { return true }
        unsafe size = UInt64(needed)
        return false
    }

    /// Writes bytes that fit.
    fileprivate mutating func fill(_ bytes: [UInt8]) {
        assert(unsafe UInt64(bytes.count) <= capacity)
        unsafe size = UInt64(bytes.count)
        // Safe: the other side vouches for `capacity` bytes, and these are no more.
        guard let data = unsafe data, !bytes.isEmpty else { return }
        unsafe UnsafeMutableRawBufferPointer(start: data, count: bytes.count).copyBytes(from: bytes)
    }

    /// Writes as much of a message as fits, whole characters only.
    mutating func fillMessage(_ message: String) {
        var bytes: [UInt8] = []
        for character in message.unicodeScalars {
            let encoded = Array(String(character).utf8)
            if unsafe UInt64(bytes.count + encoded.count) > capacity { break }
            bytes.append(contentsOf: encoded)
        }
        unsafe fill(bytes)
    }
}
