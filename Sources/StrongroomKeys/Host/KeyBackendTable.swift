public import CStrongroomKeyBackend

/// A backend's table of functions, whether linked in or loaded: what an instance is opened from.
///
/// The contract says that a table is constant and valid as long as the process lives.
@safe public struct KeyBackendTable: @unchecked Sendable {
    // Sendable, because what it points to is constant and never freed.

    /// The table as C sees it.
    public let pointer: UnsafePointer<strongroom_key_module>

    /// What kind of backend it is.
    public let name: String
    /// The backend's own version.
    public let version: String
    /// The minor version of the contract that it was built with.
    public let abiMinor: UInt32
    let capabilities: UInt64

    /// Bytes of the table in minor version 0; a table may be longer, never shorter. (Safe: only the size is used.)
    private static let sizeBytesMin = unsafe UInt64(MemoryLayout<strongroom_key_module>.size)

    /// Checks what an entry returned. Fails with `incompatibleModule`, and says in what.
    ///
    /// - Parameter pointer: a table that is never freed, at least as long as it says.
    public init(_ pointer: UnsafePointer<strongroom_key_module>?) throws(KeyBackendError) {
        guard let pointer = unsafe pointer else {
            throw Self.incompatible("its entry returned no table: it cannot work with a host of this version")
        }
        // Safe here and below: only the members of minor 0, each after the check that makes it readable.
        let magic = unsafe pointer.pointee.magic
        guard magic == STRONGROOM_KEY_MODULE_MAGIC else {
            throw Self.incompatible(
                "its table starts with \(String(magic, radix: 16)), which is not the contract's magic")
        }
        let major = unsafe pointer.pointee.abi_major
        guard major == UInt32(STRONGROOM_KEY_ABI_MAJOR) else {
            throw Self.incompatible(
                "it speaks version \(major) of the contract and this host version \(STRONGROOM_KEY_ABI_MAJOR)")
        }
        let size = unsafe pointer.pointee.size
        guard size >= Self.sizeBytesMin else {
            throw Self.incompatible("its table has \(size) bytes and the contract's has \(Self.sizeBytesMin)")
        }
        let table = unsafe pointer.pointee
        guard unsafe table.open != nil, unsafe table.generate_data_key != nil, unsafe table.unwrap != nil,
            unsafe table.rewrap != nil, unsafe table.describe != nil, unsafe table.control != nil,
            unsafe table.close != nil, let name = unsafe table.name, let version = unsafe table.version
        else { throw Self.incompatible("a function or a name is missing from its table") }
        unsafe self.pointer = pointer
        self.name = unsafe String(cString: name)
        self.version = unsafe String(cString: version)
        abiMinor = unsafe table.abi_minor
        capabilities = unsafe table.capabilities
    }

    private static func incompatible(_ what: String) -> KeyBackendError {
        KeyBackendError(
            .incompatibleModule, "The key backend is not compatible: \(what). Build it with the host's header.")
    }

    /// Whether it promises to refuse an unwrap under another encryption context.
    package var bindsContext: Bool { capabilities & STRONGROOM_KEY_BINDS_CONTEXT != 0 }
    /// Whether it promises never to wait before an operation returns.
    package var returnsPromptly: Bool { capabilities & STRONGROOM_KEY_RETURNS_PROMPTLY != 0 }
    /// Whether it lets policies of callers decide.
    package var heedsPolicies: Bool { capabilities & STRONGROOM_KEY_HEEDS_POLICIES != 0 }
    /// Whether it has no keys of its own, and needs the caller's with each request.
    package var needsCustomerKey: Bool { capabilities & STRONGROOM_KEY_NEEDS_CUSTOMER_KEY != 0 }
}
