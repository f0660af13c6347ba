public import StrongroomCrypto
package import StrongroomKeys

extension KeyServiceError {
    /// A failure of the keyring beneath an operation, or a request that the backend cannot read: that is the asker's.
    package init(_ error: KeyBackendError) {
        self.init(error.code == .invalidRequest ? .validation : .internalFailure, error.message, underlying: error)
    }

    static let closed = KeyServiceError(
        KeyBackendError(.closed, "The key service has been closed; open it again."))
}

extension KeyServiceError: SecretMemoryErrorConvertible {
    /// A secret could not be kept in memory; the message has the remedy.
    public init(secretMemory error: SecretMemoryError) { self.init(KeyBackendError(secretMemory: error)) }
}

extension KeyBackendError {
    private static let codes: [KeyServiceError.Code: Code] = [
        .notFound: .keyNotFound, .disabled: .keyDisabled, .invalidState: .invalidKeyState,
        .invalidCiphertext: .invalidCiphertext, .incorrectKey: .incorrectKey,
        .accessDenied: .accessDenied, .unsupportedOperation: .unsupported, .keyInUse: .keyInUse,
        .throttling: .throttled, .keyUnavailable: .invalidKeyState,
    ]

    /// The same failure in the words of a key backend: that of the keyring, where it lies beneath.
    package init(_ error: KeyServiceError) {
        if let underlying = error.underlying as? KeyBackendError {
            self = underlying
            reason = reason ?? error.code.description
        } else {
            self.init(
                Self.codes[error.code] ?? (error.code == .internalFailure ? .unavailable : .invalidRequest),
                error.message, underlying: error)
            reason = error.code.description
        }
    }
}
