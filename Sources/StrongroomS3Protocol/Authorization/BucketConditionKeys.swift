/// The condition keys that a bucket policy may ask for (Service Authorization Reference, "Condition keys for Amazon
/// S3"; IAM User Guide, "AWS global condition context keys").
///
/// S3 refuses others, and for a reason: a denial under a key that nobody tells denies nothing. So each key here is
/// either told, or no request to this server can have it. S3 lets pass whatever begins with `aws:`; here there must be
/// such a key. Policies of users are not held against this, as IAM's are not.
enum BucketConditionKeys {
    /// - Parameter key: in lower case.
    static func isKnown(_ key: String) -> Bool {
        if told.contains(key) || absent.contains(key) { return true }
        return (toldPrefixes + absentPrefixes).contains { key.hasPrefix($0) && key.utf8.count > $0.utf8.count }
    }

    /// What `RequestConditions` and the handlers tell.
    static let told: Set<String> = lowercased(
        aws: [
            "CurrentTime", "EpochTime", "MultiFactorAuthAge", "MultiFactorAuthPresent", "PrincipalAccount",
            "PrincipalArn", "PrincipalIsAWSService", "PrincipalType", "Referer", "RequestedRegion", "ResourceAccount",
            "SecureTransport", "SourceIp", "TokenIssueTime", "UserAgent", "ViaAWSService", "userid", "username",
        ],
        s3: [
            "ObjectCreationOperation", "RequestObjectTagKeys", "ResourceAccount", "TlsVersion", "VersionId", "authType",
            "delimiter", "if-match", "if-none-match", "max-keys", "object-lock-legal-hold", "object-lock-mode",
            "object-lock-remaining-retention-days", "object-lock-retain-until-date", "prefix", "signatureAge",
            "signatureversion", "x-amz-acl", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-grant-full-control",
            "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp",
            "x-amz-metadata-directive", "x-amz-object-ownership", "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm",
            "x-amz-storage-class", "x-amz-website-redirect-location",
        ])

    /// With the name of a tag behind them.
    static let toldPrefixes = ["s3:existingobjecttag/", "s3:requestobjecttag/"]

    /// About what is not here: organizations, private networks, other services of AWS and whoever acts through them,
    /// access points, batch jobs, annotations, inventories, and operations that no bucket policy is asked about.
    private static let absent: Set<String> = lowercased(
        aws: [
            "AssumedRoot", "CalledVia", "CalledViaAWSMCP", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn",
            "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "FederatedProvider", "IsMcpServiceAction",
            "PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName", "PrincipalServiceNamesList", "ResourceOrgID",
            "ResourceOrgPaths", "SignInSessionArn", "SourceAccount", "SourceArn", "SourceIdentity", "SourceOrgID",
            "SourceOrgPaths", "SourceVpc", "SourceVpcArn", "SourceVpce", "TagKeys", "ViaAWSMCPService", "VpcSourceIp",
            "VpceAccount", "VpceOrgID", "VpceOrgPaths",
        ],
        s3: [
            "AccessGrantScope", "AccessGrantsInstanceArn", "AccessGrantsLocationScope", "AccessPointNetworkOrigin",
            "DataAccessPointAccount", "DataAccessPointArn", "ExistingJobOperation", "ExistingJobPriority",
            "InventoryAccessibleOptionalFields", "JobSuspendedCause", "RequestJobOperation", "RequestJobPriority",
            "annotation-prefix", "destinationRegion", "isReplicationPauseRequest", "locationconstraint",
            "max-annotation-results", "x-amz-bucket-namespace", "x-amz-object-if-match",
        ]
    ).union(
        [
            "codebuild:BuildArn", "codebuild:ProjectArn", "ec2:RoleDelivery", "ec2:SourceInstanceArn",
            "glue:CredentialIssuingService", "glue:RoleAssumedBy", "identitystore:UserId", "lambda:SourceFunctionArn",
            "ssm:SourceInstanceArn",
        ].map { $0.lowercased() })

    /// Users, buckets that are found by their tags, and access points have none.
    private static let absentPrefixes = [
        "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "s3:accesspointtag/", "s3:buckettag/",
    ]

    private static func lowercased(aws: [String], s3: [String]) -> Set<String> {
        Set((aws.map { "aws:" + $0 } + s3.map { "s3:" + $0 }).map { $0.lowercased() })
    }
}
