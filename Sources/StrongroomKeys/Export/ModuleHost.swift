internal import CStrongroomKeyBackend

/// The host as a backend in Swift sees it: its table and the number it gave this instance.
@safe struct ModuleHost: KeyBackendHost, @unchecked Sendable {
    // Sendable, because the contract makes the table constant, valid for the process's life, and callable
    // from any thread.

    private let table: UnsafePointer<strongroom_key_host>
    private let host: UInt64

    /// Of a host of minor 0 (`abi.c`): what is newer is looked for before it is called.
    private static let sizeBytesMin: UInt64 = 80

    init(_ table: UnsafePointer<strongroom_key_host>?, _ host: UInt64) throws(KeyBackendError) {
        // Safe: magic first, as the contract says; nothing else is read of what is not ours.
        guard let table = unsafe table, unsafe table.pointee.magic == STRONGROOM_KEY_HOST_MAGIC,
            unsafe table.pointee.abi_major == UInt32(STRONGROOM_KEY_ABI_MAJOR),
            unsafe table.pointee.size >= Self.sizeBytesMin
        else {
            throw KeyBackendError(
                .unsupported, "The host's table is not of version \(STRONGROOM_KEY_ABI_MAJOR) of the contract.")
        }
        unsafe self.table = table
        self.host = host
    }

    // Safe below: a table of this version has every function of minor 0, and the arguments live during the calls.

    func complete(_ operation: UInt64, _ status: Int32) { unsafe table.pointee.complete(host, operation, status) }

    func isCancelled(_ operation: UInt64) -> Bool { unsafe table.pointee.is_cancelled(host, operation) != 0 }

    func wallMilliseconds() -> Int64 { unsafe table.pointee.wall_milliseconds(host) }

    func bootNanoseconds() -> UInt64 { unsafe table.pointee.boot_nanoseconds(host) }

    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) {
        let status = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe table.pointee.random(
                host, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(buffer.count))
        }
        guard status == Int32(STRONGROOM_KEY_OK) else {
            throw KeyBackendError(KeyBackendError.Code(status: status), "The host gave no random bytes.")
        }
    }

    func log(_ level: KeyBackendLogLevel, _ message: String) {
        var message = message
        message.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                unsafe table.pointee.log(host, level.rawValue, text.baseAddress, UInt64(text.count))
            }
        }
    }

    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {
        let status = await withCheckedContinuation { (continuation: CheckedContinuation<Int32, Never>) in
            let user = unsafe Unmanaged.passRetained(AuditWaiter(continuation)).toOpaque()
            unsafe record.withUnsafeBufferPointer { record in
                let bytes = unsafe strongroom_key_bytes(data: record.baseAddress, size: UInt64(record.count))
                unsafe table.pointee.append_audit(
                    host, bytes,
                    { user, status in
                        guard let user = unsafe user else { return }
                        // Safe: the reference retained above; the host promises to call once.
                        unsafe Unmanaged<AuditWaiter>.fromOpaque(user).takeRetainedValue().continuation
                            .resume(returning: status)
                    }, user)
            }
        }
        guard status == Int32(STRONGROOM_KEY_OK) else {
            throw KeyBackendError(.auditUnavailable, "The host could not write the audit record.")
        }
    }
}

extension ModuleHost {
    func dependencies(on keyID: String, version: String?) async -> KeyDependencies {
        // Safe: whether the table reaches so far is looked at before it is read there.
        guard unsafe table.pointee.size >= UInt64(MemoryLayout<strongroom_key_host>.size),
            let ask = unsafe table.pointee.key_dependencies
        else { return .unknown("The host is of an older version, and cannot ask its stores.") }
        let (keyID, version) = (Array(keyID.utf8), Array((version ?? "").utf8))
        return await withCheckedContinuation { continuation in
            let user = unsafe Unmanaged.passRetained(DependenciesWaiter(continuation)).toOpaque()
            // Safe: the bytes live for the length of the call, which copies them.
            unsafe keyID.withUnsafeBufferPointer { keyID in
                unsafe version.withUnsafeBufferPointer { version in
                    unsafe ask(
                        host, strongroom_key_bytes(data: keyID.baseAddress, size: UInt64(keyID.count)),
                        strongroom_key_bytes(data: version.baseAddress, size: UInt64(version.count)),
                        { user, answer in
                            guard let user = unsafe user else { return }
                            // Safe: the reference retained above; the host promises to call once.
                            unsafe Unmanaged<DependenciesWaiter>.fromOpaque(user).takeRetainedValue().continuation
                                .resume(returning: KeyDependencies(answer))
                        }, user)
                }
            }
        }
    }
}

private final class DependenciesWaiter: Sendable {
    let continuation: CheckedContinuation<KeyDependencies, Never>
    init(_ continuation: CheckedContinuation<KeyDependencies, Never>) { self.continuation = continuation }
}

private final class AuditWaiter: Sendable {
    let continuation: CheckedContinuation<Int32, Never>
    init(_ continuation: CheckedContinuation<Int32, Never>) { self.continuation = continuation }
}
