/// How an object is encrypted, as rows record it. Part of the format: these must not change.
enum EncryptionMode: UInt8, Sendable {
    case none = 0
    case s3Managed = 1
    case kms = 2
    case kmsDualLayer = 3
    case customerKey = 4

    /// Whether what follows from the plaintext, such as its checksums, is told only to whoever has opened the object.
    var hidesChecksums: Bool {
        switch self {
        case .none, .s3Managed: false
        case .kms, .kmsDualLayer, .customerKey: true
        }
    }

    /// Whether the key service wraps the object's data key.
    var asksKeyService: Bool {
        switch self {
        case .none, .s3Managed, .customerKey: false
        case .kms, .kmsDualLayer: true
        }
    }

    /// How many sealed streams lie around the plaintext.
    var layers: UInt8 { self == .kmsDualLayer ? 2 : 1 }
}
