internal import CStrongroomKeyBackend
internal import Synchronization

/// What an exported backend promises beyond the contract.
public struct KeyBackendCapabilities: OptionSet, Sendable {
    /// The bits of the contract.
    public let rawValue: UInt64

    /// The given bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Unwrap under another encryption context is refused.
    public static let bindsContext = KeyBackendCapabilities(rawValue: STRONGROOM_KEY_BINDS_CONTEXT)
    /// No operation waits, before its first suspension, for disk, network or a contended lock: the host
    /// may call on whatever thread it has at hand.
    public static let returnsPromptly = KeyBackendCapabilities(rawValue: STRONGROOM_KEY_RETURNS_PROMPTLY)
    /// It has no keys of its own: generate, unwrap and rewrap need ``KeyRequestContext/customerKey``.
    public static let needsCustomerKey = KeyBackendCapabilities(rawValue: STRONGROOM_KEY_NEEDS_CUSTOMER_KEY)
    /// It lets ``Caller/policies`` decide. Nothing is asked of any other for callers that have some.
    public static let heedsPolicies = KeyBackendCapabilities(rawValue: STRONGROOM_KEY_HEEDS_POLICIES)
}

/// Makes a backend written in Swift callable through the C contract.
///
/// Call it once for each kind of backend, and keep the table in a `static let`. A module hands it out
/// from its one exported function, which stands in a target of its own:
///
/// ```swift
/// @c(strongroom_key_backend_v1)
/// public func entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<strongroom_key_module>? {
///     hostMajor == UInt32(STRONGROOM_KEY_ABI_MAJOR) ? VaultKeys.table.pointer : nil
/// }
/// ```
///
/// - Parameters:
///   - name: what kind of backend it is, such as "s3-managed".
///   - version: the backend's own version.
///   - capabilities: what it promises.
///   - open: opens an instance. May block; it runs on a thread of its own.
public func exportKeyBackend(
    name: String, version: String, capabilities: KeyBackendCapabilities = [],
    open:
        @escaping @Sendable (borrowing KeyBackendConfiguration, any KeyBackendHost) throws(KeyBackendError) ->
        any KeyBackend
) -> KeyBackendTable {
    // Safe: table and names are allocated here, set completely, and never freed or written again, as the
    // contract demands of a table.
    let pointer = UnsafeMutablePointer<strongroom_key_module>.allocate(capacity: 1)
    unsafe pointer.initialize(
        to: strongroom_key_module(
            magic: STRONGROOM_KEY_MODULE_MAGIC, abi_major: UInt32(STRONGROOM_KEY_ABI_MAJOR),
            abi_minor: UInt32(STRONGROOM_KEY_ABI_MINOR), size: UInt64(MemoryLayout<strongroom_key_module>.size),
            capabilities: capabilities.rawValue, name: immortalCString(name), version: immortalCString(version),
            open: { table, hostTable, host, configuration, instance, message in
                unsafe ExportedBackends.open(table, hostTable, host, configuration, instance, message)
            },
            generate_data_key: { unsafe ExportedBackends.start(.generateDataKey, $0, $1, $2, $3) },
            unwrap: { unsafe ExportedBackends.start(.unwrap, $0, $1, $2, $3) },
            rewrap: { unsafe ExportedBackends.start(.rewrap, $0, $1, $2, $3) },
            describe: { unsafe ExportedBackends.start(.describe, $0, $1, $2, $3) },
            control: { unsafe ExportedBackends.start(.control, $0, $1, $2, $3) },
            close: { unsafe ExportedBackends.start(.close, $0, $1, $2, $3) }))
    ExportedBackends.register(UInt(bitPattern: pointer), capabilities, open)
    do throws(KeyBackendError) {
        return try unsafe KeyBackendTable(UnsafePointer(pointer))
    } catch {
        preconditionFailure("A table made here does not keep the contract: \(error)")
    }
}

private func immortalCString(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    // Safe: allocated for exactly these bytes; never freed, because the table is not.
    unsafe bytes.withUnsafeBufferPointer { source in
        if let start = source.baseAddress { unsafe copy.initialize(from: start, count: source.count) }
    }
    return unsafe UnsafePointer(copy)
}
