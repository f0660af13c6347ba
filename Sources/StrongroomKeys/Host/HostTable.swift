internal import CStrongroomKeyBackend

/// The host's side of the contract: one constant table for the whole process. Which instance a call
/// belongs to is said by the identifier that comes with it.
@safe enum HostTable {
    /// Constant and never freed, as the contract promises to modules.
    nonisolated(unsafe) static let pointer: UnsafePointer<strongroom_key_host> = {
        // Safe: what it points to is never written again after this.
        let table = UnsafeMutablePointer<strongroom_key_host>.allocate(capacity: 1)
        // Safe: freshly allocated for one value, and never written again.
        unsafe table.initialize(
            to: strongroom_key_host(
                magic: STRONGROOM_KEY_HOST_MAGIC, abi_major: UInt32(STRONGROOM_KEY_ABI_MAJOR),
                abi_minor: UInt32(STRONGROOM_KEY_ABI_MINOR), size: UInt64(MemoryLayout<strongroom_key_host>.size),
                complete: { host, operation, status in
                    OperationRegistry.shared.complete(host: host, operation: operation, status: status)
                },
                is_cancelled: { _, operation in OperationRegistry.shared.isCancelled(operation) ? 1 : 0 },
                wall_milliseconds: { host in services(host).wallMilliseconds() },
                boot_nanoseconds: { host in services(host).bootNanoseconds() },
                random: { host, data, size in unsafe random(host, data, size) },
                log: { host, level, text, size in unsafe log(host, level, text, size) },
                append_audit: { host, record, done, user in unsafe appendAudit(host, record, done, user) },
                key_dependencies: { host, keyID, version, done, user in
                    unsafe HostDependencies.answer(host, keyID, version, done, user)
                }))
        return unsafe UnsafePointer(table)
    }()

    private static let auditRecordSizeBytesMax: UInt64 = 1 << 20
    private static let logLineSizeBytesMax: UInt64 = 4096

    static func services(_ host: UInt64) -> any KeyBackendHost {
        OperationRegistry.shared.host(host)?.services ?? ProcessKeyBackendHost.silent
    }

    private static func random(_ host: UInt64, _ data: UnsafeMutablePointer<UInt8>?, _ size: UInt64) -> Int32 {
        guard size > 0 else { return Int32(STRONGROOM_KEY_OK) }
        guard let data = unsafe data else { return Int32(STRONGROOM_KEY_E_INVALID_REQUEST) }
        // Safe: the module vouches for `size` writable bytes at `data` for the length of this call.
        var span = unsafe MutableRawSpan(_unsafeStart: data, byteCount: Int(size))
        do throws(KeyBackendError) {
            try services(host).fillRandom(&span)
        } catch {
            return error.code.status
        }
        return Int32(STRONGROOM_KEY_OK)
    }

    private static func log(_ host: UInt64, _ level: UInt32, _ text: UnsafePointer<CChar>?, _ size: UInt64) {
        guard let text = unsafe text, let host = OperationRegistry.shared.host(host) else { return }
        // Safe: the module vouches for `size` readable bytes at `text` for the length of this call.
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(min(size, logLineSizeBytesMax)))
        let line = unsafe String(decoding: bytes, as: UTF8.self).withoutControlCharacters
        host.services.log(KeyBackendLogLevel(rawValue: level) ?? .error, "\(host.moduleName): \(line)")
    }

    private static func appendAudit(
        _ hostID: UInt64, _ record: strongroom_key_bytes, _ done: strongroom_key_audit_done?,
        _ user: UnsafeMutableRawPointer?
    ) {
        guard let done = unsafe done else { return }
        let callback = unsafe AuditCallback(done: done, user: user)
        guard let host = OperationRegistry.shared.host(hostID), unsafe record.size <= auditRecordSizeBytesMax else {
            callback(STRONGROOM_KEY_E_AUDIT_UNAVAILABLE)
            return
        }
        // Safe: the module vouches for the record's bytes for the length of this call; they are copied.
        let copy = unsafe [UInt8](UnsafeRawBufferPointer(start: record.data, count: Int(record.size)))
        Task {
            do throws(KeyBackendError) {
                try await host.services.appendAudit(copy)
            } catch {
                callback(STRONGROOM_KEY_E_AUDIT_UNAVAILABLE)
                return
            }
            callback(STRONGROOM_KEY_OK)
        }
    }
}

/// Whom to tell that an audit record is durable.
@safe private struct AuditCallback: @unchecked Sendable {
    // Sendable, because the contract lets the host call it from any thread, and `user` is only handed back.

    private let done: strongroom_key_audit_done
    private let user: UnsafeMutableRawPointer?

    init(done: @escaping strongroom_key_audit_done, user: UnsafeMutableRawPointer?) {
        unsafe self.done = done
        unsafe self.user = user
    }

    func callAsFunction(_ status: Int) { unsafe done(user, Int32(status)) }
}
