internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

extension StoreError {
    /// The public face of a fault below: the same code, with the file and offset in the message.
    init(_ fault: StorageError, bucket: BucketName? = nil, key: ObjectKey? = nil) {
        var message = fault.message
        if let path = fault.path {
            message += " [\(path)" + (fault.offset.map { " at byte \($0)" } ?? "") + "]"
        }
        self.init(Self.code(of: fault), message, bucket: bucket, key: key, underlying: fault.systemError)
    }

    private static func code(of fault: StorageError) -> Code {
        switch fault.code {
        // Below, "locked" is the file lock; here a locked store is one without its keyring.
        case .locked: .storeInUse
        case StorageError.Code("secretMemory"): .secretMemoryUnavailable
        case StorageError.Code("cryptoFailure"): .cryptographyFailed
        default: Code(fault.code.rawValue)
        }
    }
}
