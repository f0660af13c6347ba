#if RemoteKMS
internal import NIOCore
internal import NIOPosix
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// Requests to one service and their answers, for any number of tasks: the way from Swift's tasks to the event loop on
/// which the connections live.
final class ServiceTransport: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let pool: NIOLoopBound<ConnectionPool>
    /// Held while work is handed to the loop, so that none comes after its end: nobody would ever answer it.
    private let isClosed = Mutex(false)
    private let threads = IOThreadPool(threadCount: 1, name: "remote-kms")

    /// Blocks.
    init(_ configuration: ConnectionPool.Configuration) throws(KeyBackendError) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.group = group
        self.loop = loop
        do {
            pool = try loop.submit {
                NIOLoopBound(ConnectionPool(configuration, on: loop), eventLoop: loop)
            }.wait()
        } catch {
            throw KeyBackendError(.unavailable, "The thread for connections did not start.", underlying: error)
        }
    }

    /// The answer, whatever its status.
    ///
    /// - Parameter timeoutNanoseconds: how long it is waited for.
    func send(
        _ request: ServiceRequest, timeoutNanoseconds: Int64, cancellation: KeyCancellation
    ) async -> Result<ServiceResponse, TransportError> {
        let promise = loop.makePromise(of: ServiceResponse.self)
        let deadline = NIODeadline.now() + .nanoseconds(timeoutNanoseconds)
        isClosed.withLock { isClosed in
            if isClosed { return promise.fail(TransportError(.closed)) }
            loop.execute { [pool] in
                pool.value.submit(Exchange(request, deadline: deadline, cancellation: cancellation, promise: promise))
            }
        }
        do {
            return .success(try await promise.futureResult.get())
        } catch {
            return .failure(error as? TransportError ?? TransportError(.lost, "\(error)"))
        }
    }

    /// Runs what blocks, for a moment, on a thread that is neither a task's nor the connections'.
    func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await threads.run { () throws(Never) in work() }
    }

    /// Ends connections and threads.
    func close() async throws(KeyBackendError) {
        isClosed.withLock { isClosed in
            isClosed = true
            loop.execute { [pool] in pool.value.close() }
        }
        await threads.shutDown()
        do {
            try await group.shutdownGracefully()
        } catch {
            throw KeyBackendError(.unavailable, "The connections did not end well.", underlying: error)
        }
    }
}
#endif
