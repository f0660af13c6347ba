internal import Strongroom

extension S3Call {
    /// PutObject.
    func putObject() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let key = try key()
        var options = try ObjectHeaders.putOptions(headers, customerKeys)
        options.condition = try await writeCondition()
        try checkPutting(options)
        try refuseLists()
        options.encryption = try await settled("kms:GenerateDataKey", storing: options.encryption, in: bucket)
        let checks = try BodyChecks(headers)
        checks.apply(to: &options)
        let body = try payload.body(verifying: checks)
        let receipt = try await asking { [options] () async throws(StoreError) in
            try await bucket.put(key, body, lengthBytes: payload.lengthBytes, options: options)
        }
        var answer = AnswerHeaders()
        answer.set("etag", receipt.etag.quotedETag)
        answer.set(receipt.encryption, customerKeyMD5: customerKeys.object.md5)
        answer.set(checksums: receipt.checksums)
        if receipt.versionID != .null { answer.set("x-amz-version-id", receipt.versionID.description) }
        answer.set("x-amz-expiration", await expirationHeader(receipt, tags: options.tags, in: bucket))
        return S3Answer(200, headers: answer)
    }

    /// What has to be so for a write to be done. Whoever is told whether an object has an ETag is told what is in it,
    /// and so needs to be allowed to read it (Amazon S3 User Guide, "Enforce conditional writes").
    func writeCondition() async throws(S3Error) -> WriteCondition? {
        let condition = try ObjectHeaders.writeCondition(headers)
        if case .matches = condition {
            var reading = self
            try await reading.takeExistingTags(of: nil)
            try reading.check(object: "GetObject")
        }
        return condition
    }

    /// Permissions that headers of a put ask for besides the put's own.
    func checkPutting(_ options: PutOptions) throws(S3Error) {
        let tags = options.tags.values
        if !tags.isEmpty {
            try authorizer.check(
                .object("PutObjectTagging", target.bucket ?? "", target.key ?? ""), more: TagConditions.requested(tags))
        }
        if options.retention != nil { try check(object: "PutObjectRetention") }
        if options.legalHold { try check(object: "PutObjectLegalHold") }
    }

    /// Access control lists are what they are where the bucket's owner owns all objects: none, but for those that say
    /// just that (Amazon S3 User Guide, "Controlling ownership of objects").
    func refuseLists() throws(S3Error) {
        let grants = headers.beginning(with: "x-amz-grant-")
        let canned = try headers.single("x-amz-acl")
        guard grants.isEmpty, canned == nil || canned == "private" || canned == "bucket-owner-full-control" else {
            throw S3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
    }
}
