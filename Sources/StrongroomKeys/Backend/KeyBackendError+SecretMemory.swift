public import StrongroomCrypto

extension KeyBackendError: SecretMemoryErrorConvertible {
    /// A secret could not be kept in memory; the message has the remedy.
    public init(secretMemory error: SecretMemoryError) {
        self.init(.unavailable, error.message, underlying: error)
    }
}
