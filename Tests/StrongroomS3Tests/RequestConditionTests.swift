import Strongroom
import Testing

@testable import StrongroomS3Protocol

/// What conditions are told of a request. The story: policies could ask for keys that nobody told, and what they denied
/// under them was allowed.
///
/// Attack 26.
@Suite("Conditions on requests") struct RequestConditionTests {
    private static func policy(_ condition: String, _ actions: [String] = ["s3:PutObject"]) -> String {
        PolicyText.of(
            PolicyText.statement("Deny", actions, ["arn:aws:s3:::data/*"], principal: #""*""#, condition: condition))
    }

    @Test("are told of a lock that is asked for, by headers and by documents alike")
    func locks() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        func until(days: Int64) -> String { TimeText.iso8601(seconds: S3Fixture.now / 1_000 + days * 86_400) }
        func retention(_ mode: String, days: Int64) async throws -> Int {
            let text =
                "<Retention><Mode>\(mode)</Mode><RetainUntilDate>\(until(days: days))</RetainUntilDate></Retention>"
            return try await fixture.document("PUT", "/data/k?retention", text).status
        }
        func headers(_ mode: String, days: Int64) -> S3Fixture.Headers {
            [("x-amz-object-lock-mode", mode), ("x-amz-object-lock-retain-until-date", until(days: days))]
        }
        let actions = ["s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"]
        let far = #"{"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"1100"}}"#
        #expect(try await fixture.put(policy: Self.policy(far, actions)).status == 204)
        #expect(try await fixture.send("PUT", "/data/l", headers("GOVERNANCE", days: 1_101)).status == 403)
        #expect(try await fixture.send("PUT", "/data/l", headers("GOVERNANCE", days: 1_100)).status == 200)
        #expect(try await retention("GOVERNANCE", days: 1_101) == 403)
        #expect(try await retention("GOVERNANCE", days: 1_100) == 200)
        let mode = #"{"StringEquals":{"s3:object-lock-mode":"COMPLIANCE"}}"#
        #expect(try await fixture.put(policy: Self.policy(mode, actions)).status == 204)
        #expect(try await retention("COMPLIANCE", days: 1_101) == 403)
        #expect(try await retention("GOVERNANCE", days: 1_101) == 200)
        let hold = #"{"StringEquals":{"s3:object-lock-legal-hold":"ON"}}"#
        #expect(try await fixture.put(policy: Self.policy(hold, actions)).status == 204)
        for (status, code) in [("ON", 403), ("OFF", 200)] {
            let text = "<LegalHold><Status>\(status)</Status></LegalHold>"
            #expect(try await fixture.document("PUT", "/data/k?legal-hold", text).status == code)
        }
        // Who may not lock is told so before anything is looked for.
        let bob = try await fixture.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:GetObject"])))
        for (query, text) in [
            ("retention", "<Retention/>"), ("legal-hold", "<LegalHold><Status>ON</Status></LegalHold>"),
        ] {
            for key in ["k", "absent"] {
                #expect(try await fixture.document("PUT", "/data/\(key)?\(query)", text, as: bob).status == 403)
            }
        }
    }

    @Test("make puts conditional: parts and beginnings of uploads make no object")
    func conditionalPuts() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let condition = #"{"Null":{"s3:if-none-match":"true"},"Bool":{"s3:ObjectCreationOperation":"true"}}"#
        #expect(try await fixture.put(policy: Self.policy(condition)).status == 204)
        let once: S3Fixture.Headers = [("if-none-match", "*")]
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 403)
        #expect(try await fixture.send("PUT", "/data/k", once, body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/data/copy", [("x-amz-copy-source", "data/k")]).status == 403)
        let begun = try await fixture.send("POST", "/data/u?uploads")
        let upload = "uploadId=\(try #require(begun.element("UploadId")))"
        let part = try await fixture.send("PUT", "/data/u?partNumber=1&\(upload)", body: [1])
        let etag = try #require(part.headers["etag"])
        let list =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
            + "</CompleteMultipartUpload>"
        #expect(try await fixture.document("POST", "/data/u?\(upload)", list).status == 403)
        #expect(try await fixture.document("POST", "/data/u?\(upload)", list, once).status == 200)
    }

    /// The stories: a limit on `max-keys` did not hold for whoever left it out, a source was another one by another
    /// spelling, and parts of an upload that had the encryption a policy asks for were refused.
    @Test("are told what is acted on, however it was asked for")
    func actedOn() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        for key in ["secret/k", "open/k"] {
            #expect(try await fixture.send("PUT", "/data/\(key)", body: [1]).status == 200)
        }
        func deny(_ action: String, _ condition: String, _ resource: String = "arn:aws:s3:::data/*") async throws {
            let statement = PolicyText.statement(
                "Deny", [action], [resource], principal: #""*""#, condition: condition)
            #expect(try await fixture.put(policy: PolicyText.of(statement)).status == 204)
        }
        try await deny("s3:ListBucket", #"{"NumericGreaterThan":{"s3:max-keys":"10"}}"#, "arn:aws:s3:::data")
        for (query, status) in [("", 403), ("&max-keys=11", 403), ("&max-keys=10", 200)] {
            #expect(try await fixture.send("GET", "/data?list-type=2\(query)").status == status, "\(query)")
        }
        try await deny("s3:PutObject", #"{"StringLike":{"s3:x-amz-copy-source":"data/secret/*"}}"#)
        for (source, status) in [
            ("data/secret/k", 403), ("/data/secret/k", 403), ("data/%73ecret/k", 403),
            ("data/secret/k?versionId=null", 403), ("/data/open/k", 200),
        ] {
            let copy = try await fixture.send("PUT", "/data/copy", [("x-amz-copy-source", source)])
            #expect(copy.status == status, "\(source) \(copy.text)")
        }
        try await deny("s3:PutObject", #"{"StringEquals":{"s3:x-amz-metadata-directive":"REPLACE"}}"#)
        for (directive, status) in [("REPLACE", 403), ("replace", 400), ("COPY", 200)] {
            let copy: S3Fixture.Headers = [
                ("x-amz-copy-source", "data/open/k"), ("x-amz-metadata-directive", directive),
            ]
            #expect(try await fixture.send("PUT", "/data/copy", copy).status == status, "\(directive)")
        }
    }

    @Test("are told of parts and of an upload's end what the upload was begun with")
    func uploads() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let before = try await fixture.send("POST", "/data/old?uploads")
        let condition = #"{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}"#
        #expect(try await fixture.put(policy: Self.policy(condition)).status == 204)
        #expect(try await fixture.send("POST", "/data/u?uploads").status == 403)
        let begun = try await fixture.send("POST", "/data/u?uploads", [("x-amz-server-side-encryption", "AES256")])
        for (key, begun) in [("u", begun), ("old", before)] {
            let upload = "uploadId=\(try #require(begun.element("UploadId")))"
            let part = try await fixture.send("PUT", "/data/\(key)?partNumber=1&\(upload)", body: [1])
            let etag = try #require(part.headers["etag"], "\(part.text)")
            let list =
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
                + "</CompleteMultipartUpload>"
            #expect(try await fixture.document("POST", "/data/\(key)?\(upload)", list).status == 200)
        }
        // A part's own header changes nothing, and so meets nothing.
        let kms = #"{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}"#
        let sealed = try await fixture.send("POST", "/data/v?uploads", [("x-amz-server-side-encryption", "AES256")])
        #expect(try await fixture.put(policy: Self.policy(kms)).status == 204)
        let target = "/data/v?partNumber=1&uploadId=\(try #require(sealed.element("UploadId")))"
        let headers: S3Fixture.Headers = [("x-amz-server-side-encryption", "aws:kms")]
        #expect(try await fixture.send("PUT", target, headers, body: [1]).status == 403)
    }

    @Test("about locks and tags are not told to whoever may only read the object")
    func answers() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let until = TimeText.iso8601(seconds: S3Fixture.now / 1_000 + 86_400)
        let put: S3Fixture.Headers = [
            ("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", until),
            ("x-amz-object-lock-legal-hold", "ON"), ("x-amz-tagging", "a=b"),
        ]
        #expect(try await fixture.send("PUT", "/data/k", put, body: [1]).status == 200)
        let names = [
            "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold",
            "x-amz-tagging-count",
        ]
        for (user, actions, told) in [
            ("reader", ["GetObject"], []), ("holder", ["GetObject", "GetObjectLegalHold"], [names[2]]),
            ("tagger", ["GetObject", "GetObjectTagging"], [names[3]]),
            ("keeper", ["GetObject", "GetObjectRetention"], [names[0], names[1]]),
        ] {
            let signer = try await fixture.user(
                user, policy: PolicyText.of(PolicyText.allow(actions.map { "s3:" + $0 })))
            for method in ["GET", "HEAD"] {
                let answer = try await fixture.send(method, "/data/k", as: signer)
                #expect(answer.status == 200 && names.filter { answer.headers[$0] != nil } == told, "\(user)")
            }
        }
    }

    @Test("are told where a bucket is to be, as its document says")
    func locations() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        func policy(_ region: String) -> String {
            let condition = #"{"StringEquals":{"s3:LocationConstraint":"\#(region)"}}"#
            return PolicyText.of(PolicyText.statement("Allow", ["s3:CreateBucket"], ["*"], condition: condition))
        }
        let here = try await fixture.user("here", policy: policy("us-east-1"))
        let elsewhere = try await fixture.user("elsewhere", policy: policy("eu-west-1"))
        func create(_ name: String, _ region: String?, as signer: S3Fixture.Signer) async throws -> Int {
            let location = region.map { "<LocationConstraint>\($0)</LocationConstraint>" }
            let text = location.map { "<CreateBucketConfiguration>\($0)</CreateBucketConfiguration>" } ?? ""
            return try await fixture.send("PUT", "/\(name)", body: Array(text.utf8), as: signer).status
        }
        #expect(try await create("named", "us-east-1", as: here) == 200)
        #expect(try await create("unnamed", nil, as: here) == 403)
        #expect(try await create("away", "eu-west-1", as: here) == 403)
        #expect(try await create("denied", "us-east-1", as: elsewhere) == 403)
        // May be made there, and is not.
        #expect(try await create("away", "eu-west-1", as: elsewhere) == 400)
        #expect(try await fixture.send("HEAD", "/denied").status == 404)
    }

    @Test("are told who asks, where and through whom: nobody is a service of AWS")
    func callers() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        for (condition, status) in [
            (#"{"Bool":{"aws:PrincipalIsAWSService":"false"}}"#, 403),
            (#"{"Bool":{"aws:ViaAWSService":"false"}}"#, 403),
            (#"{"Bool":{"aws:ViaAWSService":"true"}}"#, 200),
            (#"{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}"#, 200),
            (#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#, 403),
            (#"{"StringNotEquals":{"aws:ResourceAccount":"000000000000","s3:ResourceAccount":"000000000000"}}"#, 200),
            (#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#, 403),
        ] {
            #expect(try await fixture.put(policy: Self.policy(condition)).status == 204)
            #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == status, "\(condition)")
        }
    }
}
