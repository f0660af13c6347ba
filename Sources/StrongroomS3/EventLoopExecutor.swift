#if HTTPServer
internal import NIOCore

/// Runs tasks on an event loop. The loop must outlive them: those that Hummingbird serves with are the process's own.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Safe: it is run once, here, and the closure keeps the executor.
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
#endif
