internal import Strongroom

extension S3Call {
    /// Asks whether the user may use a key of the key service that an object is under.
    ///
    /// The key service decides, by the key's policy, its grants, and the user's policies, which go along with each
    /// call; it knows which key an alias names. One elsewhere, or a token, does not look at policies of users: they are
    /// asked here, besides whatever it decides by.
    func checkKeyUse(_ action: String, _ encryption: EncryptionDescriptor) async throws(S3Error) {
        switch encryption {
        case .kms(let kms): try await checkKeyUse(action, keyARN: kms.keyID)
        case .kmsDualLayer(let kms): try await checkKeyUse(action, keyARN: kms.keyID)
        case .none, .s3Managed, .customerKey: return
        }
    }

    /// As above, of an object that is to be stored. Where the request names no key, the bucket's default is meant.
    func checkKeyUse(
        _ action: String, storing request: EncryptionRequest, in bucket: Bucket
    ) async throws(S3Error) {
        switch request {
        case .kms(let key, _, _), .kmsDualLayer(let key, _): try await checkKeyUse(action, keyARN: key)
        case .none, .s3Managed, .customerKey: return
        case .bucketDefault:
            let info = try await asking { () async throws(StoreError) in try await bucket.info() }
            switch info.defaultEncryption {
            case .kms(let key, _), .kmsDualLayer(let key): try await checkKeyUse(action, keyARN: key)
            case .none, .s3Managed: return
            }
        }
    }

    /// A key that is named otherwise than by its ARN is asked for as it was named, behind the account's prefix.
    private func checkKeyUse(_ action: String, keyARN: String?) async throws(S3Error) {
        guard let user = identity.user else {
            throw S3Error.invalidArgument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.")
        }
        if user.isAdministrator, user.policies.isEmpty { return }
        if try await asking({ () async throws(StoreError) in try await store.keyServiceHeedsPolicies() }) { return }
        let name = keyARN ?? "alias/aws/s3"
        let prefix = "arn:aws:kms:\(settings.region):\(settings.account):"
        let resource = name.hasPrefix("arn:") ? name : prefix + (name.hasPrefix("alias/") ? name : "key/\(name)")
        var keys = authorizer
        keys.access = .none
        keys.facts.set("kms:ViaService", ["s3.\(settings.region).amazonaws.com"])
        keys.facts.set("kms:CallerAccount", [settings.account])
        try keys.check(Permission(action: action, resource: resource))
    }
}
