internal import Strongroom
internal import StrongroomSystem

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What policies may ask about a request: the condition keys of AWS and of S3 (Service Authorization Reference).
///
/// A key is there only where it has a value: `Null` conditions and negated operators look at that. Nothing is taken
/// from the body, so that all is known before a byte of it is read; tags and locks that a document asks for are told by
/// the handlers, which ask for the permission once they have read it. What may be told here is in
/// `BucketConditionKeys`, too.
///
/// What a request says counts only where the operation acts on it: else whoever is allowed something under a condition
/// would meet it with a header, or a parameter, that changes nothing.
enum RequestConditions {
    /// - Parameters:
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    ///   - signature: how the request was signed; nil where nobody has.
    static func facts(
        _ request: S3Request, _ query: RequestQuery, _ operation: S3Operation, _ identity: Identity,
        _ settings: S3Settings, signature: SignatureFacts?, nowMilliseconds: Int64
    ) -> [String: [String]] {
        var facts = facts(request, identity, settings, nowMilliseconds: nowMilliseconds)
        facts["s3:ResourceAccount"] = [settings.account]
        if let signature {
            facts["s3:signatureversion"] = ["AWS4-HMAC-SHA256"]
            facts["s3:authType"] = [signature.place.rawValue]
            facts["s3:signatureAge"] = [String(signature.ageMilliseconds)]
        }
        for header in conditionHeaders { facts["s3:" + header] = request.headers.values(header) }
        // Of these an upload's are told, and not the headers of its parts: they change nothing.
        if operation.isOfUpload { for header in UploadConditions.headers { facts["s3:" + header] = nil } }
        if operation.isCopy { facts.merge(copying(request.headers)) { $1 } }
        facts.merge(writing(request, operation)) { $1 }
        facts.merge(storing(request.headers, operation, nowMilliseconds)) { $1 }
        for (parameter, key) in conditionParameters + (operation.isListing ? listingParameters : []) {
            facts[key] = query.items.filter { $0.name == parameter }.map(\.value)
        }
        if operation.isListingOfObjects {
            let count = query.items.filter { $0.name == "max-keys" }.map(\.value)
            // S3 tells it whether it was sent or not (IAM User Guide, "Numeric condition operators").
            facts["s3:max-keys"] = count.isEmpty ? [String(ListOptions.limitMaximum)] : count
        }
        return facts.filter { !$0.value.isEmpty }
    }

    /// The source as it is read, whichever of its spellings the header has; of what cannot be read there is none, and
    /// it is refused.
    private static func copying(_ headers: RequestHeaders) -> [String: [String]] {
        var facts = ["s3:x-amz-metadata-directive": headers.values("x-amz-metadata-directive")]
        if let target = try? CopySource(headers).target, let bucket = target.bucket, let key = target.key {
            facts["s3:x-amz-copy-source"] = ["\(bucket)/\(key)"]
        }
        return facts
    }

    /// Tags and locks that headers give an object.
    private static func storing(
        _ headers: RequestHeaders, _ operation: S3Operation, _ nowMilliseconds: Int64
    ) -> [String: [String]] {
        guard [.putObject, .copyObject, .createMultipartUpload].contains(operation) else { return [:] }
        var facts = lock(
            mode: headers.values(ObjectHeaders.lockMode), until: headers.values(ObjectHeaders.lockDate),
            legalHold: headers.values(ObjectHeaders.lockHold), nowMilliseconds)
        // A copy has its source's tags, unless it is told to have others.
        let takesTags =
            operation != .copyObject
            || headers.values("x-amz-tagging-directive").contains { $0.uppercased() == "REPLACE" }
        // Those that cannot be read are refused when the operation reads them.
        if takesTags, let tags = try? ObjectHeaders.tags(headers) {
            facts.merge(TagConditions.requested(tags.values)) { $1 }
        }
        return facts
    }

    /// What is known of a request of any service.
    static func facts(
        _ request: S3Request, _ identity: Identity, _ settings: S3Settings, nowMilliseconds: Int64
    ) -> [String: [String]] {
        var facts = connection(request.connection, nowMilliseconds / 1_000)
        facts["aws:RequestedRegion"] = [settings.region]
        facts["aws:ResourceAccount"] = [settings.account]
        // No service of AWS asks here, for itself or for somebody.
        facts["aws:ViaAWSService"] = ["false"]
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
        facts["aws:PrincipalIsAWSService"] = ["false"]
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

    /// Conditions of what writes objects, and whether it makes one: parts of an upload, and its beginning, do not.
    private static func writing(_ request: S3Request, _ operation: S3Operation) -> [String: [String]] {
        var facts: [String: [String]] = [:]
        switch operation {
        case .putObject, .copyObject, .completeMultipartUpload: facts["s3:ObjectCreationOperation"] = ["true"]
        case .createMultipartUpload, .uploadPart, .uploadPartCopy: facts["s3:ObjectCreationOperation"] = ["false"]
        case .deleteObject: break
        default: return [:]
        }
        for header in ["if-match", "if-none-match"] { facts["s3:" + header] = request.headers.values(header) }
        return facts
    }

    /// Of a lock that is asked for, by headers or by a document. Days that remain are rounded up, so that a lock of ten
    /// days is one of ten when it is asked about a moment later; what is past has none.
    static func lock(
        mode: [String], until: [String], legalHold: [String], _ nowMilliseconds: Int64
    ) -> [String: [String]] {
        let days = until.compactMap { TimeText.date(iso8601: $0) }.map { date in
            let seconds = date.timeIntervalSince1970 - Double(nowMilliseconds) / 1_000
            return String(Int64(max(0, min(seconds / 86_400, 1_000_000)).rounded(.up)))
        }
        return [
            "s3:object-lock-mode": mode, "s3:object-lock-retain-until-date": until,
            "s3:object-lock-legal-hold": legalHold,
            "s3:object-lock-remaining-retention-days": days,
        ].filter { !$0.value.isEmpty }
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
        "x-amz-acl", "x-amz-content-sha256", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp",
        "x-amz-grant-write", "x-amz-grant-write-acp", "x-amz-object-ownership", "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class", "x-amz-website-redirect-location",
    ]

    private static let conditionParameters = [("versionId", "s3:VersionId")]

    private static let listingParameters = [("prefix", "s3:prefix"), ("delimiter", "s3:delimiter")]
}

extension S3Operation {
    fileprivate var isCopy: Bool { self == .copyObject || self == .uploadPartCopy }

    fileprivate var isListing: Bool { isListingOfObjects || self == .listMultipartUploads }

    fileprivate var isListingOfObjects: Bool { [.listObjects, .listObjectsV2, .listObjectVersions].contains(self) }
}

/// What is known of a request's signature once it was checked.
struct SignatureFacts: Sendable {
    /// Where it stands, in the words of `s3:authType`.
    enum Place: String, Sendable {
        case header = "REST-HEADER"
        case query = "REST-QUERY-STRING"
        case form = "POST"
    }

    var place: Place
    /// Milliseconds since the request was signed.
    var ageMilliseconds: Int64
}
