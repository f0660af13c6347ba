#if RemoteKMS
/// Why a request has no answer.
struct TransportError: Error, Sendable {
    enum Kind: Sendable, Hashable {
        /// There was no connection: nothing was sent.
        case unreachable
        /// Who answered did not prove to be the service: nothing was sent.
        case untrusted
        /// The connection ended before the answer did.
        case lost
        /// Nobody waits any more: the time is up.
        case timedOut
        /// Nobody waits any more: the call was cancelled.
        case cancelled
        /// The answer is longer than any that could be meant.
        case tooLarge
        /// What came is no HTTP.
        case malformed
        /// No locked memory for the answer.
        case noMemory
        /// The backend has been closed.
        case closed
    }

    var kind: Kind
    /// In words, for the end of a sentence.
    var detail: String

    init(_ kind: Kind, _ detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}
#endif
