@testable import Strongroom

/// What a bucket makes of a request for encryption.
enum WorldPlan: Sendable, Hashable {
    case encryption(WorldEncryption)
    case refused(StoreError.Code)

    /// All that a large body, which cannot be sealed twice, is stored by.
    struct Basis: Hashable {
        var versioning: Versioning
        var plan: WorldPlan
        /// Where it decides: two names of one key are two plans to a store.
        var standard: DefaultEncryption?
    }
}

extension World {
    func plan(
        _ request: EncryptionRequest, presenting presented: CustomerKey?, in name: BucketName
    ) -> WorldPlan {
        guard let bucket = buckets[name] else { return .refused(.noSuchBucket) }
        switch request {
        case .customerKey(let key):
            guard presented == nil || presented == key else { return .refused(.invalidRequest) }
            return bucket.plan(key)
        case .bucketDefault:
            if let presented { return bucket.plan(presented) }
            switch bucket.defaultEncryption {
            case .none: return .encryption(.none)
            case .s3Managed: return .encryption(.s3Managed)
            case .kms(let key, let usesBucketKey): return .kms(key, [:], usesBucketKey)
            case .kmsDualLayer(let key): return .kmsDualLayer(key, [:])
            }
        case .none, .s3Managed, .kms, .kmsDualLayer:
            guard presented == nil else { return .refused(.invalidRequest) }
        }
        switch request {
        case .kms(let key, let context, let usesBucketKey):
            return .kms(key, context, usesBucketKey ?? bucket.defaultEncryption.usesBucketKey)
        case .kmsDualLayer(let key, let context): return .kmsDualLayer(key, context)
        case .none: return .encryption(.none)
        default: return .encryption(.s3Managed)
        }
    }

    func basis(
        _ request: EncryptionRequest, presenting presented: CustomerKey?, in name: BucketName
    ) -> WorldPlan.Basis? {
        guard let bucket = buckets[name] else { return nil }
        let isByDefault = request == .bucketDefault && presented == nil
        return WorldPlan.Basis(
            versioning: bucket.versioning, plan: plan(request, presenting: presented, in: name),
            standard: isByDefault ? bucket.defaultEncryption : nil)
    }

    /// What a write may be refused for. Neither a key service nor a condition is looked at for a request that the
    /// bucket refuses, and no condition for one that names a key that is not there.
    func refusals(
        _ options: PutOptions, presenting presented: CustomerKey?, at place: Place
    ) -> [StoreError.Code] {
        let lockRefusals = lockRefusals(options, in: place.bucket)
        switch plan(options.encryption, presenting: presented, in: place.bucket) {
        case .refused(.keyNotFound): return lockRefusals.isEmpty ? [.keyNotFound] : lockRefusals
        case .refused(let code): return [code]
        case .encryption: return refusals(of: options.condition, at: place) + lockRefusals
        }
    }

    func asksKeyService(
        _ request: EncryptionRequest, presenting presented: CustomerKey?, in name: BucketName
    ) -> Bool {
        guard case .encryption(let encryption) = plan(request, presenting: presented, in: name) else { return false }
        return encryption.isUnderServiceKey
    }

    /// Those that the bucket's settings alone decide on.
    func settingRefusals(
        _ request: EncryptionRequest, presenting presented: CustomerKey?, in name: BucketName
    ) -> [StoreError.Code] {
        if case .refused(let code) = plan(request, presenting: presented, in: name) { [code] } else { [] }
    }
}

extension WorldBucket {
    fileprivate func plan(_ key: CustomerKey) -> WorldPlan {
        allowsCustomerKeys ? .encryption(.customerKey(key)) : .refused(.accessDenied)
    }
}

extension WorldPlan {
    fileprivate static func kms(_ name: String?, _ context: [String: String], _ usesBucketKey: Bool) -> WorldPlan {
        guard let keyID = ModelKeys.keyID(name) else { return .refused(.keyNotFound) }
        return .encryption(.kms(keyID: keyID, context: context, usesBucketKey: usesBucketKey))
    }

    fileprivate static func kmsDualLayer(_ name: String?, _ context: [String: String]) -> WorldPlan {
        guard let keyID = ModelKeys.keyID(name) else { return .refused(.keyNotFound) }
        return .encryption(.kmsDualLayer(keyID: keyID, context: context))
    }
}
