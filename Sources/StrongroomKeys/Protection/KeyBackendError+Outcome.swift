internal import StrongroomCrypto

extension KeyBackendError {
    /// Whether the fault is this process's: there was no locked memory for a secret.
    var isOurs: Bool { underlying is SecretMemoryError }

    /// What the failure of a call says about the backend.
    ///
    /// - Parameter hadTime: whether the call had a fair part of its time: to be too late after a long wait for one's
    ///   turn says nothing about the backend.
    func outcome(hadTime: Bool) -> CircuitBreaker.Outcome {
        switch code {
        case .unavailable, .moduleFault: isOurs ? .undecided : .failed
        case .deadlineExceeded: hadTime ? .failed : .undecided
        case .cancelled, .closed: .undecided
        default: .answered
        }
    }
}
