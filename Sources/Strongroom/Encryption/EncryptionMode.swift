/// How an object is encrypted, as rows record it. Part of the format: these must not change.
enum EncryptionMode: UInt8, Sendable {
    case none = 0
    case s3Managed = 1
    case kms = 2
    // 3 is for the dual layer (DSSE-KMS).
    case customerKey = 4

    /// Whether what follows from the plaintext, such as its checksums, is told only to whoever has opened the object.
    var hidesChecksums: Bool {
        switch self {
        case .none, .s3Managed: false
        case .kms, .customerKey: true
        }
    }
}
