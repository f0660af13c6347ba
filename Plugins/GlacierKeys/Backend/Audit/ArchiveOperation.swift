/// What can be asked of the archive keys, by the name that it has in their audit trail. What every key backend does is
/// called as KMS calls it.
enum ArchiveOperation: String, Sendable, CaseIterable {
    case generateDataKey = "GenerateDataKey"
    case unwrap = "Decrypt"
    case rewrap = "ReEncrypt"
    case describe = "DescribeKey"
    case status = "GetStatus"
    case rotateEpoch = "RotateEpoch"
    case destroyEpoch = "DestroyEpoch"
    case shredReceipt = "GetShredReceipt"
    case sealWrap = "SealWrap"
    case openWrap = "OpenWrap"
    case resealWrap = "ResealWrap"
    case replaceRootKey = "ReplaceRootKey"

    /// Whether it leaves the keys as they are, as CloudTrail understands it.
    var isReadOnly: Bool {
        switch self {
        case .rotateEpoch, .destroyEpoch, .replaceRootKey: false
        default: true
        }
    }
}
