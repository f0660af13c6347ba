#if CommandLineTool
internal import StrongroomSystem

/// A thread of its own for a command that runs here for another process: it may wait for a terminal that somebody has
/// stopped, or for a pipe that nobody reads, and must not hold up what is served meanwhile.
final class CommandExecutor: TaskExecutor {
    private let thread = IOThreadPool(threadCount: 1, name: "strongroom-ctl")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Kept until the job has run.
        thread.submit { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
#endif
