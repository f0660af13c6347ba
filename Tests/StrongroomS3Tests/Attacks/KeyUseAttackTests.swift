import Strongroom
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Attack 25: what is told of objects under the key service to whoever may read the bucket and not use the key.
@Suite("Attacks on objects whose key one may not use") struct KeyUseAttackTests {
    private static let md5 = "098f6bcd4621d373cade4e832627b4f6"
    private static let body = Array("test".utf8)

    private static func bucket() async throws -> (fixture: KeyServiceFixture, bob: S3Fixture.Signer) {
        let fixture = try await KeyServiceFixture()
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        return (fixture, try await fixture.s3.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:*"]))))
    }

    @Test("nothing that follows from the plaintext, but its size", arguments: ["aws:kms", "aws:kms:dsse"])
    func reading(_ mode: String) async throws {
        let (fixture, bob) = try await Self.bucket()
        let headers: S3Fixture.Headers = [(EncryptionHeaders.mode, mode), ("x-amz-checksum-algorithm", "SHA256")]
        let put = try await fixture.s3.send("PUT", "/data/k", headers, body: Self.body)
        #expect(put.status == 200 && put.headers["etag"]?.contains(Self.md5) == false, "\(put.text)")
        let checksums = put.headers.filter { $0.key.hasPrefix("x-amz-checksum-") && $0.key != "x-amz-checksum-type" }
        #expect(!checksums.isEmpty)
        let ways: [(method: String, target: String, headers: S3Fixture.Headers, status: Int)] = [
            ("GET", "/data/k", [], 403), ("GET", "/data/k", [("range", "bytes=0-0")], 403),
            ("GET", "/data/k?partNumber=1", [], 403), ("HEAD", "/data/k", [("x-amz-checksum-mode", "ENABLED")], 403),
            ("GET", "/data/k", [("x-amz-checksum-mode", "ENABLED")], 403),
            ("GET", "/data/k?attributes", [("x-amz-object-attributes", "ETag,Checksum,ObjectParts,ObjectSize")], 403),
            ("PUT", "/data/copy", [("x-amz-copy-source", "data/k")], 403), ("HEAD", "/data/k", [], 200),
            ("GET", "/data?list-type=2", [], 200), ("GET", "/data?versions", [], 200),
        ]
        for way in ways {
            let answer = try await fixture.s3.send(way.method, way.target, way.headers, as: bob)
            #expect(answer.status == way.status, "\(way.method) \(way.target): \(answer.text)")
            #expect(!answer.summary.contains("test") || way.status == 200)
            #expect(!answer.summary.contains(Self.md5))
            for (_, value) in checksums { #expect(!answer.summary.contains(value)) }
        }
        #expect(try await fixture.s3.send("GET", "/data/copy").status == 404)
        #expect(try await fixture.s3.send("GET", "/data/k").body == Self.body)
    }

    @Test("attack 17: a right that is taken away is gone for uploads that were begun before")
    func revoked() async throws {
        let (fixture, bob) = try await Self.bucket()
        let policy = PolicyText.of(PolicyText.allow(["s3:*", "kms:*"]))
        _ = try await fixture.s3.store.setUserPolicy(policy, named: "own", of: "bob")
        let key = try await fixture.key()
        let headers: S3Fixture.Headers = [
            (EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, key.text ?? ""),
        ]
        let begun = try await fixture.s3.send("POST", "/data/k?uploads", headers, as: bob)
        let upload = "/data/k?uploadId=\(try #require(begun.element("UploadId")))"
        #expect(try await fixture.s3.send("PUT", upload + "&partNumber=1", body: [1], as: bob).status == 200)
        _ = try await fixture.s3.store.setUserPolicy(
            PolicyText.of(PolicyText.allow(["s3:*"])), named: "own", of: "bob")
        #expect(try await fixture.s3.send("PUT", upload + "&partNumber=2", body: [1], as: bob).status == 403)
        #expect(try await fixture.s3.send("PUT", "/data/plain", body: [1]).status == 200)
        let copy: S3Fixture.Headers = [("x-amz-copy-source", "data/plain")]
        #expect(try await fixture.s3.send("PUT", upload + "&partNumber=2", copy, as: bob).status == 403)
    }
}
