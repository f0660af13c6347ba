import Strongroom
import Testing

@testable import StrongroomS3Protocol

/// Attack 36: whoever may not list a bucket asks for what is there and is forbidden, and for the same once it is gone:
/// every answer has to be the same to the last byte.
@Suite("Attacks on what is not told") struct ConcealmentAttackTests {
    typealias Way = (method: String, target: String, headers: S3Fixture.Headers, body: String)

    /// In the bucket `data`, with versions, under the key `k`.
    struct Secret: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The user's own policy.
        var policy: String
        var bucketPolicy: String?
        var put: S3Fixture.Headers = []
        /// Whether all is forbidden, and not only what tags decide.
        var isAll = false
    }

    private static let objects = "arn:aws:s3:::data/*"
    private static let ownBucket = "arn:aws:s3:::own/*"
    static let secrets = [
        Secret(
            testDescription: "no policy allows it",
            policy: PolicyText.of(PolicyText.allow(["s3:*"], ["arn:aws:s3:::data/open/*", ownBucket])), isAll: true),
        Secret(
            testDescription: "a policy of the user's denies it",
            policy: PolicyText.of(
                PolicyText.allow(["s3:*"], [objects, ownBucket]),
                PolicyText.statement("Deny", ["s3:*"], ["arn:aws:s3:::data/k"])), isAll: true),
        Secret(
            testDescription: "the bucket's policy denies what has a tag",
            policy: PolicyText.of(PolicyText.allow(["s3:*"], [objects, ownBucket])),
            bucketPolicy: PolicyText.of(
                PolicyText.statement(
                    "Deny", ["s3:*"], [objects], principal: #""*""#,
                    condition: #"{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}"#)),
            put: [("x-amz-tagging", "class=secret")]),
    ]

    static func ways(_ secret: Secret, version: String) -> [Way] {
        let attributes: S3Fixture.Headers = [("x-amz-object-attributes", "ETag,ObjectSize")]
        func copy(_ source: String) -> S3Fixture.Headers { [("x-amz-copy-source", "data/\(source)")] }
        var ways: [Way] = []
        for query in ["", "?versionId=\(version)"] {
            let target = "/data/k\(query)"
            ways += [
                ("GET", target, [], ""), ("GET", target, [("range", "bytes=0-0")], ""),
                ("GET", target, [("range", "bytes=99-")], ""), ("GET", target, [("if-none-match", "*")], ""),
                ("GET", target + (query.isEmpty ? "?" : "&") + "partNumber=1", [], ""),
                ("GET", target + (query.isEmpty ? "?" : "&") + "attributes", attributes, ""),
                ("HEAD", target, [("x-amz-checksum-mode", "ENABLED")], ""),
                ("PUT", "/own/copy", copy("k\(query)"), ""),
            ]
            let tagging = target + (query.isEmpty ? "?" : "&") + "tagging"
            ways += [
                ("HEAD", target, [], ""), ("HEAD", target, [("range", "bytes=0-0")], ""), ("GET", tagging, [], ""),
                ("PUT", tagging, [], "<Tagging><TagSet/></Tagging>"), ("DELETE", tagging, [], ""),
                ("GET", target + (query.isEmpty ? "?" : "&") + "acl", [], ""),
            ]
            guard secret.isAll else { continue }
            ways += [
                ("GET", target + (query.isEmpty ? "?" : "&") + "retention", [], ""),
                ("GET", target + (query.isEmpty ? "?" : "&") + "legal-hold", [], ""), ("DELETE", target, [], ""),
            ]
        }
        return ways
    }

    private static func answers(
        _ ways: [Way], _ fixture: S3Fixture, _ bob: S3Fixture.Signer
    ) async throws -> [S3Fixture.Response] {
        var answers: [S3Fixture.Response] = []
        for way in ways {
            answers.append(
                way.body.isEmpty
                    ? try await fixture.send(way.method, way.target, way.headers, as: bob)
                    : try await fixture.document(way.method, way.target, way.body, way.headers, as: bob))
        }
        return answers
    }

    private static func versioned(_ secret: Secret) async throws -> (fixture: S3Fixture, bob: S3Fixture.Signer) {
        try await versioned(secret, in: try await S3Fixture(hasKeyService: true))
    }

    static func versioned(
        _ secret: Secret, in fixture: S3Fixture
    ) async throws -> (fixture: S3Fixture, bob: S3Fixture.Signer) {
        for bucket in ["data", "own"] { #expect(try await fixture.send("PUT", "/\(bucket)").status == 200) }
        let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        #expect(try await fixture.document("PUT", "/data?versioning", versioning).status == 200)
        if let policy = secret.bucketPolicy {
            #expect(try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8)).status == 204)
        }
        return (fixture, try await fixture.user("bob", policy: secret.policy))
    }

    @Test("what is there and forbidden is answered as what is not", arguments: secrets)
    func forbidden(_ secret: Secret) async throws {
        let (fixture, bob) = try await Self.versioned(secret)
        let put = try await fixture.send("PUT", "/data/k", secret.put, body: [1, 2, 3])
        let version = try #require(put.headers["x-amz-version-id"])
        let ways = Self.ways(secret, version: version)
        let there = try await Self.answers(ways, fixture, bob)
        // What denies by a tag denies the administrator, too, but not the deletion of a version.
        let removed = try await fixture.store.bucket("data").delete("k", version: VersionID(version))
        _ = removed
        let gone = try await Self.answers(ways, fixture, bob)
        for (way, (there, gone)) in zip(ways, zip(there, gone)) {
            #expect(there.status == 403, "\(way.method) \(way.target): \(there.text)")
            #expect(there.summary == gone.summary, "\(way.method) \(way.target)")
        }
    }

    @Test("a delete marker is answered as a key that never was")
    func markers() async throws {
        let secret = Secret(
            testDescription: "", policy: PolicyText.of(PolicyText.allow(["s3:*"], [Self.objects, Self.ownBucket])))
        let (fixture, bob) = try await Self.versioned(secret)
        let targets = ["/data/k", "/data/k?tagging", "/data/k?acl", "/data/k?partNumber=1"]
        let ways: [Way] =
            targets.map { ("GET", $0, [], "") } + [
                ("HEAD", "/data/k", [], ""), ("PUT", "/own/copy", [("x-amz-copy-source", "data/k")], ""),
                ("GET", "/data/k?attributes", [("x-amz-object-attributes", "ETag")], ""),
            ]
        let before = try await Self.answers(ways, fixture, bob)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        let marker = try await fixture.send("DELETE", "/data/k")
        let id = try #require(marker.headers["x-amz-version-id"])
        let after = try await Self.answers(ways, fixture, bob)
        for (way, (before, after)) in zip(ways, zip(before, after)) {
            #expect(before.status == 403, "\(way.target): \(before.text)")
            #expect(before.summary == after.summary, "\(way.method) \(way.target)")
        }
        #expect(try await fixture.send("GET", "/data/k?versionId=\(id)", as: bob).status == 403)
        #expect(try await fixture.send("GET", "/data/k?versionId=\(id)").status == 405)
    }

    @Test("a bucket that is forbidden is answered as one that there is not")
    func buckets() async throws {
        let fixture = try await S3Fixture()
        let bob = try await fixture.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:*"], [Self.ownBucket])))
        let queries = [
            "", "?list-type=2", "?versions", "?uploads", "?policy", "?policyStatus", "?versioning", "?encryption",
            "?tagging",
            "?lifecycle", "?cors", "?acl", "?object-lock", "?location", "?publicAccessBlock", "?ownershipControls",
        ]
        let ways: [Way] =
            queries.map { ("GET", "/data\($0)", [], "") }
            + [("HEAD", "/data", [], ""), ("DELETE", "/data", [], ""), ("GET", "/data/k", [], "")]
        for signer in [bob, try await fixture.user("carol")] {
            let absent = try await Self.answers(ways, fixture, signer)
            #expect(try await fixture.send("PUT", "/data").status == 200)
            #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
            let there = try await Self.answers(ways, fixture, signer)
            for (way, (absent, there)) in zip(ways, zip(absent, there)) {
                #expect(absent.status == 403, "\(way.target): \(absent.text)")
                #expect(absent.summary == there.summary, "\(way.method) \(way.target)")
            }
            #expect(try await fixture.send("DELETE", "/data/k").status == 204)
            #expect(try await fixture.send("DELETE", "/data").status == 204)
        }
    }
}
