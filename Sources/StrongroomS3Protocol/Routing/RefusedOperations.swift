/// What S3 has and this server has not: answered with 501, never with a success that means nothing.
enum RefusedOperations {
    static let rows: [OperationTable.Row] = buckets + objects

    private static let buckets = [
        row("GET", .bucket, "abac", "GetBucketAbac"),
        row("PUT", .bucket, "abac", "PutBucketAbac"),
        row("GET", .bucket, "accelerate", "GetBucketAccelerateConfiguration"),
        row("PUT", .bucket, "accelerate", "PutBucketAccelerateConfiguration"),
        row("GET", .bucket, "analytics", "GetBucketAnalyticsConfiguration"),
        row("PUT", .bucket, "analytics", "PutBucketAnalyticsConfiguration"),
        row("DELETE", .bucket, "analytics", "DeleteBucketAnalyticsConfiguration"),
        row("GET", .bucket, "intelligent-tiering", "GetBucketIntelligentTieringConfiguration"),
        row("PUT", .bucket, "intelligent-tiering", "PutBucketIntelligentTieringConfiguration"),
        row("DELETE", .bucket, "intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration"),
        row("GET", .bucket, "inventory", "GetBucketInventoryConfiguration"),
        row("PUT", .bucket, "inventory", "PutBucketInventoryConfiguration"),
        row("DELETE", .bucket, "inventory", "DeleteBucketInventoryConfiguration"),
        row("GET", .bucket, "logging", "GetBucketLogging"),
        row("PUT", .bucket, "logging", "PutBucketLogging"),
        row("GET", .bucket, "metadataConfiguration", "GetBucketMetadataConfiguration"),
        row("POST", .bucket, "metadataConfiguration", "CreateBucketMetadataConfiguration"),
        row("DELETE", .bucket, "metadataConfiguration", "DeleteBucketMetadataConfiguration"),
        row("GET", .bucket, "metadataTable", "GetBucketMetadataTableConfiguration"),
        row("POST", .bucket, "metadataTable", "CreateBucketMetadataTableConfiguration"),
        row("DELETE", .bucket, "metadataTable", "DeleteBucketMetadataTableConfiguration"),
        row("PUT", .bucket, "metadataAnnotationTable", "UpdateBucketMetadataAnnotationTableConfiguration"),
        row("PUT", .bucket, "metadataInventoryTable", "UpdateBucketMetadataInventoryTableConfiguration"),
        row("PUT", .bucket, "metadataJournalTable", "UpdateBucketMetadataJournalTableConfiguration"),
        row("GET", .bucket, "metrics", "GetBucketMetricsConfiguration"),
        row("PUT", .bucket, "metrics", "PutBucketMetricsConfiguration"),
        row("DELETE", .bucket, "metrics", "DeleteBucketMetricsConfiguration"),
        row("GET", .bucket, "notification", "GetBucketNotificationConfiguration"),
        row("PUT", .bucket, "notification", "PutBucketNotificationConfiguration"),
        row("GET", .bucket, "replication", "GetBucketReplication"),
        row("PUT", .bucket, "replication", "PutBucketReplication"),
        row("DELETE", .bucket, "replication", "DeleteBucketReplication"),
        row("GET", .bucket, "requestPayment", "GetBucketRequestPayment"),
        row("PUT", .bucket, "requestPayment", "PutBucketRequestPayment"),
        row("GET", .bucket, "session", "CreateSession"),
        row("GET", .bucket, "website", "GetBucketWebsite"),
        row("PUT", .bucket, "website", "PutBucketWebsite"),
        row("DELETE", .bucket, "website", "DeleteBucketWebsite"),
    ]

    private static let objects = [
        row("GET", .object, "annotation", "GetObjectAnnotation"),
        row("PUT", .object, "annotation", "PutObjectAnnotation"),
        row("DELETE", .object, "annotation", "DeleteObjectAnnotation"),
        row("GET", .object, "torrent", "GetObjectTorrent"),
        row("PUT", .object, "renameObject", "RenameObject"),
        row("POST", .object, "restore", "RestoreObject"),
        row("POST", .object, "select", "SelectObjectContent"),
    ]

    /// Names of the service model for requests that look like another row's: the deprecated forms, the lists of
    /// configurations, and those that only other endpoints of S3 have.
    static let otherNames: [String: String] = [
        "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
        "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
        "GetBucketNotification": "GetBucketNotificationConfiguration",
        "PutBucketNotification": "PutBucketNotificationConfiguration",
        "ListBucketAnalyticsConfigurations": "GetBucketAnalyticsConfiguration",
        "ListBucketIntelligentTieringConfigurations": "GetBucketIntelligentTieringConfiguration",
        "ListBucketInventoryConfigurations": "GetBucketInventoryConfiguration",
        "ListBucketMetricsConfigurations": "GetBucketMetricsConfiguration",
        "ListObjectAnnotations": "GetObjectAnnotation",
    ]

    /// Requests that no client sends to an endpoint such as this one: they look like others, or go elsewhere.
    static let elsewhere: Set<String> = ["ListDirectoryBuckets", "WriteGetObjectResponse"]

    private static func row(
        _ method: String, _ scope: OperationTable.Scope, _ marker: String, _ name: String
    ) -> OperationTable.Row {
        OperationTable.Row(method: method, scope: scope, marker: marker, meaning: .refused(name))
    }
}
