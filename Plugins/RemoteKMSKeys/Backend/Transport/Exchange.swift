#if RemoteKMS
internal import NIOCore
internal import StrongroomKeys

/// One request that waits for its answer. It belongs to the event loop of its pool, and ends once.
final class Exchange {
    let request: ServiceRequest
    let deadline: NIODeadline
    private let cancellation: KeyCancellation
    private let promise: EventLoopPromise<ServiceResponse>
    private(set) var hasEnded = false
    /// Where it is being served; nil while it waits.
    weak var connection: Connection?

    init(
        _ request: ServiceRequest, deadline: NIODeadline, cancellation: KeyCancellation,
        promise: EventLoopPromise<ServiceResponse>
    ) {
        self.request = request
        self.deadline = deadline
        self.cancellation = cancellation
        self.promise = promise
    }

    /// Why nobody waits any more; nil while somebody does.
    var expiry: TransportError? {
        if cancellation.isCancelled { return TransportError(.cancelled) }
        if NIODeadline.now() >= deadline { return TransportError(.timedOut) }
        return nil
    }

    func end(_ result: Result<ServiceResponse, TransportError>) {
        guard !hasEnded else { return }
        hasEnded = true
        connection = nil
        switch result {
        case .success(let response): promise.succeed(response)
        case .failure(let error): promise.fail(error)
        }
    }
}
#endif
