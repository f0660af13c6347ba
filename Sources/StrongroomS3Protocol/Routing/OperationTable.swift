/// Which request asks for which operation: the method, what it is about, and the parameter of the query that marks it.
enum OperationTable {
    enum Scope: Sendable { case service, bucket, object }

    /// A row; `marker` is nil where no parameter marks the operation.
    struct Row: Sendable {
        var method: String
        var scope: Scope
        var marker: String?
        var meaning: Meaning
    }

    enum Meaning: Sendable {
        case implemented(S3Operation)
        /// Answered with 501; the name is the service model's.
        case refused(String)

        var name: String {
            switch self {
            case .implemented(let operation): operation.rawValue
            case .refused(let name): name
            }
        }
    }

    /// Of requests that more than one row fits, the marked one is meant; those that only headers tell apart (a copy
    /// from an upload) are told apart by ``OperationRouter``.
    static let rows: [Row] = implemented + RefusedOperations.rows

    /// Where a request looks for its row.
    struct Place: Hashable, Sendable {
        var method: String
        var scope: Scope
    }

    /// The rows of one place.
    struct Rows: Sendable {
        var marked: [String: Row] = [:]
        var plain: Row?
    }

    static let places: [Place: Rows] = rows.reduce(into: [:]) { places, row in
        let place = Place(method: row.method, scope: row.scope)
        if let marker = row.marker {
            places[place, default: Rows()].marked[marker] = row
        } else {
            places[place, default: Rows()].plain = row
        }
    }

    /// Every parameter that marks an operation, of whatever method.
    static let markers: [Scope: Set<String>] = rows.reduce(into: [:]) { markers, row in
        if let marker = row.marker { markers[row.scope, default: []].insert(marker) }
    }

    private static let implemented: [Row] = service + buckets + listings + objects

    private static let service = [row("GET", .service, nil, .listBuckets)]

    private static let buckets = [
        row("PUT", .bucket, nil, .createBucket),
        row("DELETE", .bucket, nil, .deleteBucket),
        row("HEAD", .bucket, nil, .headBucket),
        row("GET", .bucket, "location", .getBucketLocation),
        row("GET", .bucket, "versioning", .getBucketVersioning),
        row("PUT", .bucket, "versioning", .putBucketVersioning),
        row("GET", .bucket, "encryption", .getBucketEncryption),
        row("PUT", .bucket, "encryption", .putBucketEncryption),
        row("DELETE", .bucket, "encryption", .deleteBucketEncryption),
        row("GET", .bucket, "policy", .getBucketPolicy),
        row("PUT", .bucket, "policy", .putBucketPolicy),
        row("DELETE", .bucket, "policy", .deleteBucketPolicy),
        row("GET", .bucket, "policyStatus", .getBucketPolicyStatus),
        row("GET", .bucket, "publicAccessBlock", .getPublicAccessBlock),
        row("PUT", .bucket, "publicAccessBlock", .putPublicAccessBlock),
        row("DELETE", .bucket, "publicAccessBlock", .deletePublicAccessBlock),
        row("GET", .bucket, "ownershipControls", .getBucketOwnershipControls),
        row("PUT", .bucket, "ownershipControls", .putBucketOwnershipControls),
        row("DELETE", .bucket, "ownershipControls", .deleteBucketOwnershipControls),
        row("GET", .bucket, "tagging", .getBucketTagging),
        row("PUT", .bucket, "tagging", .putBucketTagging),
        row("DELETE", .bucket, "tagging", .deleteBucketTagging),
        row("GET", .bucket, "cors", .getBucketCors),
        row("PUT", .bucket, "cors", .putBucketCors),
        row("DELETE", .bucket, "cors", .deleteBucketCors),
        row("GET", .bucket, "lifecycle", .getBucketLifecycle),
        row("PUT", .bucket, "lifecycle", .putBucketLifecycle),
        row("DELETE", .bucket, "lifecycle", .deleteBucketLifecycle),
        row("GET", .bucket, "acl", .getBucketAcl),
        row("PUT", .bucket, "acl", .putBucketAcl),
        row("GET", .bucket, "object-lock", .getObjectLockConfiguration),
        row("PUT", .bucket, "object-lock", .putObjectLockConfiguration),
    ]

    private static let listings = [
        row("GET", .bucket, nil, .listObjects),
        row("GET", .bucket, "list-type", .listObjectsV2),
        row("GET", .bucket, "versions", .listObjectVersions),
        row("GET", .bucket, "uploads", .listMultipartUploads),
        row("POST", .bucket, "delete", .deleteObjects),
    ]

    private static let objects = [
        row("GET", .object, nil, .getObject),
        row("HEAD", .object, nil, .headObject),
        row("PUT", .object, nil, .putObject),
        row("DELETE", .object, nil, .deleteObject),
        row("GET", .object, "attributes", .getObjectAttributes),
        row("GET", .object, "tagging", .getObjectTagging),
        row("PUT", .object, "tagging", .putObjectTagging),
        row("DELETE", .object, "tagging", .deleteObjectTagging),
        row("GET", .object, "retention", .getObjectRetention),
        row("PUT", .object, "retention", .putObjectRetention),
        row("GET", .object, "legal-hold", .getObjectLegalHold),
        row("PUT", .object, "legal-hold", .putObjectLegalHold),
        row("GET", .object, "acl", .getObjectAcl),
        row("PUT", .object, "acl", .putObjectAcl),
        row("PUT", .object, "encryption", .updateObjectEncryption),
        row("POST", .object, "uploads", .createMultipartUpload),
        row("PUT", .object, "uploadId", .uploadPart),
        row("GET", .object, "uploadId", .listParts),
        row("POST", .object, "uploadId", .completeMultipartUpload),
        row("DELETE", .object, "uploadId", .abortMultipartUpload),
    ]

    private static func row(
        _ method: String, _ scope: Scope, _ marker: String?, _ operation: S3Operation
    ) -> Row {
        Row(method: method, scope: scope, marker: marker, meaning: .implemented(operation))
    }
}
