internal import CStrongroomKeyBackend
internal import Synchronization

/// The module's side of the contract for backends written in Swift: finds the instance, turns C into
/// values, runs the backend in a task, turns its result into C, and completes exactly once.
enum ExportedBackends {
    typealias Open =
        @Sendable (borrowing KeyBackendConfiguration, any KeyBackendHost) throws(KeyBackendError) ->
        any KeyBackend

    private struct State {
        /// By the address of the table.
        var opens: [UInt: (open: Open, capabilities: KeyBackendCapabilities)] = [:]
        /// By the number that the host holds in place of a pointer.
        var instances: [UInt: ExportedInstance] = [:]
        var nextInstance: UInt = 1
    }

    private static let state = Mutex(State())

    static func register(_ table: UInt, _ capabilities: KeyBackendCapabilities, _ open: @escaping Open) {
        state.withLock { $0.opens[table] = (open, capabilities) }
    }

    static func open(
        _ table: UnsafePointer<strongroom_key_module>?, _ hostTable: UnsafePointer<strongroom_key_host>?,
        _ hostID: UInt64, _ configuration: strongroom_key_bytes,
        _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
        _ message: UnsafeMutablePointer<strongroom_key_buffer>?
    ) -> Int32 {
        do throws(KeyBackendError) {
            let address = UInt(bitPattern: table)
            guard let kind = state.withLock({ $0.opens[address] }), let instance = unsafe instance else {
                throw KeyBackendError(.invalidRequest, "The host passed a table that is not this module's, or no room.")
            }
            let host = try unsafe ModuleHost(hostTable, hostID)
            // Safe: the host vouches for the configuration's bytes for the length of this call.
            let block = unsafe RawSpan(
                _unsafeBytes: UnsafeRawBufferPointer(start: configuration.data, count: Int(configuration.size)))
            let backend = try kind.open(KeyBackendConfiguration.decode(block), host)
            let number = state.withLock { state in
                let number = state.nextInstance
                state.nextInstance += 1
                state.instances[number] = ExportedInstance(
                    backend: backend, capabilities: kind.capabilities, host: host)
                return number
            }
            unsafe instance.pointee = UnsafeMutableRawPointer(bitPattern: number)
            return Int32(STRONGROOM_KEY_OK)
        } catch {
            // Safe: the host vouches for the buffer for the length of this call.
            if let message = unsafe message { unsafe message.pointee.fillMessage(error.message) }
            return error.code.status
        }
    }

    /// Starts an operation on an instance.
    static func start(
        _ function: ModuleFunction, _ handle: UnsafeMutableRawPointer?,
        _ request: UnsafePointer<strongroom_key_request>?, _ answer: UnsafeMutablePointer<strongroom_key_answer>?,
        _ operation: UInt64
    ) {
        let number = UInt(bitPattern: handle)
        let instance = state.withLock { state in
            function == .close ? state.instances.removeValue(forKey: number) : state.instances[number]
        }
        guard let instance, let request = unsafe request, let answer = unsafe answer else {
            // Without an instance there is no host to complete to: the caller broke the contract.
            preconditionFailure("A key backend was called on an instance that is not open, or without a request.")
        }
        let call = unsafe ExportedCall(request, answer, operation, instance)
        // Immediate: a backend that has its keys at hand answers without a change of threads.
        Task.immediate { await call.run(function) }
    }
}

/// A backend that a host has open.
final class ExportedInstance: Sendable {
    let backend: any KeyBackend
    /// What its table promises.
    let capabilities: KeyBackendCapabilities
    let host: ModuleHost

    init(backend: any KeyBackend, capabilities: KeyBackendCapabilities, host: ModuleHost) {
        self.backend = backend
        self.capabilities = capabilities
        self.host = host
    }
}
