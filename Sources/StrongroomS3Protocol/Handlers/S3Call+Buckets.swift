internal import Strongroom

extension S3Call {
    /// ListBuckets. Whoever may list buckets sees all of the account's.
    func listBuckets() async throws(S3Error) -> S3Answer {
        let prefix = try query.single("prefix") ?? ""
        let limit = try query.number("max-buckets", in: 1...10_000)
        let token = try query.single("continuation-token")
        let region = try query.single("bucket-region")
        let all = try await asking { () async throws(StoreError) in try await store.listBuckets() }
        let matching = all.filter {
            $0.name.rawValue.hasPrefix(prefix) && (region == nil || region == settings.region)
                && (token == nil || $0.name.rawValue > token ?? "")
        }
        let shown = matching.prefix(limit ?? matching.count)
        let isTruncated = shown.count < matching.count
        return try answer(
            .root(
                "ListAllMyBucketsResult",
                [
                    DocumentElement("Buckets", shown.map { bucketElement($0, paged: limit != nil) }), owner(),
                    isTruncated ? .optional("ContinuationToken", shown.last?.name.rawValue) : nil,
                    prefix.isEmpty ? nil : DocumentElement("Prefix", text: prefix),
                ]))
    }

    private func bucketElement(_ info: BucketInfo, paged: Bool) -> DocumentElement {
        DocumentElement(
            "Bucket",
            [
                DocumentElement("Name", text: info.name.rawValue),
                DocumentElement("CreationDate", text: TimeText.document(info.created)),
                paged ? DocumentElement("BucketRegion", text: settings.region) : nil,
            ].compactMap { $0 })
    }

    /// CreateBucket.
    func createBucket() async throws(S3Error) -> S3Answer {
        let name = try target.bucketName()
        let permission = Permission.bucket("CreateBucket", name.rawValue)
        // Where no policy looks at the body, whoever may not is told so before it is read.
        if !authorizer.asksForKeys(beginningWith: "s3:locationconstraint") { try check(permission) }
        let bytes = try await collect()
        let document = try bytes.isEmpty ? nil : DocumentReader.read(bytes, root: "CreateBucketConfiguration")
        let region = try document?.text(of: "LocationConstraint")?.trimmingWhitespace ?? ""
        try check(permission, more: region.isEmpty ? [:] : ["s3:LocationConstraint": [region]])
        if let document { try checkCreation(document, region) }
        try refuseLists()
        switch try headers.single("x-amz-object-ownership") {
        case nil, "BucketOwnerEnforced": break
        default: throw .notImplemented("x-amz-object-ownership other than BucketOwnerEnforced")
        }
        let locks = try headers.flag("x-amz-bucket-object-lock-enabled") ?? false
        // A bucket with locks has versions, too, and neither can be taken back.
        var actions = locks ? ["PutBucketObjectLockConfiguration", "PutBucketVersioning"] : []
        if headers.contains("x-amz-object-ownership") { actions.append("PutBucketOwnershipControls") }
        for action in actions { try check(.bucket(action, name.rawValue)) }
        _ = try await asking { () async throws(StoreError) in try await store.createBucket(name, objectLock: locks) }
        var answer = AnswerHeaders()
        answer.set("location", "/\(name.rawValue)")
        return S3Answer(200, headers: answer)
    }

    private func checkCreation(_ root: DocumentElement, _ region: String) throws(S3Error) {
        if try root.child("Tags") != nil {
            throw .notImplemented("CreateBucketConfiguration.Tags; use PutBucketTagging")
        }
        try root.check(known: ["LocationConstraint"])
        guard region.isEmpty || region == settings.region else {
            throw S3Error(
                400, "IllegalLocationConstraintException",
                "The \(region) location constraint is incompatible for the region specific endpoint this request was "
                    + "sent to.")
        }
    }

    /// DeleteBucket.
    func deleteBucket() async throws(S3Error) -> S3Answer {
        let name = try target.bucketName()
        _ = try await asking { () async throws(StoreError) in try await store.deleteBucket(name) }
        return S3Answer(204)
    }

    /// HeadBucket.
    func headBucket() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.info() }
        var answer = AnswerHeaders()
        answer.set("x-amz-bucket-region", settings.region)
        return S3Answer(200, headers: answer)
    }

    /// GetBucketLocation: of the first region there is the empty text, as on AWS.
    func getBucketLocation() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.info() }
        var root = DocumentElement.root("LocationConstraint", [])
        root.text = settings.region == "us-east-1" ? "" : settings.region
        return try answer(root)
    }

    /// GetBucketVersioning.
    func getBucketVersioning() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let info = try await asking { () async throws(StoreError) in try await bucket.info() }
        let status: String? =
            switch info.versioning {
            case .unversioned: nil
            case .enabled: "Enabled"
            case .suspended: "Suspended"
            }
        return try answer(.root("VersioningConfiguration", [.optional("Status", status)]))
    }

    /// PutBucketVersioning.
    func putBucketVersioning() async throws(S3Error) -> S3Answer {
        if headers.contains("x-amz-mfa") { throw .notImplemented("x-amz-mfa") }
        let root = try await document(root: "VersioningConfiguration")
        try root.check(known: ["Status", "MfaDelete"])
        if try root.text(of: "MfaDelete")?.trimmingWhitespace == "Enabled" {
            throw .notImplemented("VersioningConfiguration.MfaDelete")
        }
        let versioning: Versioning
        switch try root.text(of: "Status")?.trimmingWhitespace {
        case "Enabled": versioning = .enabled
        case "Suspended": versioning = .suspended
        default: throw .malformedXML("Status is Enabled or Suspended.")
        }
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.setVersioning(versioning) }
        return S3Answer(200)
    }
}
