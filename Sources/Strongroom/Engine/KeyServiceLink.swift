internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The way to the key service that a store was opened with. The service is opened when it is first needed: what is not
/// under SSE-KMS does not wait for it, not even for a service that is down while the store opens.
final class KeyServiceLink: Sendable {
    typealias Open = @Sendable () async throws(StoreError) -> OpenedBackend

    private enum State {
        case unopened(Open)
        case opening(Task<OpenedBackend, any Error>, Open)
        case open(OpenedBackend)
        case closed
    }

    let bucketKeys: BucketKeyring
    private let deadlineSeconds: Int
    private let state: Mutex<State>

    init(_ options: KeyServiceOptions, open: @escaping Open) {
        deadlineSeconds = options.deadlineSeconds
        bucketKeys = BucketKeyring(
            lifetimeSeconds: options.bucketKeyLifetimeSeconds, useLimit: options.bucketKeyUseLimit)
        state = Mutex(.unopened(open))
    }

    /// When nobody waits any more for a call that begins now.
    var deadlineNanoseconds: UInt64 {
        PosixClock().bootNanoseconds() + UInt64(deadlineSeconds) * 1_000_000_000
    }

    /// The service, opened. An attempt that fails is not remembered: the next call tries again.
    func backend() async throws(StoreError) -> OpenedBackend {
        let (backend, opening) = state.withLock { state -> (OpenedBackend?, Task<OpenedBackend, any Error>?) in
            switch state {
            case .open(let backend): return (backend, nil)
            case .opening(let task, _): return (nil, task)
            case .closed: return (nil, nil)
            case .unopened(let open):
                // A task of its own: whoever came first may be cancelled, and the others still need the service.
                let task = Task { [self] in try await opened(by: open) }
                state = .opening(task, open)
                return (nil, task)
            }
        }
        if let backend { return backend }
        guard let opening else { throw StoreError(.closed, "The store is closed; open it again.") }
        do {
            return try await opening.value
        } catch {
            throw error as? StoreError ?? StoreError(.keyBackendFailed, "\(error)", underlying: error)
        }
    }

    private func opened(by open: Open) async throws(StoreError) -> OpenedBackend {
        do throws(StoreError) {
            let backend = try await open()
            state.withLock { state in
                // Where the store was closed meanwhile, the backend goes with its last reference.
                if case .opening = state { state = .open(backend) }
            }
            return backend
        } catch {
            state.withLock { state in
                if case .opening(_, let open) = state { state = .unopened(open) }
            }
            throw error
        }
    }

    /// No service is opened from now on; waits for one that is being opened. Before the store's lock is freed: opening
    /// may write to the store's description.
    func settle() async {
        let opening = state.withLock { state -> Task<OpenedBackend, any Error>? in
            switch state {
            case .unopened:
                state = .closed
                return nil
            case .opening(let task, _): return task
            case .open, .closed: return nil
            }
        }
        _ = await opening?.result
    }

    func close() async throws(KeyBackendError) {
        bucketKeys.close()
        let backend = state.withLock { state -> OpenedBackend? in
            defer { state = .closed }
            if case .open(let backend) = state { return backend }
            return nil
        }
        try await backend?.backend.close()
    }
}
