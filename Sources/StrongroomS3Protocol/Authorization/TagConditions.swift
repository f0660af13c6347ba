internal import Strongroom

/// Facts about tags, for policies.
enum TagConditions {
    static let existingPrefix = "s3:existingobjecttag/"

    /// Of tags that a request brings.
    static func requested(_ tags: [String: String]) -> [String: [String]] {
        guard !tags.isEmpty else { return [:] }
        var facts: [String: [String]] = ["s3:RequestObjectTagKeys": tags.keys.sorted()]
        for (name, value) in tags { facts["s3:RequestObjectTag/\(name)"] = [value] }
        return facts
    }

    /// Of tags that an object has.
    static func existing(_ tags: [String: String]) -> [String: [String]] {
        var facts: [String: [String]] = [:]
        for (name, value) in tags { facts["s3:ExistingObjectTag/\(name)"] = [value] }
        return facts
    }
}

extension S3Operation {
    /// Whether policies may ask for the tags of the object that it is about (Service Authorization Reference).
    /// PutObjectTagging looks for itself, once its document has come, which may take a while.
    var isDecidedByExistingTags: Bool {
        switch self {
        case .getObject, .headObject, .getObjectAttributes, .getObjectAcl, .putObjectAcl, .getObjectTagging,
            .deleteObjectTagging:
            true
        default: false
        }
    }
}

extension S3Call {
    /// Finds out the tags of the object that the request is about, where a policy asks for them.
    ///
    /// Whoever may not list the bucket is told of no object what they are told of one that a policy keeps from them: by
    /// the next check, and so at the same place, after the same looks at the store.
    mutating func takeExistingTags(of version: VersionID?) async throws(S3Error) {
        guard authorizer.asksForKeys(beginningWith: TagConditions.existingPrefix),
            let name = try? target.bucketName(), let key = try? target.objectKey()
        else { return }
        let (bucket, mayList) = (store.bucket(name), mayList)
        let tags: [String: String]
        do throws(StoreError) {
            let tagging =
                mayList
                ? try await bucket.tags(of: key, version: version)
                : try await bucket.tagsByEvenLooks(of: key, version: version)
            tags = tagging.tags.values
        } catch {
            switch error.code {
            case .noSuchKey, .noSuchVersion, .methodNotAllowed:
                // What is not there has no tags.
                conceals = !mayList
            case .noSuchBucket: break
            default: throw S3Error(error)
            }
            return
        }
        authorizer.facts.merge(TagConditions.existing(tags))
    }
}
