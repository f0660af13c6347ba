internal import Strongroom
internal import StrongroomPolicy

extension S3Call {
    /// GetBucketPolicy: the document as it was put.
    func getBucketPolicy() async throws(S3Error) -> S3Answer {
        let bytes = try await document(.policy)
        guard let bytes else { throw Self.noPolicy }
        var answer = AnswerHeaders()
        answer.set("content-type", "application/json")
        return S3Answer(200, headers: answer, body: .bytes(bytes))
    }

    /// PutBucketPolicy.
    func putBucketPolicy() async throws(S3Error) -> S3Answer {
        let bytes = try await collect()
        let policy = try BucketPolicyRules.read(bytes, bucket: target.bucket ?? "")
        let access = authorizer.access
        if access.publicAccessBlock.blocksPublicPolicy, PublicPolicy.isPublic(policy) {
            throw .accessDenied(
                "User: \(identity.user?.arn ?? "anonymous") is not authorized to perform: s3:PutBucketPolicy on "
                    + "resource: \"arn:aws:s3:::\(target.bucket ?? "")\" because public policies are prevented by the "
                    + "BlockPublicPolicy setting in S3 Block Public Access.")
        }
        if try headers.single("x-amz-confirm-remove-self-bucket-access")?.lowercased() != "true" {
            try checkKeepsAccess(policy)
        }
        try await setDocument(bytes, .policy)
        return S3Answer(204)
    }

    /// DeleteBucketPolicy.
    func deleteBucketPolicy() async throws(S3Error) -> S3Answer {
        try await setDocument(nil, .policy)
        return S3Answer(204)
    }

    /// GetBucketPolicyStatus.
    func getBucketPolicyStatus() async throws(S3Error) -> S3Answer {
        guard try await document(.policy) != nil else { throw Self.noPolicy }
        return try answer(
            .root("PolicyStatus", [DocumentElement("IsPublic", text: authorizer.access.isPublic ? "true" : "false")]))
    }

    // MARK: -

    private static let noPolicy = S3Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist")

    /// A policy that keeps its own author from changing it again is more likely a mistake than a wish.
    private func checkKeepsAccess(_ policy: PolicyDocument) throws(S3Error) {
        var next = authorizer
        next.access.policy = policy
        for action in ["PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"] {
            guard case .explicitlyDenied = next.decision(.bucket(action, target.bucket ?? "")) else { continue }
            throw .accessDenied(
                "The policy would deny its author \(action). Send x-amz-confirm-remove-self-bucket-access: true with "
                    + "it if that is meant.")
        }
    }
}

/// What S3 asks of a bucket policy beside the language.
enum BucketPolicyRules {
    /// S3's limit, in bytes.
    static let sizeBytesMaximum = 20_480

    static func read(_ bytes: [UInt8], bucket: String) throws(S3Error) -> PolicyDocument {
        guard bytes.first == UInt8(ascii: "{") else {
            throw malformed("Policies must be valid JSON and the first byte must be '{'")
        }
        let policy: PolicyDocument
        do throws(PolicyError) {
            policy = try PolicyDocument(parsing: bytes, limitBytes: sizeBytesMaximum)
        } catch {
            throw error.code == .missingElement && error.position.offset == 0
                ? malformed("Missing required field Statement") : malformed("\(error)")
        }
        guard policy.isOnlyAbout(resource: "arn:aws:s3:::\(bucket)") else {
            throw malformed("Policy has invalid resource")
        }
        guard policy.isOnlyAbout(service: "s3") else { throw malformed("Policy has invalid action") }
        guard policy.conditionKeys.allSatisfy(BucketConditionKeys.isKnown) else {
            throw malformed("Policy has an invalid condition key")
        }
        return policy
    }

    private static func malformed(_ message: String) -> S3Error { S3Error(400, "MalformedPolicy", message) }
}
