import Strongroom
import Testing

@testable import StrongroomS3Protocol

/// The story: whoever was allowed something under a condition met it with a header, or a parameter, that the operation
/// did not act on.
@Suite("Conditions are met by what is done, and by nothing else") struct ConditionAttackTests {
    private static func allow(_ action: String, _ condition: String) -> String {
        PolicyText.statement("Allow", [action], ["arn:aws:s3:::data/*"], condition: condition)
    }

    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture.withLockingBucket()
        let tags = [(name: "x-amz-tagging", value: "class=open")]
        #expect(try await fixture.send("PUT", "/data/k", tags, body: [1]).status == 200)
        return fixture
    }

    @Test("A header with tags is none of tagging")
    func tagging() async throws {
        let fixture = try await Self.bucket()
        let bob = try await fixture.user(
            "bob",
            policy: PolicyText.of(
                Self.allow("s3:PutObjectTagging", #"{"StringEquals":{"s3:RequestObjectTag/class":"open"}}"#)))
        let header = [(name: "x-amz-tagging", value: "class=open")]
        let removal = "<Tagging><TagSet/></Tagging>"
        let removed = try await fixture.document("PUT", "/data/k?tagging", removal, header, as: bob)
        #expect(removed.isRefusal(403, "AccessDenied", beginning: "User: "), "\(removed.text)")
        let open = "<Tagging><TagSet><Tag><Key>class</Key><Value>open</Value></Tag></TagSet></Tagging>"
        #expect(try await fixture.document("PUT", "/data/k?tagging", open, as: bob).status == 200)
    }

    @Test("A header with tags is none of a copy that keeps its source's")
    func copies() async throws {
        let fixture = try await Self.bucket()
        let denial = PolicyText.statement(
            "Deny", ["s3:PutObject"], ["*"], condition: #"{"Null":{"s3:RequestObjectTag/class":"true"}}"#)
        let bob = try await fixture.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:*"]), denial))
        let copy = [(name: "x-amz-copy-source", value: "data/k"), (name: "x-amz-tagging", value: "class=x")]
        #expect(try await fixture.send("PUT", "/data/copy", copy, as: bob).status == 403)
        let replacing = copy + [(name: "x-amz-tagging-directive", value: "REPLACE")]
        #expect(try await fixture.send("PUT", "/data/copy", replacing, as: bob).status == 200)
    }

    @Test("Headers with a lock are none of a document that takes it away")
    func locks() async throws {
        let fixture = try await Self.bucket()
        let bob = try await fixture.user(
            "bob",
            policy: PolicyText.of(
                PolicyText.allow(["s3:BypassGovernanceRetention"]),
                Self.allow(
                    "s3:PutObjectRetention",
                    #"{"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"9"}}"#)))
        let header = [
            (name: ObjectHeaders.lockMode, value: "GOVERNANCE"),
            (name: ObjectHeaders.lockDate, value: "2030-01-01T00:00:00Z"),
        ]
        let removed = try await fixture.document("PUT", "/data/k?retention", "<Retention/>", header, as: bob)
        #expect(removed.isRefusal(403, "AccessDenied", beginning: "User: "), "\(removed.text)")
        let long =
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>"
        #expect(try await fixture.document("PUT", "/data/k?retention", long, as: bob).status == 200)
    }

    @Test("A prefix in the query of an object is none of a listing")
    func concealment() async throws {
        let fixture = try await Self.bucket()
        let bob = try await fixture.user(
            "bob",
            policy: PolicyText.of(
                PolicyText.allow(["s3:GetObject"]),
                PolicyText.statement(
                    "Allow", ["s3:ListBucket"], ["*"], condition: #"{"StringLike":{"s3:prefix":"pub/*"}}"#)))
        #expect(try await fixture.send("GET", "/data?prefix=pub/a", as: bob).status == 200)
        for target in ["/data/absent", "/data/absent?prefix=pub/a"] {
            #expect(try await fixture.send("GET", target, as: bob).status == 403, "\(target)")
        }
    }

    @Test("Whoever may not read an object is not told whether it has an ETag", arguments: ["PUT", "DELETE", "POST"])
    func guesses(method: String) async throws {
        let fixture = try await Self.bucket()
        let put = try await fixture.send("PUT", "/data/g", body: [1])
        let etag = try #require(put.headers["etag"])
        let bob = try await fixture.user(
            "bob", policy: PolicyText.of(PolicyText.allow(["s3:PutObject", "s3:Delete*"])))
        func send(_ etag: String, as signer: S3Fixture.Signer) async throws -> S3Fixture.Response {
            guard method == "POST" else {
                return try await fixture.send(method, "/data/g", [("if-match", etag)], as: signer)
            }
            let list = "<Delete><Object><Key>g</Key><ETag>\(etag)</ETag></Object></Delete>"
            return try await fixture.document("POST", "/data?delete", list, as: signer)
        }
        for guess in [etag, "\"5289df737df57326fcdd22597afb1fac\""] {
            #expect(try await send(guess, as: bob).code == "AccessDenied")
        }
        // Only whether there is one is asked: that takes nothing more.
        if method != "POST" { #expect(try await send("*", as: bob).status < 300) }
        let again = try #require(try await fixture.send("PUT", "/data/g", body: [2]).headers["etag"])
        let policy = PolicyText.of(PolicyText.allow(["s3:PutObject", "s3:Delete*", "s3:GetObject"]))
        _ = try await fixture.store.setUserPolicy(policy, named: "own", of: "bob")
        let done = try await send(again, as: bob)
        #expect(done.status < 300 && done.code == nil, "\(done.text)")
    }

    @Test("A bucket with locks, and one with controls of ownership, needs to be allowed those too")
    func buckets() async throws {
        let fixture = try await S3Fixture()
        let bob = try await fixture.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:CreateBucket"])))
        for name in ["x-amz-bucket-object-lock-enabled", "x-amz-object-ownership"] {
            let value = name.hasSuffix("enabled") ? "true" : "BucketOwnerEnforced"
            #expect(try await fixture.send("PUT", "/new", [(name, value)], as: bob).status == 403, "\(name)")
        }
        #expect(try await fixture.send("HEAD", "/new").status == 404)
        #expect(try await fixture.send("PUT", "/new", as: bob).status == 200)
    }
}
