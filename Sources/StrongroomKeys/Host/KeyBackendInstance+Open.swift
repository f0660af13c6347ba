internal import CStrongroomKeyBackend
internal import StrongroomCrypto
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

extension KeyBackendInstance {
    /// How long opening may take: a passphrase is stretched, a remote service is asked.
    public static let openDeadlineSeconds: UInt64 = 60

    /// Opens a backend that is linked in or loaded. Its `open` may block and runs on a thread of its own.
    ///
    /// - Parameters:
    ///   - table: the backend.
    ///   - configuration: what the backend is opened with; its secret is zeroed when this returns.
    ///   - services: what the backend may use: clocks, randomness, log, audit.
    ///   - deadlineSeconds: how long to wait.
    public static func open(
        _ table: KeyBackendTable, configuration: consuming KeyBackendConfiguration,
        host services: any KeyBackendHost = ProcessKeyBackendHost.silent,
        deadlineSeconds: UInt64 = openDeadlineSeconds
    ) async throws(KeyBackendError) -> KeyBackendInstance {
        let block = SharedSecret(try configuration.encoded())
        let host = InstanceHost(services: services, moduleName: table.name)
        let hostID = OperationRegistry.shared.register(host)
        let opening = Opening()
        _ = DedicatedThread(name: "key-open") {
            let result = Opening.call(table, hostID, block)
            if !opening.end(result), case .success(let handle) = result {
                // Nobody waited for it any more: it is closed at once, and its answer to that is not awaited.
                KeyBackendInstance(table: table, handle: handle, host: host, hostID: hostID).closeUnused()
            }
        }
        let timer = Task {
            guard (try? await Task.sleep(for: .seconds(Int64(deadlineSeconds)))) != nil else { return }
            opening.end(
                .failure(
                    KeyBackendError(
                        .deadlineExceeded,
                        "The key backend '\(table.name)' could not be opened within \(deadlineSeconds) seconds.")))
        }
        let result = await withTaskCancellationHandler {
            await opening.wait()
        } onCancel: {
            opening.end(
                .failure(KeyBackendError(.cancelled, "Opening the key backend '\(table.name)' was cancelled.")))
        }
        timer.cancel()
        do throws(KeyBackendError) {
            return KeyBackendInstance(table: table, handle: try result.get(), host: host, hostID: hostID)
        } catch {
            // A late answer of `open` may still log: its identifier stays registered only where it is awaited.
            if error.code != .deadlineExceeded, error.code != .cancelled {
                OperationRegistry.shared.unregister(host: hostID)
            }
            throw error
        }
    }

    private func closeUnused() {
        Task { try? await self.close() }
    }
}

/// The one result of an `open` that runs on another thread.
private final class Opening: Sendable {
    private enum State {
        case running(CheckedContinuation<Result<InstanceHandle, KeyBackendError>, Never>?)
        case ended(Result<InstanceHandle, KeyBackendError>)
    }

    private let state = Mutex(State.running(nil))

    /// False where it had ended before.
    @discardableResult
    func end(_ result: Result<InstanceHandle, KeyBackendError>) -> Bool {
        let (counts, waiter) = state.withLock {
            state -> (Bool, CheckedContinuation<Result<InstanceHandle, KeyBackendError>, Never>?) in
            guard case .running(let waiter) = state else { return (false, nil) }
            state = .ended(result)
            return (true, waiter)
        }
        waiter?.resume(returning: result)
        return counts
    }

    func wait() async -> Result<InstanceHandle, KeyBackendError> {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state -> Result<InstanceHandle, KeyBackendError>? in
                if case .ended(let result) = state { return result }
                state = .running(continuation)
                return nil
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    /// Blocks.
    static func call(
        _ table: KeyBackendTable, _ hostID: UInt64, _ configuration: SharedSecret
    ) -> Result<InstanceHandle, KeyBackendError> {
        var message = [UInt8](repeating: 0, count: Int(STRONGROOM_KEY_MESSAGE_MAX))
        var messageSize: UInt64 = 0
        var instance: UnsafeMutableRawPointer?
        let status: Int32
        do throws(KeyBackendError) {
            status = try configuration.bytes.withBytes { (block) throws(KeyBackendError) in
                unsafe block.withUnsafeBytes { block in
                    unsafe message.withUnsafeMutableBufferPointer { room in
                        // Safe: everything lives until `open` returns, and it keeps nothing of it.
                        var buffer = unsafe strongroom_key_buffer(
                            data: room.baseAddress, capacity: UInt64(room.count), size: 0)
                        let bytes = unsafe strongroom_key_bytes(
                            data: block.baseAddress?.assumingMemoryBound(to: UInt8.self), size: UInt64(block.count))
                        let status = unsafe table.pointer.pointee.open(
                            table.pointer, HostTable.pointer, hostID, bytes, &instance, &buffer)
                        unsafe messageSize = buffer.size
                        return status
                    }
                }
            }
        } catch {
            return .failure(error)
        }
        if status == Int32(STRONGROOM_KEY_OK) { return .success(unsafe InstanceHandle(pointer: instance)) }
        let code = KeyBackendError.Code(status: status)
        let said = messageSize <= UInt64(message.count) ? message.prefix(Int(messageSize)) : []
        let text =
            said.isEmpty
            ? "The key backend '\(table.name)' answered \(code) when it was opened."
            : String(decoding: said, as: UTF8.self).withoutControlCharacters
        return .failure(KeyBackendError(code, text))
    }
}

extension KeyBackendConfiguration {
    /// The TLV block for `open`, in locked memory because of the secret.
    borrowing func encoded() throws(KeyBackendError) -> SecretBytes {
        var writer = TLVWriter()
        writer.append(STRONGROOM_KEY_TLV_KEYRING, text: keyring?.string)
        if creates { writer.append(STRONGROOM_KEY_TLV_CREATE, flag: true) }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            writer.append(STRONGROOM_KEY_TLV_SETTING, pair: name, value)
        }
        switch secret {
        case nil: return try Self.locked(writer.bytes) { (_, _) throws(KeyBackendError) in }
        case .some(let secret):
            writer.appendHeader(STRONGROOM_KEY_TLV_SECRET, valueSize: secret.count)
            return try Self.locked(writer.bytes, secretSize: secret.count) {
                (output: inout MutableRawSpan, start) throws(KeyBackendError) in
                try secret.withBytes { (bytes) throws(KeyBackendError) in
                    for offset in 0..<bytes.byteCount { output.store(bytes.byte(at: offset), at: start + offset) }
                }
            }
        }
    }

    private static func locked(
        _ head: [UInt8], secretSize: Int = 0,
        appendSecret: (inout MutableRawSpan, Int) throws(KeyBackendError) -> Void
    ) throws(KeyBackendError) -> SecretBytes {
        let size = head.count + secretSize
        guard size <= Int(STRONGROOM_KEY_CONTEXT_MAX), size <= SecretBytes.countMaximum else {
            throw KeyBackendError(
                .invalidRequest,
                "The backend's configuration has \(size) bytes; the limit is \(SecretBytes.countMaximum).")
        }
        return try SecretBytes(count: size) { (output: inout MutableRawSpan) throws(KeyBackendError) in
            for (offset, byte) in head.enumerated() { output.store(byte, at: offset) }
            try appendSecret(&output, head.count)
        }
    }
}

extension MutableRawSpan {
    mutating func store(_ byte: UInt8, at offset: Int) {
        storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
}
