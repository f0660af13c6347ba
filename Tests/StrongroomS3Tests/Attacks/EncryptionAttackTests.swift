import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// Ways around an encryption, or to what it hides.
///
/// Attacks 22 to 25.
@Suite("Attacks on encryption over HTTP") struct EncryptionAttackTests {
    private static let mode = EncryptionHeaders.mode
    private static let key: [(name: String, value: String)] = customerKey(7)
    private static let sourceKey: [(name: String, value: String)] =
        customerKey(7, prefix: CustomerKeyHeaders.sourcePrefix)

    private static func customerKey(
        _ byte: UInt8, prefix: String = CustomerKeyHeaders.prefix
    ) -> [(name: String, value: String)] {
        let key = [UInt8](repeating: byte, count: 32)
        return [
            (prefix + "algorithm", "AES256"), (prefix + "key", PaddedBase64.encode(key)),
            (prefix + "key-md5", PaddedMD5.header(key).value),
        ]
    }

    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        return fixture
    }

    private static func copying(_ source: String) -> (name: String, value: String) {
        ("x-amz-copy-source", source)
    }

    @Test("22: parts and copies need the key of what they come from, and of what they go to")
    func parts() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/secret", Self.key, body: [1, 2]).status == 200)
        for headers in [[], Self.key] {
            let begun = try await fixture.send("POST", "/data/k?uploads", headers)
            let part = "/data/k?partNumber=1&uploadId=\(try #require(begun.element("UploadId")))"
            // Without the source's key, and with the destination's alone.
            for wrong in [[], Self.key, Self.customerKey(8, prefix: CustomerKeyHeaders.sourcePrefix) + headers] {
                let answer = try await fixture.send("PUT", part, [Self.copying("data/secret")] + wrong)
                #expect(answer.status == 400 || answer.status == 403, "\(answer.text)")
            }
            if !headers.isEmpty {
                let unkeyed = try await fixture.send("PUT", part, [Self.copying("data/secret")] + Self.sourceKey)
                #expect(unkeyed.status == 400 && unkeyed.text.contains("Subsequent part requests"), "\(unkeyed.text)")
            }
            let right = try await fixture.send("PUT", part, [Self.copying("data/secret")] + Self.sourceKey + headers)
            #expect(right.status == 200, "\(right.text)")
        }
    }

    @Test("22: a copy onto itself is a put like any other: the policy that asks for encryption is asked")
    func copyOntoItself() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/k", Self.key, body: [1, 2]).status == 200)
        let policy =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","#
            + #""Resource":"arn:aws:s3:::data/*","Condition":{"Null":"#
            + #"{"s3:x-amz-server-side-encryption-customer-algorithm":"true"}}}]}"#
        #expect(try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8)).status == 204)
        for target in ["/data/k", "/data/other"] {
            let stripped = try await fixture.send("PUT", target, [Self.copying("data/k")] + Self.sourceKey)
            #expect(stripped.status == 403 && stripped.code == "AccessDenied", "\(stripped.text)")
        }
        let begun = try await fixture.send("POST", "/data/other?uploads")
        #expect(begun.status == 403, "\(begun.text)")
        let kept = try await fixture.send("PUT", "/data/other", [Self.copying("data/k")] + Self.sourceKey + Self.key)
        #expect(kept.status == 200, "\(kept.text)")
    }

    @Test("23: names of a user's own reach no inner name, and come back as they were sent")
    func metadata() async throws {
        let fixture = try await Self.bucket()
        let names = [
            "x-amz-meta-x-amz-server-side-encryption", "x-amz-meta-x-amz-key-v2", "x-amz-meta-x-amz-iv",
            "x-amz-meta-strongroom", "x-amz-meta-x-minio-internal-server-side-encryption-iv", "x-amz-meta-etag",
        ]
        let inner = [
            "x-minio-internal-server-side-encryption-sealed-key", "x-amz-replication-status", "x-strongroom-key",
        ]
        let headers = (names + inner).map { (name: $0, value: "value of \($0)") }
        let put = try await fixture.send("PUT", "/data/k", headers, body: [1, 2, 3])
        #expect(put.status == 200, "\(put.text)")
        let got = try await fixture.send("GET", "/data/k")
        #expect(got.status == 200 && got.body == [1, 2, 3])
        for name in names { #expect(got.headers[name] == "value of \(name)") }
        for name in inner { #expect(got.headers[name] == nil) }
        let owned = try await fixture.send("GET", "/data/k", [("x-amz-expected-bucket-owner", "000000000000")])
        #expect(owned.status == 200)
        let foreign = try await fixture.send("GET", "/data/k", [("x-amz-expected-bucket-owner", "111122223333")])
        #expect(foreign.status == 403 && foreign.code == "AccessDenied")
        #expect(got.headers[Self.mode] == "AES256" && got.headers["etag"] == put.headers["etag"])
    }

    @Test(
        "24: headers that do not go together are refused, and nothing is stored",
        arguments: [
            [mode: "AES256", EncryptionHeaders.keyID: "alias/a"], [EncryptionHeaders.keyID: "alias/a"],
            [EncryptionHeaders.context: "e30="], [mode: "AES256", EncryptionHeaders.bucketKey: "true"],
            [mode: "aws:kms:dsse", EncryptionHeaders.bucketKey: "true"], [mode: "aes256"], [mode: "AWS:KMS"],
            [mode: "aws:fsx"], [mode: "aws:kms", EncryptionHeaders.bucketKey: "yes"],
            [mode: "aws:kms", EncryptionHeaders.context: "bm8="], [mode: ""],
        ])
    func conflicts(_ headers: [String: String]) async throws {
        let fixture = try await Self.bucket()
        let headers = headers.map { (name: $0.key, value: $0.value) }
        for (method, target) in [("PUT", "/data/k"), ("POST", "/data/k?uploads")] {
            let answer = try await fixture.send(method, target, headers)
            #expect(answer.status == 400 && answer.code == "InvalidArgument", "\(answer.text)")
        }
        #expect(try await fixture.send("PUT", "/data/source", body: [1]).status == 200)
        let copy = try await fixture.send("PUT", "/data/k", headers + [Self.copying("data/source")])
        #expect(copy.status == 400 && copy.code == "InvalidArgument", "\(copy.text)")
        #expect(try await fixture.send("GET", "/data/k").status == 404)
        let keyed = try await fixture.send("PUT", "/data/k", headers + Self.key)
        #expect(keyed.status == 400, "\(keyed.text)")
    }

    @Test("24: a bucket's configuration that is deleted leads back to SSE-S3, and one of nonsense is none")
    func configurations() async throws {
        let fixture = try await Self.bucket()
        func put(_ rules: String) async throws -> S3Fixture.Response {
            let text = "<ServerSideEncryptionConfiguration>\(rules)</ServerSideEncryptionConfiguration>"
            return try await fixture.send(
                "PUT", "/data?encryption", [PaddedMD5.header(Array(text.utf8))], body: Array(text.utf8))
        }
        func rule(_ algorithm: String, _ key: String = "") -> String {
            "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>\(algorithm)</SSEAlgorithm>\(key)"
                + "</ApplyServerSideEncryptionByDefault></Rule>"
        }
        for rules in ["", rule("AES256") + rule("AES256"), rule("none"), rule("aes256")] {
            let answer = try await put(rules)
            #expect(answer.status == 400 && answer.code == "MalformedXML", "\(rules): \(answer.text)")
        }
        let keyed = try await put(rule("AES256", "<KMSMasterKeyID>alias/a</KMSMasterKeyID>"))
        #expect(keyed.status == 400 && keyed.code == "InvalidArgument")
        #expect(
            keyed.text.contains(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"))
        for _ in 0..<2 { #expect(try await fixture.send("DELETE", "/data?encryption").status == 204) }
        let configuration = try await fixture.send("GET", "/data?encryption")
        #expect(configuration.status == 200 && configuration.element("SSEAlgorithm") == "AES256")
        for method in ["GET", "DELETE"] {
            #expect(try await fixture.send(method, "/absent?encryption").code == "NoSuchBucket")
        }
    }

    @Test("24: what a bucket blocks is blocked on every way that writes")
    func blocked() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/old", Self.key, body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/data/source", body: [1]).status == 200)
        let begun = try await fixture.send("POST", "/data/begun?uploads", Self.key)
        #expect(begun.status == 200)
        let text =
            "<ServerSideEncryptionConfiguration><Rule><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>"
            + "</BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"
        let block = try await fixture.send(
            "PUT", "/data?encryption", [PaddedMD5.header(Array(text.utf8))], body: Array(text.utf8))
        #expect(block.status == 200, "\(block.text)")
        for (method, target, headers) in [
            ("PUT", "/data/k", []), ("POST", "/data/k?uploads", []),
            ("PUT", "/data/k", [Self.copying("data/source")]), ("PUT", "/data/old", [Self.copying("data/old")]),
        ] {
            let source = headers.isEmpty || !headers[0].value.hasSuffix("old") ? [] : Self.sourceKey
            let answer = try await fixture.send(method, target, headers + source + Self.key)
            #expect(answer.status == 403 && answer.code == "AccessDenied", "\(method) \(target): \(answer.text)")
        }
        #expect(try await fixture.send("GET", "/data/old", Self.key).body == [1])
        #expect(try await fixture.send("GET", "/data/k").status == 404)
    }

    @Test(
        "24: headers that are not acted on are refused",
        arguments: [
            "x-amz-website-redirect-location", "x-amz-write-offset-bytes", "x-amz-grant-read",
            "x-amz-grant-full-control",
            "x-amz-object-lock-event-hold",
        ])
    func unknown(_ name: String) async throws {
        let fixture = try await Self.bucket()
        let answer = try await fixture.send("PUT", "/data/k", [(name, "1")], body: [1])
        #expect(answer.status == 501 || answer.status == 400, "\(answer.status) \(answer.text)")
        #expect(try await fixture.send("GET", "/data/k").status == 404)
    }

    @Test("25: without the key nothing is told but what the listing has")
    func withoutKey() async throws {
        let fixture = try await Self.bucket()
        let body = Array("test".utf8)
        let put = try await fixture.send("PUT", "/data/k", Self.key, body: body)
        #expect(put.status == 200)
        let md5 = "098f6bcd4621d373cade4e832627b4f6"
        #expect(put.headers["etag"]?.contains(md5) == false)
        for headers in [[], Self.customerKey(8)] {
            for (method, target, extra) in [
                ("GET", "/data/k", []), ("HEAD", "/data/k", []),
                ("GET", "/data/k", [(name: "range", value: "bytes=0-0")]),
                ("GET", "/data/k?partNumber=1", []), ("HEAD", "/data/k?partNumber=1", []),
                ("GET", "/data/k?attributes", [(name: "x-amz-object-attributes", value: "ETag,Checksum,ObjectSize")]),
                ("GET", "/data/k", [(name: "x-amz-checksum-mode", value: "ENABLED")]),
            ] {
                let answer = try await fixture.send(method, target, headers + extra)
                #expect(answer.status == (headers.isEmpty ? 400 : 403), "\(method) \(target) \(answer.text)")
                #expect(!answer.text.contains("test") && !answer.text.contains(md5))
                #expect(answer.headers.keys.allSatisfy { !$0.hasPrefix("x-amz-checksum") && $0 != "etag" })
            }
        }
        let list = try await fixture.send("GET", "/data?list-type=2")
        #expect(list.element("Size") == "4" && !list.text.contains(md5))
    }
}
