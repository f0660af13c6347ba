@testable import Strongroom

extension Event {
    /// For the account of what was done.
    var kind: String {
        let name = "\(type(of: step))".replacing("Step", with: "")
        let encryption: EncryptionDescriptor
        switch answer {
        case .refused(let error): return "\(name) \(error.code)"
        case .put(let receipt): encryption = receipt.encryption
        case .upload(let info): encryption = info.encryption
        case .info(let info), .body(let info, _, _): encryption = info.encryption
        default: return name
        }
        switch encryption {
        case .none: return "\(name), not encrypted"
        case .s3Managed: return "\(name), SSE-S3"
        case .kms(let kms): return "\(name), SSE-KMS\(kms.usesBucketKey ? " with a Bucket Key" : "")"
        case .kmsDualLayer: return "\(name), DSSE-KMS"
        case .customerKey: return "\(name), SSE-C"
        }
    }
}
