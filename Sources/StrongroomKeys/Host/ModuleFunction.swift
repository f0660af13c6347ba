internal import CStrongroomKeyBackend

/// What `open` returned: belongs to the module, and is only handed back to it.
@safe struct InstanceHandle: @unchecked Sendable {
    // Sendable, because the contract lets the host use an instance from any thread.

    let pointer: UnsafeMutableRawPointer?
}

/// One of a module's operations.
enum ModuleFunction: Sendable {
    case generateDataKey, unwrap, rewrap, describe, control, close

    /// Calls the module on the current thread.
    func call(_ table: KeyBackendTable, _ instance: InstanceHandle, _ operation: HostOperation, _ id: UInt64) {
        // Safe: the table was checked to have every function; the operation's memory is kept by the
        // registry until the module completes it.
        let module = unsafe table.pointer.pointee
        let function =
            switch self {
            case .generateDataKey: unsafe module.generate_data_key
            case .unwrap: unsafe module.unwrap
            case .rewrap: unsafe module.rewrap
            case .describe: unsafe module.describe
            case .control: unsafe module.control
            case .close: unsafe module.close
            }
        unsafe function?(instance.pointer, operation.request, operation.answer, id)
    }
}
