internal import StrongroomSystem
internal import Synchronization

/// The thread on which the keyring is changed, one change after the other; Swift's cooperative pool never waits for
/// the disk.
final class ChangeThread: Sendable {
    /// Nil once shut down.
    private let pool: Mutex<IOThreadPool?> = Mutex(IOThreadPool(threadCount: 1, name: "kms-change"))

    /// Runs `work` on the thread; after the end it throws `closed`.
    func run<Value: Sendable, Failure: Error>(
        otherwise closed: Failure, _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
            // Within the lock, so that nothing is handed to a pool that is being shut down.
            let isAccepted = pool.withLock { pool in
                pool?.submit { continuation.resume(returning: Result(catching: work)) }
                return pool != nil
            }
            if !isAccepted { continuation.resume(returning: .failure(closed)) }
        }
        return try result.get()
    }

    /// Returns once all changes are done.
    func shutDown() async {
        let last = pool.withLock { pool in
            defer { pool = nil }
            return pool
        }
        await last?.shutDown()
    }
}
