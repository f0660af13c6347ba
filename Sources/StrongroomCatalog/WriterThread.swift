import StrongroomSystem

/// One operating system thread that runs what it is handed, one job at a time, while the caller waits.
///
/// LMDB binds a write transaction to its thread: committed on another one, the commit returns success
/// and every later begin hangs for ever. Here begin and commit cannot be on different threads, whoever
/// calls.
final class WriterThread: Sendable {
    private enum Phase { case idle, ready(Job), running, finished, stopped }

    private struct Job: @unchecked Sendable {
        // Safe to send: the thread that made it waits until the writer thread has run and dropped it.
        let run: () -> Void
    }

    private let phase: Monitor<Phase>
    private let thread: DedicatedThread

    init() {
        // The thread holds the phase and not this object, whose last reference may then go away.
        let phase = Monitor(Phase.idle)
        self.phase = phase
        thread = DedicatedThread(name: "strongroom-lmdb") {
            while Self.performNext(phase) {
                phase.withLock { $0 = .finished }
                phase.broadcast()
            }
        }
    }

    deinit {
        phase.withLock { $0 = .stopped }
        phase.broadcast()
    }

    /// Whether the caller is on the writer thread, where `run` would wait for itself.
    var isCurrent: Bool { thread.isCurrent }

    /// Runs `job` on the writer thread and returns when it is done.
    func run(_ job: () -> Void) {
        withoutActuallyEscaping(job) { job in
            let job = Job(run: job)
            phase.wait(until: { if case .idle = $0 { true } else { false } }, { $0 = .ready(job) })
            phase.broadcast()
            phase.wait(until: { if case .finished = $0 { true } else { false } }, { $0 = .idle })
            phase.broadcast()
        }
    }

    /// The job is dropped on return, before its caller is told that it is done and may go on.
    private static func performNext(_ phase: Monitor<Phase>) -> Bool {
        let job: Job? = phase.wait(
            until: { phase in
                switch phase {
                case .ready, .stopped: true
                case .idle, .running, .finished: false
                }
            },
            { phase in
                guard case .ready(let job) = phase else { return nil }
                phase = .running
                return job
            })
        job?.run()
        return job != nil
    }
}
