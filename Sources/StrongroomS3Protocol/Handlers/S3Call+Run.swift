internal import Strongroom

extension S3Call {
    /// Asks for what the operation needs by itself.
    mutating func authorize() async throws(S3Error) {
        // Nothing lets in whoever has not signed: not even a document of theirs is read.
        guard identity.user != nil || authorizer.access.policy != nil else { throw .accessDenied() }
        if operation.isOfUpload { try await takeUpload() }
        if operation.isDecidedByExistingTags { try await takeExistingTags(of: try version()) }
        let permissions = PermissionTable.permissions(
            operation, target, namesVersion: query.contains("versionId"))
        for permission in permissions { try check(permission) }
        // What is written is the newest version: whoever names another one means something else.
        if operation.writesNewestVersion, query.contains("versionId") {
            throw .invalidArgument("This operation does not accept a version-id.", name: "versionId")
        }
    }

    func access(_ target: RequestTarget) async throws(S3Error) -> BucketAccess {
        try await accessReader.access(target.bucket)
    }

    /// Does what is asked.
    func run() async throws(S3Error) -> S3Answer {
        switch operation {
        case .listBuckets: try await listBuckets()
        case .createBucket: try await createBucket()
        case .deleteBucket: try await deleteBucket()
        case .headBucket: try await headBucket()
        case .getBucketLocation: try await getBucketLocation()
        case .getBucketVersioning: try await getBucketVersioning()
        case .putBucketVersioning: try await putBucketVersioning()
        case .getBucketEncryption: try await getBucketEncryption()
        case .putBucketEncryption: try await putBucketEncryption()
        case .deleteBucketEncryption: try await deleteBucketEncryption()
        case .getBucketPolicy: try await getBucketPolicy()
        case .putBucketPolicy: try await putBucketPolicy()
        case .deleteBucketPolicy: try await deleteBucketPolicy()
        case .getBucketPolicyStatus: try await getBucketPolicyStatus()
        case .getPublicAccessBlock: try await getPublicAccessBlock()
        case .putPublicAccessBlock: try await putPublicAccessBlock()
        case .deletePublicAccessBlock: try await deletePublicAccessBlock()
        case .getBucketOwnershipControls: try await getBucketOwnershipControls()
        case .putBucketOwnershipControls: try await putBucketOwnershipControls()
        case .deleteBucketOwnershipControls: try await deleteBucketOwnershipControls()
        case .getBucketTagging: try await getBucketTagging()
        case .putBucketTagging: try await putBucketTagging()
        case .deleteBucketTagging: try await deleteBucketTagging()
        case .getBucketCors: try await getBucketCors()
        case .putBucketCors: try await putBucketCors()
        case .deleteBucketCors: try await deleteBucketCors()
        case .getBucketLifecycle: try await getBucketLifecycle()
        case .putBucketLifecycle: try await putBucketLifecycle()
        case .deleteBucketLifecycle: try await deleteBucketLifecycle()
        case .getBucketAcl, .getObjectAcl: try await getAcl()
        case .putBucketAcl, .putObjectAcl: try await putAcl()
        case .getObjectLockConfiguration: try await getObjectLockConfiguration()
        case .putObjectLockConfiguration: try await putObjectLockConfiguration()
        case .listObjects: try await listObjects()
        case .listObjectsV2: try await listObjectsV2()
        case .listObjectVersions: try await listObjectVersions()
        case .listMultipartUploads: try await listMultipartUploads()
        default: try await runOnObject()
        }
    }

    private func runOnObject() async throws(S3Error) -> S3Answer {
        switch operation {
        case .getObject: try await getObject()
        case .headObject: try await headObject()
        case .getObjectAttributes: try await getObjectAttributes()
        case .putObject: try await putObject()
        case .copyObject: try await copyObject()
        case .deleteObject: try await deleteObject()
        case .deleteObjects: try await deleteObjects()
        case .getObjectTagging: try await getObjectTagging()
        case .putObjectTagging: try await putObjectTagging()
        case .deleteObjectTagging: try await deleteObjectTagging()
        case .getObjectRetention: try await getObjectRetention()
        case .putObjectRetention: try await putObjectRetention()
        case .getObjectLegalHold: try await getObjectLegalHold()
        case .putObjectLegalHold: try await putObjectLegalHold()
        case .updateObjectEncryption: try await updateObjectEncryption()
        case .createMultipartUpload: try await createMultipartUpload()
        case .uploadPart: try await uploadPart()
        case .uploadPartCopy: try await uploadPartCopy()
        case .listParts: try await listParts()
        case .completeMultipartUpload: try await completeMultipartUpload()
        case .abortMultipartUpload: try await abortMultipartUpload()
        default: throw .notImplemented(operation.rawValue)
        }
    }
}

extension S3Operation {
    fileprivate var writesNewestVersion: Bool {
        isOfUpload || [.putObject, .copyObject, .createMultipartUpload, .abortMultipartUpload].contains(self)
    }
}
