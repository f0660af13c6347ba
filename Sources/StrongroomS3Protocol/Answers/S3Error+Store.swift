internal import Strongroom
internal import StrongroomKeys

extension S3Error {
    /// What a client is told of a failure of the store.
    ///
    /// Failures of the server's own (a damaged object, a disk that is full) say so by their code; their message, which
    /// may name files, goes to the log only.
    init(_ error: StoreError) {
        if let known = Self.statuses[error.code] {
            self.init(known.status, known.code, known.message ?? error.message, cause: error)
        } else {
            self = .internalError(error)
        }
        if let reason = error.underlyingError as? RefusalReason { say(reason) }
        if let failure = error.underlyingError as? KeyBackendError, failure.code == .throttled {
            self = S3Error(
                400, "KMS.ThrottlingException",
                "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
                cause: error)
        }
        // A body that threw an answer of its own.
        if error.code == .bodyFailed, let answer = error.underlyingError as? S3Error { self = answer }
    }

    /// In S3's words, which clients and their tests know.
    private mutating func say(_ reason: RefusalReason) {
        switch reason {
        case .digest("MD5"): message = "The Content-MD5 you specified did not match what we received."
        case .digest(let name): message = "The \(name) you specified did not match the calculated checksum."
        case .partDigest(let number, let name):
            message = "The \(name.lowercased()) you specified for part \(number) did not match what we received."
        case .objectDigest(let name):
            message = "The \(name.lowercased()) you specified did not match the calculated checksum."
        case .objectSize(let announced, let found):
            message =
                "The provided 'x-amz-mp-object-size' header value \(announced) does not match what was computed: \(found)"
        case .noObjectLock: message = "Bucket is missing Object Lock Configuration"
        case .retentionInThePast: message = "The retain until date must be in the future!"
        case .blockedEncryption:
            message =
                "The bucket blocks Server Side Encryption with Customer provided keys (SSE-C). Unblock it with "
                + "PutBucketEncryption (BlockedEncryptionTypes: NONE), or ask for another encryption."
        }
    }

    private typealias Known = (status: Int, code: String, message: String?)

    /// A nil message is the store's own, which names what is wrong with the request and no file.
    private static let statuses: [StoreError.Code: Known] = [
        .noSuchBucket: (404, "NoSuchBucket", "The specified bucket does not exist"),
        .noSuchKey: (404, "NoSuchKey", "The specified key does not exist."),
        .noSuchVersion: (404, "NoSuchVersion", "The specified version does not exist."),
        .methodNotAllowed: (405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
        .noSuchUpload: (
            404, "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
                + "completed."
        ),
        .invalidPart: (
            400, "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
                + "specified entity tag may not match the part's entity tag."
        ),
        .invalidPartNumber: (416, "InvalidPartNumber", "The requested partnumber is not satisfiable"),
        .invalidPartOrder: (
            400, "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number."
        ),
        .entityTooSmall: (
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        ),
        .entityTooLarge: (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
        .preconditionFailed: (
            412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"
        ),
        .notModified: (304, "NotModified", "Not Modified"),
        .badDigest: (400, "BadDigest", nil),
        .invalidTag: (400, "InvalidTag", nil),
        .invalidStorageClass: (400, "InvalidStorageClass", "The storage class you specified is not valid"),
        .accessDenied: (403, "AccessDenied", nil),
        .invalidBucketState: (409, "InvalidBucketState", nil),
        .invalidRequest: (400, "InvalidRequest", nil),
        .bucketAlreadyExists: (
            409, "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it."
        ),
        .bucketNotEmpty: (409, "BucketNotEmpty", "The bucket you tried to delete is not empty"),
        .invalidBucketName: (400, "InvalidBucketName", "The specified bucket is not valid."),
        .invalidObjectKey: (400, "KeyTooLongError", "Your key is too long or empty"),
        .invalidRange: (416, "InvalidRange", "The requested range is not satisfiable"),
        .invalidMetadata: (400, "MetadataTooLarge", nil),
        .limitExceeded: (400, "InvalidRequest", nil),
        .invalidArgument: (400, "InvalidArgument", nil),
        .bodyFailed: (400, "RequestTimeout", requestTimeout.message),
        .incompleteBody: (400, "IncompleteBody", incompleteBody.message),
        .conflict: (
            409, "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Please try again."
        ),
        .cancelled: (400, "RequestTimeout", requestTimeout.message),
        .keyDisabled: (400, "KMS.DisabledException", nil),
        .invalidKeyState: (400, "KMS.KMSInvalidStateException", nil),
        .keyNotFound: (400, "KMS.NotFoundException", nil),
        .keyServiceMissing: (400, "InvalidRequest", nil),
        .encryptionUnavailable: (501, "NotImplemented", nil),
        .keyBackendFailed: (503, "ServiceUnavailable", "The key service did not answer as it should; try again."),
        .auditUnavailable: (503, "ServiceUnavailable", "The key service's audit trail cannot be written; try again."),
        .storeLocked: (503, "ServiceUnavailable", "The store is locked: its keys are not there."),
        .closed: (503, "ServiceUnavailable", "The server is shutting down; try another one."),
        .durabilityUnknown: (503, "ServiceUnavailable", "The server cannot tell whether a write lasts; try later."),
        .diskFull: (507, "InsufficientStorage", "The server has no room left."),
        .clockUnconfirmed: (503, "ServiceUnavailable", "The server's clock is not confirmed."),
        .descriptorLimit: (503, "SlowDown", slowDown.message),
    ]
}
