import Testing

@testable import StrongroomS3Protocol

/// Requests that are built to be taken for others.
///
/// Attacks 28, 32, 33 and 37.
@Suite("Attacks by requests") struct RequestAttackTests {
    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        return fixture
    }

    @Test(
        "28: a payload without signature does not make a request that needs none",
        arguments: ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"])
    func unsigned(_ mode: String) async throws {
        let fixture = try await Self.bucket()
        let body = Array("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".utf8)
        let headers: [(name: String, value: String)] = [
            ("x-amz-content-sha256", mode), ("x-amz-decoded-content-length", "5"),
            ("x-amz-trailer", "x-amz-checksum-crc32"), ("x-amz-date", "20270115T080000Z"),
        ]
        let scope = "\(fixture.administrator.accessKeyID)/20270115/us-east-1/s3/aws4_request"
        let names = "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-trailer"
        let signature = String(repeating: "0", count: 64)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=\(names), Signature=\(signature)"
        let forged = try await fixture.send(
            "PUT", "/data/k", headers + [("authorization", authorization)], body: body, as: nil)
        #expect(forged.status == 403 && forged.code == "SignatureDoesNotMatch", "\(forged.text)")
        // Credentials in the query, and a mode of payloads that the query has no signature for.
        let query =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\(scope.split(separator: "/").joined(separator: "%2F"))"
            + "&X-Amz-Date=20270115T080000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=\(signature)"
        for extra in [headers, []] {
            let inQuery = try await fixture.send("PUT", "/data/k?\(query)", extra, body: body, as: nil)
            #expect(inQuery.status == 403, "\(inQuery.text)")
        }
        let partly = try await fixture.send(
            "PUT", "/data/k?X-Amz-Credential=\(fixture.administrator.accessKeyID)", headers, body: body, as: nil)
        #expect(partly.status == 400 || partly.status == 403, "\(partly.text)")
        let anonymous = try await fixture.send("PUT", "/data/k", headers, body: body, as: nil)
        #expect(anonymous.status == 403 || anonymous.status == 400, "\(anonymous.text)")
        #expect(try await fixture.send("GET", "/data/k").status == 404)
    }

    @Test("32: keys are what they are, whatever they look like")
    func keys() async throws {
        let fixture = try await Self.bucket()
        let keys = [
            "..", ".", "a/../b", "a//b", "/a", "a/", "%2e%2e", "a\\b", "..\\..\\etc", "store.lock", "blobs/00/1",
            "a%00b",
            "%F0%9F%94%91", String(repeating: "k", count: 1_024),
        ]
        for (index, key) in keys.enumerated() {
            let escaped = key.replacing("\\", with: "%5C")
            let put = try await fixture.send("PUT", "/data/\(escaped)", body: [UInt8(index)])
            #expect(put.status == 200, "\(key): \(put.text)")
        }
        for (index, key) in keys.enumerated() where key != "%2e%2e" && key != ".." {
            let escaped = key.replacing("\\", with: "%5C")
            #expect(try await fixture.send("GET", "/data/\(escaped)").body == [UInt8(index)], "\(key)")
        }
        // Two spellings of one key.
        #expect(try await fixture.send("GET", "/data/..").body == [6])
        let long = try await fixture.send("PUT", "/data/" + String(repeating: "k", count: 1_025), body: [1])
        #expect(long.status == 400 && long.code == "KeyTooLongError")
        for overlong in ["%C0%AF", "%ED%A0%80", "%FF", "%2", "%zz"] {
            let answer = try await fixture.send("PUT", "/data/\(overlong)", body: [1], as: nil)
            #expect(answer.status == 400 && answer.code == "InvalidURI", "\(overlong): \(answer.text)")
        }
    }

    @Test("32: a copy's source is decoded once, and what is decided on is what is read")
    func copySources() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/open/x", body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/data/closed/x", body: [2]).status == 200)
        let policy =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","#
            + #""Resource":["arn:aws:s3:::data/open/*"]}]}"#
        let bob = try await fixture.user("bob", policy: policy)
        for source in [
            "data/closed/x", "data/open/../closed/x", "data/open/%2E%2E/closed/x", "data/open/%252E%252E/closed/x",
            "/data//closed/x", "data/closed%2Fx", "data/open%2F..%2Fclosed%2Fx",
        ] {
            let answer = try await fixture.send("PUT", "/data/open/y", [("x-amz-copy-source", source)], as: bob)
            #expect(answer.status == 403 || answer.status == 404, "\(source): \(answer.text)")
        }
        let right = try await fixture.send("PUT", "/data/open/y", [("x-amz-copy-source", "data/open%2Fx")], as: bob)
        #expect(right.status == 200, "\(right.text)")
        #expect(try await fixture.send("GET", "/data/open/y").body == [1])
    }

    @Test("33: documents that are large, deep or of another kind cost little and say what is wrong")
    func documents() async throws {
        let fixture = try await Self.bucket()
        func put(_ bytes: [UInt8], _ target: String = "/data?tagging") async throws -> S3Fixture.Response {
            try await fixture.send("PUT", target, [PaddedMD5.header(bytes)], body: bytes)
        }
        let bomb =
            #"<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Tagging><TagSet><Tag><Key>&b;</Key>"#
            + "<Value>v</Value></Tag></TagSet></Tagging>"
        let external =
            #"<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><Tagging><TagSet><Tag><Key>&a;</Key>"#
            + "<Value>v</Value></Tag></TagSet></Tagging>"
        let deep = String(repeating: "<Tagging>", count: 10_000)
        for text in [bomb, external, deep, "", "<Tagging>", "<Tagging/><Tagging/>", "{}"] {
            let answer = try await put(Array(text.utf8))
            #expect(answer.status == 400, "\(text.prefix(40)): \(answer.text)")
            #expect(!answer.text.contains("root:"))
        }
        let utf16 = "<Tagging><TagSet/></Tagging>".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try await put([0xFF, 0xFE] + utf16).code == "MalformedXML")
        let large = [UInt8](repeating: UInt8(ascii: " "), count: S3Settings.documentLimitBytes + 1)
        #expect(try await put(large).code == "MaxMessageLengthExceeded")
        for policy in [
            String(repeating: "[", count: 50_000), #"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Sid":"\ud800"}]}"#, "", "[]", "null",
        ] {
            let answer = try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8))
            #expect(answer.status == 400 && answer.code == "MalformedPolicy", "\(policy.prefix(40)): \(answer.text)")
        }
    }

    @Test("37: what is locked stays, by whatever way")
    func locks() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")]).status == 200)
        let put = try await fixture.send(
            "PUT", "/locked/k",
            [
                ("x-amz-object-lock-mode", "COMPLIANCE"),
                ("x-amz-object-lock-retain-until-date", "2035-01-01T00:00:00Z"),
            ], body: [1])
        let version = try #require(put.headers["x-amz-version-id"])
        // Over it, it is another version.
        #expect(try await fixture.send("PUT", "/locked/k", body: [2]).status == 200)
        let onto = try await fixture.send(
            "PUT", "/locked/k",
            [("x-amz-copy-source", "locked/k?versionId=\(version)"), ("x-amz-metadata-directive", "REPLACE")])
        #expect(onto.status == 200, "\(onto.text)")
        let list = "<Delete><Object><Key>k</Key><VersionId>\(version)</VersionId></Object></Delete>"
        let batch = try await fixture.send(
            "POST", "/locked?delete", [PaddedMD5.header(Array(list.utf8))], body: Array(list.utf8))
        #expect(batch.text.contains("<Code>AccessDenied</Code>"), "\(batch.text)")
        #expect(try await fixture.send("DELETE", "/locked").code == "BucketNotEmpty")
        #expect(try await fixture.send("GET", "/locked/k?versionId=\(version)").body == [1])
        let update =
            "<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:aws:kms:us-east-1:000000000000:key/a</KMSKeyArn></SSE-KMS>"
            + "</ObjectEncryption>"
        let encryption = try await fixture.send(
            "PUT", "/locked/k?encryption&versionId=\(version)", [PaddedMD5.header(Array(update.utf8))],
            body: Array(update.utf8))
        #expect((400..<500).contains(encryption.status), "\(encryption.text)")
    }
}
