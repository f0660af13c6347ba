internal import CStrongroomShims
internal import Glibc
internal import Synchronization

/// A named thread of its own for work that blocks: the committer, the writer of the catalog, input and output.
///
/// Signals that are sent to the process are left to the embedding program's threads.
package final class DedicatedThread: Sendable {
    private let thread: pthread_t
    private let joined = Atomic(false)

    /// Starts a thread that runs `body` once. `name` is cut to the system's 15 bytes.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var thread = pthread_t()
        var previous = sigset_t()
        // Safe: the sets outlive the calls; `start` is retained for the thread, which consumes it.
        withAsynchronousSignalsBlocked(&previous) {
            let code = unsafe pthread_create(
                &thread, nil,
                { argument in
                    // Safe: this is the retained reference passed below, taken over exactly once.
                    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
                    unsafe strongroom_name_current_thread(start.name)
                    start.body()
                    return nil
                }, start.toOpaque())
            precondition(code == 0, "the system refuses another thread (error \(code)); raise its limit (ulimit -u)")
        }
        self.thread = thread
    }

    deinit {
        if !joined.load(ordering: .relaxed) { pthread_detach(thread) }
    }

    /// Waits, blocking, until the body has returned. Not to be called from the thread itself.
    package func join() {
        precondition(pthread_equal(thread, pthread_self()) == 0, "a thread cannot wait for itself")
        guard !joined.exchange(true, ordering: .relaxed) else { return }
        let code = pthread_join(thread, nil)
        precondition(code == 0, "a thread could not be joined (error \(code))")
    }

    /// Whether the calling code runs on this thread.
    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        self.body = body
    }
}

/// Runs `body` with the signals blocked that arrive from outside; a thread created in it inherits
/// that. Faults of the thread itself must still reach the program's crash handler.
private func withAsynchronousSignalsBlocked(_ previous: inout sigset_t, _ body: () -> Void) {
    var blocked = sigset_t()
    // Safe: both sets outlive the calls.
    unsafe sigfillset(&blocked)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { unsafe sigdelset(&blocked, fault) }
    unsafe pthread_sigmask(SIG_SETMASK, &blocked, &previous)
    body()
    unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
}
