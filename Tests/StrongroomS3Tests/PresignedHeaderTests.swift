import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// The story: SDKs put headers into the query of the URLs that they presign; the upload succeeded, without them.
@Suite("Headers in the queries of presigned URLs") struct PresignedHeaderTests {
    private static func put(_ query: String, _ headers: S3Fixture.Headers = []) async throws -> (
        S3Fixture, S3Fixture.Response
    ) {
        let fixture = try await S3Fixture.withLockingBucket()
        let all = [(name: "host", value: "localhost")] + headers
        let url = try fixture.presigned("PUT", "/data/k", query, headers: all)
        return (
            fixture, try await fixture.deliver("PUT", "/data/k", url, all + [("content-length", "1")], body: [1])
        )
    }

    @Test("They are stored as if they had come as headers")
    func stored() async throws {
        let (fixture, answer) = try await Self.put(
            "x-amz-meta-colour=blue&x-amz-tagging=a%3Db&x-amz-object-lock-legal-hold=ON&x-amz-storage-class=STANDARD_IA"
                + "&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject")
        #expect(answer.status == 200, "\(answer.text)")
        let head = try await fixture.send("HEAD", "/data/k")
        #expect(head.headers["x-amz-meta-colour"] == "blue" && head.headers["x-amz-storage-class"] == "STANDARD_IA")
        #expect(head.headers["x-amz-object-lock-legal-hold"] == "ON")
        #expect(try await fixture.send("GET", "/data/k?tagging").text.contains("<Key>a</Key><Value>b</Value>"))
    }

    @Test("Policies ask about them")
    func policies() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let denial = PolicyText.statement(
            "Deny", ["s3:PutObject"], ["arn:aws:s3:::data/*"], principal: #""*""#,
            condition: #"{"StringEquals":{"s3:x-amz-storage-class":"STANDARD_IA"}}"#)
        #expect(try await fixture.put(policy: PolicyText.of(denial)).status == 204)
        for (query, status) in [("x-amz-storage-class=STANDARD_IA", 403), ("x-amz-storage-class=STANDARD", 200)] {
            let url = try fixture.presigned("PUT", "/data/k", query)
            let answer = try await fixture.deliver(
                "PUT", "/data/k", url, [("host", "localhost"), ("content-length", "1")], body: [1])
            #expect(answer.status == status, "\(query)")
        }
    }

    @Test("One that came both ways, a key, or what is not done here is refused")
    func refused() async throws {
        let meta = [(name: "x-amz-meta-colour", value: "red")]
        #expect(try await Self.put("x-amz-meta-colour=blue", meta).1.code == "InvalidArgument")
        let key = "x-amz-server-side-encryption-customer-key=AAAA"
        let answer = try await Self.put(key).1
        #expect(answer.code == "InvalidArgument" && !answer.text.contains("AAAA"))
        #expect(try await Self.put("x-amz-website-redirect-location=%2Fb").1.code == "NotImplemented")
        #expect(try await Self.put("x-amz-expected-bucket-owner=111111111111").1.code == "AccessDenied")
    }

    @Test("What nobody has presigned means nothing, as on AWS")
    func unsigned() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        #expect(try await fixture.send("PUT", "/data/k?x-amz-meta-colour=blue", body: [1]).status == 200)
        #expect(try await fixture.send("HEAD", "/data/k").headers["x-amz-meta-colour"] == nil)
    }
}
