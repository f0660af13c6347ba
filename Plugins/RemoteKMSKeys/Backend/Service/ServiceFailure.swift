#if RemoteKMS
internal import StrongroomKeys

/// Why an attempt failed, and what may be done about it.
struct ServiceFailure: Sendable {
    enum Remedy: Sendable {
        /// Another attempt would end the same way.
        case none
        /// Another attempt may succeed, whatever is asked: the service has done nothing.
        case tryAgain
        /// The same, but the service may have done it: only for what is repeatable.
        case tryAgainIfRepeatable
        /// The credentials have expired, or are not known; they may have been replaced.
        case readCredentials
    }

    var error: KeyBackendError
    var remedy: Remedy

    init(_ code: KeyBackendError.Code, _ message: String, _ remedy: Remedy = .none) {
        error = KeyBackendError(code, message)
        self.remedy = remedy
    }
}

extension ServiceFailure {
    /// Of an attempt without an answer.
    init(_ error: TransportError, _ endpoint: ServiceEndpoint) {
        let url = endpoint.url
        switch error.kind {
        case .unreachable:
            self.init(
                .unavailable,
                "The key service at \(url) cannot be reached (\(error.detail)); check address, network and service.",
                .tryAgain)
        case .untrusted:
            self.init(
                .unavailable,
                "Whoever answers at \(url) has not proved to be the key service (\(error.detail)); nothing was sent. "
                    + "If its certificate comes from an authority of your own, name that with ca-file; it must be "
                    + "valid now, and for this host.")
        case .lost:
            self.init(
                .unavailable, "The connection to the key service at \(url) ended before its answer (\(error.detail)).",
                .tryAgainIfRepeatable)
        case .timedOut:
            self.init(
                .unavailable,
                "The key service at \(url) did not answer in time; see how it is, or raise request-timeout-seconds.",
                .tryAgainIfRepeatable)
        case .cancelled: self.init(.cancelled, "Nobody waits for the key service at \(url) any more.")
        case .tooLarge, .malformed:
            self.init(.unavailable, "The answer of \(url) is none of a key service: \(error.detail).")
        case .noMemory: self.init(.unavailable, error.detail)
        case .closed: self.init(.unavailable, "The connections to \(url) have been closed; open the backend again.")
        }
    }
}
#endif
