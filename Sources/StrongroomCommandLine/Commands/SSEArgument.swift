#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// `--sse` and `--default-encryption`, in S3's words.
enum SSEArgument: String, ExpressibleByArgument, CaseIterable {
    case aes256 = "AES256"
    case none

    init(_ encryption: DefaultEncryption) {
        self =
            switch encryption {
            case .s3Managed: .aes256
            case .none: .none
            }
    }

    var asDefault: DefaultEncryption {
        switch self {
        case .aes256: .s3Managed
        case .none: .none
        }
    }

    var asRequest: EncryptionRequest {
        switch self {
        case .aes256: .s3Managed
        case .none: .none
        }
    }
}
#endif
