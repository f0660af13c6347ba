internal import Strongroom
internal import StrongroomSystem

/// What policies may ask about a request: the condition keys of AWS and of S3 (Service Authorization Reference).
///
/// A key is there only where it has a value: `Null` conditions and negated operators look at that. Nothing is taken
/// from the body, so that all is known before a byte of it is read.
enum RequestConditions {
    /// - Parameters:
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    ///   - signature: how the request was signed; nil where nobody has.
    static func facts(
        _ request: S3Request, _ query: RequestQuery, _ identity: Identity, signature: SignatureFacts?,
        nowMilliseconds: Int64
    ) -> [String: [String]] {
        var facts = facts(request, identity, nowMilliseconds: nowMilliseconds)
        if let user = identity.user { facts["s3:ResourceAccount"] = [user.account] }
        if let signature {
            facts["s3:signatureversion"] = ["AWS4-HMAC-SHA256"]
            facts["s3:authType"] = [signature.isPresigned ? "REST-QUERY-STRING" : "REST-HEADER"]
            facts["s3:signatureAge"] = [String(signature.ageMilliseconds)]
        }
        for header in conditionHeaders { facts["s3:" + header] = request.headers.values(header) }
        facts["s3:x-amz-acl"] = request.headers.values("x-amz-acl")
        facts["s3:object-lock-mode"] = request.headers.values("x-amz-object-lock-mode")
        facts["s3:object-lock-retain-until-date"] = request.headers.values("x-amz-object-lock-retain-until-date")
        facts["s3:object-lock-legal-hold"] = request.headers.values("x-amz-object-lock-legal-hold")
        for (parameter, key) in conditionParameters {
            facts[key] = query.items.filter { $0.name == parameter }.map(\.value)
        }
        // Those that cannot be read are refused when the operation reads them.
        if let tags = try? ObjectHeaders.tags(request.headers) {
            facts.merge(TagConditions.requested(tags.values)) { $1 }
        }
        return facts.filter { !$0.value.isEmpty }
    }

    /// What is known of a request of any service.
    static func facts(
        _ request: S3Request, _ identity: Identity, nowMilliseconds: Int64
    ) -> [String: [String]] {
        var facts = connection(request.connection, nowMilliseconds / 1_000)
        facts.merge(identity.user.map { principal($0, nowMilliseconds) } ?? ["aws:PrincipalType": ["Anonymous"]]) { $1 }
        facts["aws:UserAgent"] = request.headers.values("user-agent")
        facts["aws:Referer"] = request.headers.values("referer")
        return facts.filter { !$0.value.isEmpty }
    }

    /// Of a session of a role the ARN is the role's, whichever session it is, and there is no user's name.
    private static func principal(_ user: AuthenticatedUser, _ nowMilliseconds: Int64) -> [String: [String]] {
        var facts = session(user, nowMilliseconds)
        facts["aws:PrincipalArn"] = [user.roleSession?.roleARN ?? user.arn]
        facts["aws:PrincipalAccount"] = [user.account]
        facts["aws:PrincipalType"] = [user.roleSession == nil ? "User" : "AssumedRole"]
        facts["aws:userid"] = [user.id]
        if let name = user.userName { facts["aws:username"] = [name] }
        return facts
    }

    /// Long-term access keys have none of these: `Bool` conditions about a second factor are false for them, and
    /// `BoolIfExists` ones true.
    private static func session(_ user: AuthenticatedUser, _ nowMilliseconds: Int64) -> [String: [String]] {
        guard let session = user.session else { return [:] }
        let age = user.secondFactorAgeSeconds(nowMilliseconds: nowMilliseconds)
        var facts = [
            "aws:MultiFactorAuthPresent": [age == nil ? "false" : "true"],
            "aws:TokenIssueTime": [TimeText.iso8601(seconds: session.issuedMilliseconds / 1_000)],
        ]
        if let age { facts["aws:MultiFactorAuthAge"] = [String(age)] }
        return facts
    }

    private static func connection(_ connection: ConnectionFacts, _ now: Int64) -> [String: [String]] {
        var facts = [
            "aws:SecureTransport": [connection.isSecure ? "true" : "false"],
            "aws:EpochTime": [String(now)],
            "aws:CurrentTime": [TimeText.iso8601(seconds: now)],
        ]
        if let address = connection.sourceAddress { facts["aws:SourceIp"] = [address] }
        if let version = connection.tlsVersion { facts["s3:TlsVersion"] = [version] }
        return facts
    }

    /// Headers that are condition keys of the same name, behind `s3:`.
    private static let conditionHeaders = [
        "x-amz-content-sha256", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-storage-class",
        "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
    ]

    private static let conditionParameters = [
        ("prefix", "s3:prefix"), ("delimiter", "s3:delimiter"), ("max-keys", "s3:max-keys"),
        ("versionId", "s3:VersionId"),
    ]
}

/// What is known of a request's signature once it was checked.
struct SignatureFacts: Sendable {
    /// Whether it stands in the query.
    var isPresigned: Bool
    /// Milliseconds since the request was signed.
    var ageMilliseconds: Int64
}
