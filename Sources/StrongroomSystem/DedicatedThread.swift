internal import CStrongroomShims
internal import Glibc
internal import Synchronization

/// A named thread of its own for work that blocks: the committer, the writer of the catalog, input and output.
///
/// Signals that are sent to the process are left to the embedding program's threads.
package final class DedicatedThread: Sendable {
    private let thread: pthread_t
    private let end = ThreadEnd()
    private let joined = Atomic(false)

    /// Starts a thread that runs `body` once. `name` is cut to the system's 15 bytes.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body, end: end))
        var thread = pthread_t()
        var previous = sigset_t()
        // Safe: the sets outlive the calls; `start` is retained for the thread, which consumes it.
        withAsynchronousSignalsBlocked(&previous) {
            let code = unsafe pthread_create(
                &thread, nil,
                { argument in
                    // Safe: this is the retained reference passed below, taken over exactly once.
                    unsafe ThreadStart.run(Unmanaged<ThreadStart>.fromOpaque(argument!)).reach()
                    return nil
                }, start.toOpaque())
            precondition(code == 0, "the system refuses another thread (error \(code)); raise its limit (ulimit -u)")
        }
        self.thread = thread
    }

    deinit {
        guard !joined.load(ordering: .relaxed), !end.leaveToThread() else { return }
        // The body has returned and the thread is about to end, unless it is its own last owner.
        if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
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
    private let name: String
    private let body: @Sendable () -> Void
    private let end: ThreadEnd

    init(name: String, body: @escaping @Sendable () -> Void, end: ThreadEnd) {
        self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        self.body = body
        self.end = end
    }

    /// Runs the body on the calling thread, and lets go of it and of all that it holds before this returns.
    @inline(never)
    static func run(_ retained: Unmanaged<ThreadStart>) -> ThreadEnd {
        // Safe: the caller gives its reference away.
        let start = unsafe retained.takeRetainedValue()
        unsafe strongroom_name_current_thread(start.name)
        start.body()
        return start.end
    }
}

/// Who gives back what the system holds of a thread: its owner, or the thread when it ends after its owner.
///
/// `pthread_detach` from another thread is no way out: in the GNU C library it reads the thread's memory once more
/// after the thread has become free to end, and to take that memory with it. A thread may detach itself.
private final class ThreadEnd: Sendable {
    private let isDecided = Atomic(false)

    /// Called by the thread as the last that it does.
    func reach() {
        if isDecided.exchange(true, ordering: .acquiringAndReleasing) { pthread_detach(pthread_self()) }
    }

    /// Called by the owner, once, when it will not wait for the thread. False when the body has returned already.
    func leaveToThread() -> Bool { !isDecided.exchange(true, ordering: .acquiringAndReleasing) }
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
