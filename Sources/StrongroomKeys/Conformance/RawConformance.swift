internal import CStrongroomKeyBackend
internal import StrongroomCrypto
internal import StrongroomSystem

/// Checks that go below ``KeyBackendInstance``, because it would not let such requests pass.
struct RawConformance {
    private let instance: KeyBackendInstance

    init(_ instance: KeyBackendInstance) { self.instance = instance }

    // MARK: - Buffers

    /// Each buffer in turn has no room, or too little: the answer says how much is needed.
    func checkRoom(_ keyID: String) async throws(ConformanceFailure) {
        let parts: [(HostOperation.Room, String)] = [
            (HostOperation.Room(plaintext: 32, wrapped: 0, keyID: 2048, keyVersion: 128), "the wrapped key"),
            (HostOperation.Room(plaintext: 32, wrapped: 1, keyID: 2048, keyVersion: 128), "the wrapped key"),
            (HostOperation.Room(plaintext: 32, wrapped: 8192, keyID: 0, keyVersion: 128), "the key id"),
            (HostOperation.Room(plaintext: 32, wrapped: 8192, keyID: 2048, keyVersion: 0), "the key version"),
            (HostOperation.Room(plaintext: 0, wrapped: 8192, keyID: 2048, keyVersion: 128), "the data key"),
        ]
        for (room, what) in parts {
            let operation = try await call(.generateDataKey, block(keyID), room: room)
            guard try await status(operation) == Int32(STRONGROOM_KEY_E_BUFFER) else {
                throw ConformanceFailure("a request without room for \(what) is not answered with E_BUFFER")
            }
            let needed = operation.needed(what)
            guard needed.sizeBytes > 0, needed.sizeBytes <= needed.limitBytes else {
                throw ConformanceFailure(
                    "a request without room for \(what) is told that \(needed.sizeBytes) bytes are needed")
            }
        }
        let operation = try await call(.control, block(nil), input: Self.statusRequest, room: .close)
        guard try await status(operation) == Int32(STRONGROOM_KEY_E_BUFFER) else {
            throw ConformanceFailure("a control request without room for its answer is not answered with E_BUFFER")
        }
    }

    // MARK: - TLV

    func checkTags() async throws(ConformanceFailure) {
        var skipped = TLVWriter()
        skipped.append(0x7777, text: "an entry of a later minor version")
        let tolerated = try await call(.describe, skipped.bytes, room: .describe)
        guard try await status(tolerated) == Int32(STRONGROOM_KEY_OK) else {
            throw ConformanceFailure("an unknown TLV type that is not critical is not skipped")
        }
        var critical = TLVWriter()
        critical.append(0xFFFF, text: "an entry that must be understood")
        let refused = try await call(.describe, critical.bytes, room: .describe)
        guard try await status(refused) == Int32(STRONGROOM_KEY_E_UNSUPPORTED) else {
            throw ConformanceFailure("an unknown critical TLV type is not refused with E_UNSUPPORTED")
        }
    }

    func checkMalformed(_ keyID: String) async throws(ConformanceFailure) {
        var cutOff = TLVWriter()
        cutOff.append(STRONGROOM_KEY_TLV_REQUEST_ID, text: "cut off")
        for count in 1..<cutOff.bytes.count {
            try await expectRefused(.describe, Array(cutOff.bytes.prefix(count)), "a TLV block cut off at \(count)")
        }
        var tooLarge = TLVWriter()
        tooLarge.append(
            STRONGROOM_KEY_TLV_REQUEST_ID, Array(repeating: UInt8(ascii: "x"), count: Int(STRONGROOM_KEY_CONTEXT_MAX)))
        try await expectRefused(.describe, tooLarge.bytes, "a TLV block that is too large")
        var block = TLVWriter()
        block.append(STRONGROOM_KEY_TLV_KEY_ID, text: keyID)
        block.append(STRONGROOM_KEY_TLV_KEY_VERSION, text: "1")
        for size in [0, 1, Int(STRONGROOM_KEY_WRAPPED_MAX) + 1, 1 << 20] {
            let input = [UInt8](repeating: 0x5A, count: size)
            try await expectRefused(.unwrap, block.bytes, input: input, room: .unwrap, "a wrapped key of \(size) bytes")
            try await expectRefused(.rewrap, block.bytes, input: input, room: .rewrap, "a wrapped key of \(size) bytes")
        }
        let request = [UInt8](repeating: 0x20, count: Int(STRONGROOM_KEY_CONTROL_REQUEST_MAX) + 1)
        try await expectRefused(.control, [], input: request, room: .control, "a control request that is too large")
    }

    private func expectRefused(
        _ function: ModuleFunction, _ block: [UInt8], input: [UInt8] = [], room: HostOperation.Room = .describe,
        _ what: String
    ) async throws(ConformanceFailure) {
        let operation = try await call(function, block, input: input, room: room)
        if try await status(operation) == Int32(STRONGROOM_KEY_OK) { throw ConformanceFailure("\(what) is accepted") }
    }

    // MARK: - Time

    /// A call that is cancelled, or late, before it starts: it is completed all the same.
    func checkCancellation() async throws(ConformanceFailure) {
        for (deadline, isCancelled) in [(UInt64.max, true), (1, false), (1, true)] {
            let block = TLVWriter.operation(KeyRequestContext(), deadlineNanoseconds: deadline)
            let operation = try await call(
                .generateDataKey, block, room: .generate, cancellation: KeyCancellation { isCancelled })
            let codes = [STRONGROOM_KEY_OK, STRONGROOM_KEY_E_CANCELLED, STRONGROOM_KEY_E_DEADLINE_EXCEEDED]
            guard codes.contains(Int(try await status(operation))) else {
                throw ConformanceFailure(
                    "a call that is cancelled or late ends with another status than those for that")
            }
        }
    }

