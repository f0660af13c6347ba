internal import Strongroom

/// The object that a request copies from, which the caller may read.
struct CopySourceObject: Sendable {
    var target: RequestTarget
    var bucket: Bucket
    var key: ObjectKey
    /// The version that the header names.
    var version: VersionID?
    var info: ObjectInfo
    /// The request as if it were about the source: with the source's bucket policy.
    var call: S3Call

    var hasVersion: Bool { version != nil }

    /// The version that was looked at; nil for one without an id.
    var pinnedVersion: VersionID? { info.versionID == .null ? version : info.versionID }

    /// The conditions, and where no id holds on to the version, that it is still the one that was looked at.
    func pinned(_ conditions: ReadConditions) -> ReadConditions {
        guard info.versionID == .null else { return conditions }
        var conditions = conditions
        conditions.matches = [info.etag]
        return conditions
    }
    var authorizer: Authorizer { call.authorizer }

    func permission(_ action: String) -> Permission { .object(action, target.bucket ?? "", target.key ?? "") }
}

extension S3Call {
    /// Finds the source of a copy and asks whether the caller may read it.
    func copySource(conditions: ReadConditions) async throws(S3Error) -> CopySourceObject {
        let source = try CopySource(headers)
        var call = self
        call.target = source.target
        call.authorizer.access = try await access(source.target)
        // Facts about what is acted on are the source's now.
        call.authorizer.facts.set("s3:VersionId", source.versionID.map { [$0] })
        let version = try source.versionID.map { text throws(S3Error) in try Self.version(text) }
        try await call.takeExistingTags(of: version)
        try call.check(object: version == nil ? "GetObject" : "GetObjectVersion")
        var bucket = store.bucket(try source.target.bucketName())
        if let key = try customerKeys.sourceKey() { bucket = bucket.presenting(key) }
        let key = try source.target.objectKey()
        call.customerKeys.object = customerKeys.source
        let info: ObjectInfo
        do throws(S3Error) {
            info = try await call.reading { [bucket] () async throws(StoreError) in
                try await bucket.head(key, version: version, if: conditions)
            }
        } catch {
            throw Self.sourceRefusal(error)
        }
        return CopySourceObject(
            target: source.target, bucket: bucket, key: key, version: version, info: info, call: call)
    }

    /// A copy changes something, so that its conditions fail and do not say that nothing has changed.
    private static func sourceRefusal(_ error: S3Error) -> S3Error {
        switch error.status {
        case 304:
            S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        case 405:
            .invalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id.")
        default: error
        }
    }
}
