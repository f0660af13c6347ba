#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// `--sse` and `--default-encryption`, in S3's words.
enum SSEArgument: String, ExpressibleByArgument, CaseIterable {
    case aes256 = "AES256"
    case kms = "aws:kms"
    case kmsDualLayer = "aws:kms:dsse"
    case none

    /// Whether it goes with a key of the key service.
    var asksKeyService: Bool { self == .kms || self == .kmsDualLayer }

    init(_ encryption: DefaultEncryption) {
        self =
            switch encryption {
            case .s3Managed: .aes256
            case .kms: .kms
            case .kmsDualLayer: .kmsDualLayer
            case .none: .none
            }
    }
}
#endif