    // MARK: - Threads

    private static let threadCount = 64
    private static let callsPerThread = 4

    /// Generates and unwraps on 64 threads of the operating system at once, and compares.
    func checkConcurrency() async throws(ConformanceFailure) {
        let block = block(nil)
        let generated = try await onThreads(Self.threadCount * Self.callsPerThread) { _ in
            (.generateDataKey, block, [], .generate)
        }
        var requests: [([UInt8], [UInt8])] = []
        var keys: [SharedSecret] = []
        for operation in generated {
            let wrapped = try await wrappedKey(operation)
            requests.append((self.block(wrapped.keyID, version: wrapped.keyVersion), wrapped.bytes))
            keys.append(try plaintext(operation))
        }
        let unwrapped = try await onThreads(requests.count) { [requests] index in
            (.unwrap, requests[index].0, requests[index].1, .unwrap)
        }
        for (operation, key) in zip(unwrapped, keys) {
            guard try await status(operation) == Int32(STRONGROOM_KEY_OK) else {
                throw ConformanceFailure("unwrap fails when 64 threads call")
            }
            let opened = try plaintext(operation)
            guard try await ConformanceRun.expect({ () throws(KeyBackendError) in try opened.isSame(as: key) }) else {
                throw ConformanceFailure("unwrap returns another call's key when 64 threads call")
            }
        }
    }

    private typealias Job = (ModuleFunction, [UInt8], [UInt8], HostOperation.Room)

    private func onThreads(
        _ count: Int, _ job: @escaping @Sendable (Int) -> Job
    ) async throws(ConformanceFailure) -> [HostOperation] {
        var operations: [HostOperation] = []
        var starts: [@Sendable () -> Void] = []
        for index in 0..<count {
            let (function, block, input, room) = job(index)
            let (operation, start) = try prepare(function, block, input: input, room: room)
            operations.append(operation)
            starts.append(start)
        }
        let threads = IOThreadPool(threadCount: Self.threadCount, name: "conformance")
        for start in starts { threads.submit(start) }
        for operation in operations { _ = try await status(operation) }
        await threads.shutDown()
        return operations
    }

    // MARK: - One call

    private func block(_ keyID: String?, version: String? = nil) -> [UInt8] {
        TLVWriter.operation(
            KeyRequestContext(), keyID: keyID, keyVersion: version,
            deadlineNanoseconds: PosixClock().bootNanoseconds() + 60_000_000_000)
    }

    private static let statusRequest = Array(#"{"operation":"status"}"#.utf8)

    private func prepare(
        _ function: ModuleFunction, _ block: [UInt8], input: [UInt8], room: HostOperation.Room,
        cancellation: KeyCancellation = .never
    ) throws(ConformanceFailure) -> (HostOperation, @Sendable () -> Void) {
        do throws(KeyBackendError) {
            return try instance.prepareRaw(function, block, input: input, room: room, cancellation: cancellation)
        } catch {
            throw ConformanceFailure("\(error)")
        }
    }

    /// Calls on a thread of its own: the module need not return.
    private func call(
        _ function: ModuleFunction, _ block: [UInt8], input: [UInt8] = [], room: HostOperation.Room,
        cancellation: KeyCancellation = .never
    ) async throws(ConformanceFailure) -> HostOperation {
        let (operation, start) = try prepare(function, block, input: input, room: room, cancellation: cancellation)
        _ = DedicatedThread(name: "conformance", start)
        return operation
    }

    private func status(_ operation: HostOperation) async throws(ConformanceFailure) -> Int32 {
        switch await instance.waitRaw(operation, deadlineSeconds: KeyModuleConformance.callDeadlineSeconds) {
        case .completed(let status): return status
        case .abandoned: throw ConformanceFailure("a call is not completed")
        }
    }

    private func wrappedKey(_ operation: HostOperation) async throws(ConformanceFailure) -> WrappedDataKey {
        guard try await status(operation) == Int32(STRONGROOM_KEY_OK) else {
            throw ConformanceFailure("generate fails when 64 threads call")
        }
        return try await ConformanceRun.expect { () throws(KeyBackendError) in
            try instance.wrappedKey(in: operation, requestedID: nil)
        }
    }

    private func plaintext(_ operation: HostOperation) throws(ConformanceFailure) -> SharedSecret {
        do throws(KeyBackendError) {
            return SharedSecret(try instance.dataKey(in: operation))
        } catch {
            throw ConformanceFailure("\(error)")
        }
    }
}

extension SharedSecret {
    fileprivate func isSame(as other: SharedSecret) throws(KeyBackendError) -> Bool {
        do throws(SecretMemoryError) {
            return try bytes.isEqual(to: other.bytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }
}

extension HostOperation {
    /// What a part of the answer that had no room says it needs, and what it may need at most.
    fileprivate func needed(_ what: String) -> (sizeBytes: UInt64, limitBytes: UInt64) {
        // Safe: only sizes are read, after completion.
        switch what {
        case "the wrapped key": unsafe (answer.pointee.wrapped.size, UInt64(STRONGROOM_KEY_WRAPPED_MAX))
        case "the key id": unsafe (answer.pointee.key_id.size, UInt64(STRONGROOM_KEY_ID_MAX))
        case "the key version": unsafe (answer.pointee.key_version.size, UInt64(STRONGROOM_KEY_VERSION_MAX))
        default: unsafe (answer.pointee.plaintext.size, UInt64(STRONGROOM_KEY_DATA_KEY_SIZE))
        }
    }
}
