internal import StrongroomKeys

/// What a write does about encryption, decided before its first byte is sealed.
///
/// One function decides, for every path that writes: what the request asks, else the bucket's default; then what the
/// bucket blocks, and whether the store can do it. The committer compares the bucket's row with the one that the plan
/// was made from, and sends a stale plan back to be made anew.
struct EncryptionPlan: Sendable {
    enum Mode: Sendable, Equatable {
        case none
        case s3Managed
        case kms(ServiceKey)
        /// Without a Bucket Key, always.
        case kmsDualLayer(ServiceKey)
        case customerKey(CustomerKey)

        var recorded: EncryptionMode {
            switch self {
            case .none: .none
            case .s3Managed: .s3Managed
            case .kms: .kms
            case .kmsDualLayer: .kmsDualLayer
            case .customerKey: .customerKey
            }
        }
    }

    /// What is asked of the key service.
    struct ServiceKey: Sendable, Equatable {
        /// Nil for its default key.
        var keyID: String?
        /// The caller's pairs.
        var context: EncryptionContext
        var usesBucketKey: Bool
    }

    var mode: Mode
    var bucket: KnownBucket

    /// - Throws: ``StoreError/Code/conflict`` while the bucket is being deleted; ``StoreError/Code/accessDenied`` for
    ///   what it blocks; ``StoreError/Code/invalidRequest`` where two modes are asked for;
    ///   ``StoreError/Code/invalidArgument`` for an encryption context that is none;
    ///   ``StoreError/Code/keyServiceMissing``, ``StoreError/Code/encryptionUnavailable``.
    static func resolve(
        _ request: EncryptionRequest, by requester: Requester, in bucket: KnownBucket, named name: BucketName,
        _ keys: StoreKeys
    ) throws(StoreError) -> EncryptionPlan {
        guard bucket.row.state == .active else { throw Engine.beingDeleted(name) }
        let mode = try mode(request, presented: requester.customerKey, bucket.row.defaultEncryption, name)
        if case .customerKey = mode, !bucket.row.allowsCustomerKeys { throw blocked(name) }
        try keys.checkAvailable(mode.recorded, for: name)
        return EncryptionPlan(mode: mode, bucket: bucket)
    }

    private static func mode(
        _ request: EncryptionRequest, presented: CustomerKey?, _ standard: DefaultEncryption, _ name: BucketName
    ) throws(StoreError) -> Mode {
        switch request {
        case .customerKey(let key):
            guard presented == nil || presented == key else {
                throw conflicting("two different customer keys", name)
            }
            return .customerKey(key)
        case .bucketDefault:
            if let presented { return .customerKey(presented) }
            switch standard {
            case .none: return .none
            case .s3Managed: return .s3Managed
            case .kms(let key, let usesBucketKey):
                return .kms(ServiceKey(keyID: key, context: .empty, usesBucketKey: usesBucketKey))
            case .kmsDualLayer(let key):
                return .kmsDualLayer(ServiceKey(keyID: key, context: .empty, usesBucketKey: false))
            }
        case .none, .s3Managed, .kms, .kmsDualLayer:
            guard presented == nil else { throw conflicting("a customer key together with another encryption", name) }
        }
        switch request {
        case .kms(let key, let context, let bucketKey):
            return .kms(
                ServiceKey(
                    keyID: key, context: try Self.context(context, name),
                    usesBucketKey: bucketKey ?? standard.usesBucketKey))
        case .kmsDualLayer(let key, let context):
            return .kmsDualLayer(
                ServiceKey(keyID: key, context: try Self.context(context, name), usesBucketKey: false))
        case .none: return .none
        default: return .s3Managed
        }
    }

    private static func context(_ pairs: [String: String], _ name: BucketName) throws(StoreError) -> EncryptionContext {
        guard pairs[ObjectARN.contextName] == nil else {
            throw StoreError(
                .invalidArgument,
                "The encryption context names \(ObjectARN.contextName), which the store sets itself; leave it out.",
                bucket: name)
        }
        do throws(KeyBackendError) {
            return try EncryptionContext(pairs)
        } catch {
            throw StoreError(.invalidArgument, error.message, bucket: name)
        }
    }

    static func blocked(_ name: BucketName) -> StoreError {
        StoreError(
            .accessDenied,
            "The bucket blocks customer keys (SSE-C), as new buckets do; allow them with setAllowedEncryption(_:), or "
                + "put with another encryption.", bucket: name, underlying: RefusalReason.blockedEncryption)
    }

    private static func conflicting(_ what: String, _ name: BucketName) -> StoreError {
        StoreError(.invalidRequest, "The request asks for \(what); ask for one.", bucket: name)
    }
}
