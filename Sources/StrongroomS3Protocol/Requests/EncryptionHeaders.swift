internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys

/// What a request's headers ask of an object's encryption.
enum EncryptionHeaders {
    static let mode = "x-amz-server-side-encryption"
    static let keyID = "x-amz-server-side-encryption-aws-kms-key-id"
    static let context = "x-amz-server-side-encryption-context"
    static let bucketKey = "x-amz-server-side-encryption-bucket-key-enabled"

    /// - Throws: S3's refusals of what is not known or does not go together.
    static func request(
        _ headers: RequestHeaders, _ customerKeys: CustomerKeyHeaders
    ) throws(S3Error) -> EncryptionRequest {
        let mode = try headers.single(mode)
        let keyID = try headers.single(keyID)
        let context = try context(headers)
        let bucketKey = try headers.flag(bucketKey)
        if !customerKeys.object.isEmpty {
            guard mode == nil, keyID == nil, context == nil, bucketKey == nil else {
                throw S3Error.invalidArgument(
                    "Server Side Encryption with Customer provided key is incompatible with the encryption method "
                        + "specified", name: Self.mode, value: mode)
            }
            guard let key = try customerKeys.key() else { return .bucketDefault }
            return .customerKey(key)
        }
        switch mode {
        case nil, "AES256":
            guard keyID == nil, context == nil else {
                throw .invalidArgument(
                    "Server Side Encryption with AWS KMS managed key requires HTTP header "
                        + "x-amz-server-side-encryption : aws:kms", name: Self.mode)
            }
            guard bucketKey == nil || mode != nil else {
                throw .notImplemented("\(Self.bucketKey) without \(Self.mode)")
            }
            guard bucketKey != true else {
                throw .invalidArgument("Bucket Keys are for aws:kms alone.", name: Self.bucketKey)
            }
            return mode == nil ? .bucketDefault : .s3Managed
        case "aws:kms": return .kms(key: keyID, context: context ?? [:], bucketKey: bucketKey)
        case "aws:kms:dsse":
            guard bucketKey != true else {
                throw .invalidArgument("Bucket Keys are not for aws:kms:dsse.", name: Self.bucketKey)
            }
            return .kmsDualLayer(key: keyID, context: context ?? [:])
        case let other?:
            throw .invalidArgument(
                "The encryption method specified is not supported", name: Self.mode, value: String(other.prefix(64)))
        }
    }

    /// Whether the headers ask for the key service.
    static func asksKeyService(_ headers: RequestHeaders) -> Bool {
        headers.values(mode).contains { $0.hasPrefix("aws:kms") }
    }

    /// - Throws: `InvalidArgument` where a request that reads asks for an encryption: objects have theirs already.
    static func checkReading(_ headers: RequestHeaders) throws(S3Error) {
        for name in [mode, keyID, context, bucketKey] where headers.contains(name) {
            throw .invalidArgument("\(name) header is not supported for this operation.", name: name)
        }
    }

    /// Base64 of a JSON object of texts.
    private static func context(_ headers: RequestHeaders) throws(S3Error) -> [String: String]? {
        guard let text = try headers.single(context) else { return nil }
        guard let bytes = PaddedBase64.decode(text), let members = try? JSONValue.object(parsing: bytes) else {
            throw invalidContext
        }
        var pairs: [String: String] = [:]
        for (name, value) in members {
            guard case .string(let text) = value else { throw invalidContext }
            pairs[name] = text
        }
        return pairs
    }

    private static let invalidContext = S3Error.invalidArgument(
        "The header \(context) is no base64 of a JSON object whose values are texts.", name: context)
}

extension AnswerHeaders {
    /// How the object is encrypted, as every answer about one says.
    mutating func set(_ encryption: EncryptionDescriptor, customerKeyMD5: String?) {
        switch encryption {
        case .none: break
        case .s3Managed: set(EncryptionHeaders.mode, "AES256")
        case .kms(let kms):
            set(EncryptionHeaders.mode, "aws:kms")
            set(EncryptionHeaders.keyID, kms.keyID)
            if kms.usesBucketKey { set(EncryptionHeaders.bucketKey, "true") }
        case .kmsDualLayer(let kms):
            set(EncryptionHeaders.mode, "aws:kms:dsse")
            set(EncryptionHeaders.keyID, kms.keyID)
        case .customerKey:
            set(CustomerKeyHeaders.prefix + "algorithm", "AES256")
            set(CustomerKeyHeaders.prefix + "key-md5", customerKeyMD5)
        }
    }
}
