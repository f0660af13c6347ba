public import StrongroomCrypto
internal import StrongroomKeys

extension StoreError {
    /// The public face of a key backend's failure.
    init(_ failure: KeyBackendError, bucket: BucketName? = nil, key: ObjectKey? = nil) {
        let code: Code =
            switch failure.code {
            case .keyNotFound: .keyNotFound
            case .keyDisabled: .keyDisabled
            case .invalidKeyState: .invalidKeyState
            case .keyInUse: .keyInUse
            case .accessDenied: .accessDenied
            case .invalidRequest: .invalidRequest
            case .invalidCiphertext, .incorrectKey: .damaged
            case .wrongSecret: .wrongRootKey
            case .keyringDamaged: .keyringDamaged
            case .keyringMissing: .keyringMissing
            case .keyringExists: .alreadyExists
            case .unsafePermissions: .unsafePermissions
            case .auditUnavailable: .auditUnavailable
            case .cancelled: .cancelled
            case .closed: .closed
            default: failure.underlying is SecretMemoryError ? .secretMemoryUnavailable : .keyBackendFailed
            }
        self.init(code, "\(failure.message)", bucket: bucket, key: key, underlying: failure)
    }
}

extension StoreError {
    /// The public face of a failure to keep or use a secret.
    init(_ failure: SecretMemoryError) {
        self.init(.secretMemoryUnavailable, failure.message, underlying: failure)
    }

    /// The public face of a failure to seal or open.
    init(_ failure: SealError, bucket: BucketName? = nil, key: ObjectKey? = nil) {
        let code: Code =
            switch failure.code {
            case .commitmentMismatch, .chunkNotAuthentic, .truncated, .trailingData: .damaged
            case .secretMemory: .secretMemoryUnavailable
            case .limitExceeded: .limitExceeded
            default: .cryptographyFailed
            }
        self.init(code, failure.message, bucket: bucket, key: key)
    }
}

// A body that borrows a secret throws one error for its own faults and for the secret's memory.
extension StoreError: SecretMemoryErrorConvertible {
    /// The public face of the memory's fault.
    public init(secretMemory error: SecretMemoryError) { self.init(error) }
}
