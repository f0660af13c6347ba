internal import StrongroomKeyTrail
internal import StrongroomKeys
internal import StrongroomSystem

/// The ways in which every operation runs: `answer` or `change`. Nothing reaches a key past them.
extension GlacierBackend {
    /// A call that looks, seals or opens. What it makes is released once its record is durable.
    func answer<Value: ~Copyable>(
        _ call: ArchiveCall, _ body: (ArchiveCall) throws(KeyBackendError) -> Value
    ) async throws(KeyBackendError) -> Value {
        do throws(KeyBackendError) {
            let value = try body(call)
            try await trail.record(call)
            return value
        } catch {
            throw await refused(call, error)
        }
    }

    /// A call that changes the keyring, on a thread of its own, because that blocks. One that nobody waits for any more
    /// when its turn comes is not begun. Whoever writes the change records it before.
    func change<Value: Sendable>(
        _ call: ArchiveCall, _ body: @escaping @Sendable () throws(KeyBackendError) -> Value
    ) async throws(KeyBackendError) -> Value {
        let threads = IOThreadPool(threadCount: 1, name: "archive-keys")
        let outcome: Result<Value, KeyBackendError>
        do throws(KeyBackendError) {
            outcome = .success(
                try await threads.run { () throws(KeyBackendError) in
                    if call.context.cancellation.isCancelled {
                        throw KeyBackendError(.cancelled, "Nobody waits for the change any more; nothing was changed.")
                    }
                    return try body()
                })
        } catch {
            outcome = .failure(error)
        }
        await threads.shutDown()
        return try outcome.get()
    }

    /// Records that a call has failed. Where that cannot be, the caller hears of it; keys that are closed record
    /// nothing any more.
    func refused(_ call: ArchiveCall, _ failure: KeyBackendError) async -> KeyBackendError {
        if failure.isOfAudit { return failure }
        do throws(KeyBackendError) {
            try await trail.record(call, failure: failure)
            return failure
        } catch {
            return error.code == .closed ? failure : error
        }
    }
}
