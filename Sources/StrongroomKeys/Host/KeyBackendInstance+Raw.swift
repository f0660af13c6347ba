internal import CStrongroomKeyBackend

/// For conformance checks: calls whose requests this host would never make.
extension KeyBackendInstance {
    /// A call that starts when, and on the thread on which, the returned function runs.
    func prepareRaw(
        _ function: ModuleFunction, _ block: [UInt8], input: [UInt8], room: HostOperation.Room,
        cancellation: KeyCancellation
    ) throws(KeyBackendError) -> (HostOperation, @Sendable () -> Void) {
        // A block that is too large is refused for its size, and a key beside it would not fit into locked memory.
        let bringsKey = table.needsCustomerKey && block.count <= Int(STRONGROOM_KEY_CONTEXT_MAX)
        let operation = try HostOperation(
            function, hostID: hostID, context: block,
            secret: bringsKey ? .customerKey(ConformanceRun.customerKey) : nil,
            input: input, room: room,
            cancellation: cancellation)
        try host.enter(function)
        let id = OperationRegistry.shared.enter(operation)
        return (operation, { [table, handle] in function.call(table, handle, operation, id) })
    }

    /// Waits for the completion of a prepared call, but not longer than `deadlineSeconds`.
    func waitRaw(_ operation: HostOperation, deadlineSeconds: UInt64) async -> OperationEnd {
        let timer = Task { [host] in
            guard (try? await Task.sleep(for: .seconds(Int64(deadlineSeconds)))) != nil else { return }
            host.abandon(operation.function) {
                operation.end(.abandoned(KeyBackendError(.deadlineExceeded, "The call was not completed in time.")))
            }
        }
        let end = await operation.wait()
        timer.cancel()
        return end
    }
}
