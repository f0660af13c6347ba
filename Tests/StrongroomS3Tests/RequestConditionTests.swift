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
