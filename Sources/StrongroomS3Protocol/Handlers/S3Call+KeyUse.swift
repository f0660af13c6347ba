internal import Strongroom

extension S3Call {
    /// Asks whether the user may use a key of the key service that an object is under.
    ///
    /// The key service decides, by the key's policy, its grants, and the user's policies, which go along with each
    /// call; it knows which key an alias names. One elsewhere, or a token, does not look at policies of users: they are
    /// asked here, besides whatever it decides by.
    func checkKeyUse(_ action: String, _ encryption: EncryptionDescriptor) async throws(S3Error) {
        switch encryption {
        case .kms(let kms):
            try await checkKeyUse(action, keyID: kms.keyID, context: kms.context, bucketKey: kms.usesBucketKey)
        case .kmsDualLayer(let kms):
            try await checkKeyUse(action, keyID: kms.keyID, context: kms.context, bucketKey: false)
        case .none, .s3Managed, .customerKey: return
        }
    }

    /// - Parameters:
    ///   - keyID: the key's own, which no alias can change.
    ///   - context: the pairs that were added to the object's ARN.
    ///   - usesBucketKey: whether the key is asked for a Bucket Key: its context names the bucket.
    func checkKeyUse(
        _ action: String, keyID: String, context: [String: String], bucketKey usesBucketKey: Bool
    ) async throws(S3Error) {
        if try await isDecidedHere() { try checkPolicies(action, keyID, context, usesBucketKey) }
    }

    /// As above, of an object that is to be stored.
    ///
    /// - Returns: the request. Where policies were asked here, it names the key that they were asked about: a moment
    ///   later another one may have its alias, or be the bucket's default.
    func settled(
        _ action: String, storing request: EncryptionRequest, in bucket: Bucket
    ) async throws(S3Error) -> EncryptionRequest {
        switch request {
        case .none, .s3Managed, .customerKey: return request
        case .kms(let key, let context, let bucketKey):
            var settledBucketKey = bucketKey
            if bucketKey == nil, try await isDecidedHere() {
                let info = try await asking { () async throws(StoreError) in try await bucket.info() }
                if case .kms(_, let byDefault) = info.defaultEncryption { settledBucketKey = byDefault }
            }
            guard let key = try await settled(action, key, context, settledBucketKey ?? false) else { return request }
            return .kms(key: key, context: context, bucketKey: settledBucketKey)
        case .kmsDualLayer(let key, let context):
            guard let key = try await settled(action, key, context, false) else { return request }
            return .kmsDualLayer(key: key, context: context)
        case .bucketDefault:
            let info = try await asking { () async throws(StoreError) in try await bucket.info() }
            switch info.defaultEncryption {
            case .none, .s3Managed: return request
            case .kms(let key, let bucketKey):
                guard let key = try await settled(action, key, [:], bucketKey) else { return request }
                return .kms(key: key, bucketKey: bucketKey)
            case .kmsDualLayer(let key):
                guard let key = try await settled(action, key, [:], false) else { return request }
                return .kmsDualLayer(key: key)
            }
        }
    }

    /// - Parameter name: as a request or a bucket names it, by an alias perhaps; nil for the service's default key.
    /// - Returns: the key's own id, which was asked about; nil where nobody had to be asked here.
    private func settled(
        _ action: String, _ name: String?, _ context: [String: String], _ usesBucketKey: Bool
    ) async throws(S3Error) -> String? {
        guard try await isDecidedHere() else { return nil }
        let keyID = try await asking { () async throws(StoreError) in try await store.keyServiceKeyID(name) }
        try checkPolicies(action, keyID, context, usesBucketKey)
        return keyID
    }

    /// A key that has an id and no ARN is asked for behind the account's prefix.
    private func checkPolicies(
        _ action: String, _ keyID: String, _ context: [String: String], _ usesBucketKey: Bool
    ) throws(S3Error) {
        let prefix = "arn:aws:kms:\(settings.region):\(settings.account):key/"
        var keys = authorizer
        keys.access = .none
        keys.facts.set("kms:ViaService", ["s3.\(settings.region).amazonaws.com"])
        keys.facts.set("kms:CallerAccount", [settings.account])
        keys.facts.set("kms:EncryptionAlgorithm", ["SYMMETRIC_DEFAULT"])
        keys.facts.set("aws:ViaAWSService", ["true"])
        // The context that the key service is sent (Amazon S3 User Guide, "Encryption context").
        var pairs = context
        pairs["aws:s3:arn"] = "arn:aws:s3:::\(target.bucket ?? "")" + (usesBucketKey ? "" : "/\(target.key ?? "")")
        keys.facts.set("kms:EncryptionContextKeys", pairs.keys.sorted())
        for (name, value) in pairs { keys.facts.set("kms:EncryptionContext:\(name)", [value]) }
        try keys.check(Permission(action: action, resource: keyID.hasPrefix("arn:") ? keyID : prefix + keyID))
    }

    private func isDecidedHere() async throws(S3Error) -> Bool {
        guard let user = identity.user else {
            throw S3Error.invalidArgument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.")
        }
        if user.isAdministrator, user.policies.isEmpty { return false }
        return try await !asking { () async throws(StoreError) in try await store.keyServiceHeedsPolicies() }
    }
}
