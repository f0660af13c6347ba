internal import Glibc

/// State that threads share under a lock, and may wait for to change (the standard `Mutex` has no
/// condition variable). For dedicated threads only: `wait` blocks.
@safe
package final class Monitor<State>: @unchecked Sendable {
    // Safe: `state` is touched only while `mutex` is held; the C objects never move and live as long as self.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: sending State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        // Safe: the objects were allocated above; the attributes are read by the call only.
        unsafe pthread_condattr_init(&attributes)
        // Timeouts must not follow a wall clock that an administrator sets back.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let failures = unsafe pthread_mutex_init(mutex, nil) | pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        precondition(failures == 0, "cannot make a lock")
    }

    deinit {
        // Safe: nobody holds or waits on them, for nobody holds self.
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    package func withLock<Value, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        lock()
        defer { unlock() }
        return try body(&state)
    }

    /// Waits until `condition` holds (it is asked again after each signal), then runs `body` under the same lock.
    package func wait<Value, Failure: Error>(
        until condition: (inout State) -> Bool, _ body: (inout State) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        lock()
        defer { unlock() }
        while !condition(&state) {
            // Safe: this thread holds the mutex.
            unsafe pthread_cond_wait(self.condition, mutex)
        }
        return try body(&state)
    }

    /// As `wait(until:_:)`, but `body` also runs, told so by its second argument, when `condition`
    /// did not come true within the time.
    package func wait<Value, Failure: Error>(
        until condition: (inout State) -> Bool, timeoutNanoseconds: UInt64,
        _ body: (inout State, _ timedOut: Bool) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var deadline = timespec()
        // Safe: `deadline` outlives the call.
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = UInt64(deadline.tv_nsec) + timeoutNanoseconds % 1_000_000_000
        deadline.tv_sec += Int(timeoutNanoseconds / 1_000_000_000 + nanoseconds / 1_000_000_000)
        deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
        lock()
        defer { unlock() }
        var timedOut = false
        while !condition(&state) {
            if timedOut { return try body(&state, true) }
            // Safe: this thread holds the mutex; `deadline` outlives the call.
            timedOut = unsafe pthread_cond_timedwait(self.condition, mutex, &deadline) == ETIMEDOUT
        }
        return try body(&state, false)
    }

    /// Wakes one thread that waits. Call after the change, outside `withLock` or inside.
    package func signal() {
        // Safe: the object lives as long as self.
        unsafe pthread_cond_signal(condition)
    }

    /// Wakes all threads that wait.
    package func broadcast() {
        // Safe: the object lives as long as self.
        unsafe pthread_cond_broadcast(condition)
    }

    private func lock() {
        // Safe: the object lives as long as self. Errors are misuse only (a thread that locks twice).
        let code = unsafe pthread_mutex_lock(mutex)
        precondition(code == 0, "a lock was misused")
    }

    private func unlock() {
        // Safe: this thread holds the mutex.
        let code = unsafe pthread_mutex_unlock(mutex)
        precondition(code == 0, "a lock was misused")
    }
}
