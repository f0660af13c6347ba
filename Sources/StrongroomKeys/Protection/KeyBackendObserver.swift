/// Hears what the protection of a backend does: for logs and figures. Called outside of all locks, from any thread.
package protocol KeyBackendObserver: Sendable {
    /// A call begins.
    func callBegan()
    /// A call has ended.
    func callEnded()
    /// A call is repeated, because of that failure.
    func willRepeat(after error: KeyBackendError)
    /// A call was refused without asking the backend.
    func refused()
    /// From now on nothing is asked for a while, or everything is again.
    func circuitChanged(isOpen: Bool)
}
