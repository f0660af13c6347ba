/// Which permissions an operation needs by itself (Service Authorization Reference, "Actions, resources, and condition
/// keys for Amazon S3"). What headers and documents ask for besides (tags, locks, sources of copies, the keys of a
/// batch delete) is asked by the handlers, before anything is done.
enum PermissionTable {
    /// Actions on the bucket or on the object, by operation; those of one version where one is named.
    struct Rule: Sendable {
        enum Resource: Sendable { case allBuckets, bucket, object }

        var resource: Resource
        var actions: [String]
        /// Where the request names a version.
        var versionActions: [String]
    }

    static func rule(_ operation: S3Operation) -> Rule {
        switch operation {
        case .listBuckets: Rule(resource: .allBuckets, actions: ["ListAllMyBuckets"], versionActions: [])
        case .createBucket, .deleteObjects: Rule(resource: .bucket, actions: [], versionActions: [])
        default: bucketRules[operation].map(bucket) ?? object(objectRules[operation] ?? unknown(operation))
        }
    }

    static func isListed(_ operation: S3Operation) -> Bool {
        [.listBuckets, .createBucket, .deleteObjects].contains(operation) || bucketRules[operation] != nil
            || objectRules[operation] != nil
    }

    static func permissions(
        _ operation: S3Operation, _ target: RequestTarget, namesVersion: Bool
    ) -> [Permission] {
        let rule = rule(operation)
        let (bucket, key) = (target.bucket ?? "", target.key ?? "")
        let actions = namesVersion ? rule.versionActions : rule.actions
        return switch rule.resource {
        case .allBuckets: [.listBuckets]
        case .bucket: rule.actions.map { .bucket($0, bucket) }
        case .object: actions.map { .object($0, bucket, key) }
        }
    }

    /// An operation that was forgotten here needs an action of its own name, which few policies allow.
    private static func unknown(_ operation: S3Operation) -> (actions: [String], version: [String]?) {
        ([operation.rawValue], nil)
    }

    private static func bucket(_ action: String) -> Rule {
        Rule(resource: .bucket, actions: [action], versionActions: [action])
    }

    private static func object(_ rule: (actions: [String], version: [String]?)) -> Rule {
        Rule(resource: .object, actions: rule.actions, versionActions: rule.version ?? rule.actions)
    }

    private static let bucketRules: [S3Operation: String] = [
        .deleteBucket: "DeleteBucket",
        .headBucket: "ListBucket",
        .getBucketLocation: "GetBucketLocation",
        .getBucketVersioning: "GetBucketVersioning",
        .putBucketVersioning: "PutBucketVersioning",
        .getBucketEncryption: "GetEncryptionConfiguration",
        .putBucketEncryption: "PutEncryptionConfiguration",
        .deleteBucketEncryption: "PutEncryptionConfiguration",
        .getBucketPolicy: "GetBucketPolicy",
        .putBucketPolicy: "PutBucketPolicy",
        .deleteBucketPolicy: "DeleteBucketPolicy",
        .getBucketPolicyStatus: "GetBucketPolicyStatus",
        .getPublicAccessBlock: "GetBucketPublicAccessBlock",
        .putPublicAccessBlock: "PutBucketPublicAccessBlock",
        .deletePublicAccessBlock: "PutBucketPublicAccessBlock",
        .getBucketOwnershipControls: "GetBucketOwnershipControls",
        .putBucketOwnershipControls: "PutBucketOwnershipControls",
        .deleteBucketOwnershipControls: "PutBucketOwnershipControls",
        .getBucketTagging: "GetBucketTagging",
        .putBucketTagging: "PutBucketTagging",
        .deleteBucketTagging: "PutBucketTagging",
        .getBucketCors: "GetBucketCORS",
        .putBucketCors: "PutBucketCORS",
        .deleteBucketCors: "PutBucketCORS",
        .getBucketLifecycle: "GetLifecycleConfiguration",
        .putBucketLifecycle: "PutLifecycleConfiguration",
        .deleteBucketLifecycle: "PutLifecycleConfiguration",
        .getBucketAcl: "GetBucketAcl",
        .putBucketAcl: "PutBucketAcl",
        .getObjectLockConfiguration: "GetBucketObjectLockConfiguration",
        .putObjectLockConfiguration: "PutBucketObjectLockConfiguration",
        .listObjects: "ListBucket",
        .listObjectsV2: "ListBucket",
        .listObjectVersions: "ListBucketVersions",
        .listMultipartUploads: "ListBucketMultipartUploads",
    ]

    private static let objectRules: [S3Operation: (actions: [String], version: [String]?)] = [
        .getObject: (["GetObject"], ["GetObjectVersion"]),
        .headObject: (["GetObject"], ["GetObjectVersion"]),
        .getObjectAttributes: (
            ["GetObject", "GetObjectAttributes"], ["GetObjectVersion", "GetObjectVersionAttributes"]
        ),
        .putObject: (["PutObject"], nil),
        .copyObject: (["PutObject"], nil),
        .createMultipartUpload: (["PutObject"], nil),
        .uploadPart: (["PutObject"], nil),
        .uploadPartCopy: (["PutObject"], nil),
        .completeMultipartUpload: (["PutObject"], nil),
        .abortMultipartUpload: (["AbortMultipartUpload"], nil),
        .listParts: (["ListMultipartUploadParts"], nil),
        .deleteObject: (["DeleteObject"], ["DeleteObjectVersion"]),
        .getObjectTagging: (["GetObjectTagging"], ["GetObjectVersionTagging"]),
        // The handlers ask, who know the tags, and the lock.
        .putObjectTagging: ([], nil),
        .putObjectRetention: ([], nil),
        .putObjectLegalHold: ([], nil),
        .deleteObjectTagging: (["DeleteObjectTagging"], ["DeleteObjectVersionTagging"]),
        .getObjectRetention: (["GetObjectRetention"], nil),
        .getObjectLegalHold: (["GetObjectLegalHold"], nil),
        .getObjectAcl: (["GetObjectAcl"], ["GetObjectVersionAcl"]),
        .putObjectAcl: (["PutObjectAcl"], ["PutObjectVersionAcl"]),
        .updateObjectEncryption: (["UpdateObjectEncryption"], nil),
    ]
}
