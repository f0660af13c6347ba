import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// What AWS answers where an object's key is not to be replaced in place (UpdateObjectEncryption).
@Suite("Refusals of another key in place") struct ObjectEncryptionErrorTests {
    private static let modifying = "Requests that modify an object encryption configuration require "
    private static let otherAccount = "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"

    private static func bucket() async throws -> (fixture: KeyServiceFixture, arn: String) {
        let fixture = try await KeyServiceFixture()
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        #expect(try await fixture.s3.send("PUT", "/data/k", body: [1]).status == 200)
        let made = try await fixture.ask("CreateKey")
        return (fixture, try #require(made.member("KeyMetadata", "Arn")?.text))
    }

    private static func update(
        _ fixture: KeyServiceFixture, _ target: String, _ text: String
    ) async throws -> S3Fixture.Response {
        try await fixture.s3.document("PUT", target, "<ObjectEncryption>\(text)</ObjectEncryption>")
    }

    private static func key(_ arn: String, _ more: String = "") -> String {
        "<SSE-KMS><KMSKeyArn>\(arn)</KMSKeyArn>\(more)</SSE-KMS>"
    }

    @Test("documents that ask for something else")
    func documents() async throws {
        let (fixture, arn) = try await Self.bucket()
        let valid = "a valid Amazon Web Services KMS key Amazon Resource Name (ARN)."
        for (text, message) in [
            ("<SSE-S3/>", Self.modifying + "a valid new encryption type. Valid values are SSEKMS."),
            ("", Self.modifying + "a valid new encryption type. Valid values are SSEKMS."),
            (
                "<SSE-KMS/>",
                Self.modifying + "an Amazon Web Services KMS key Amazon Resource Name (ARN)."
            ),
            (Self.key("alias/a"), Self.modifying + valid),
            (Self.key("12345678-1234-1234-1234-123456789012"), Self.modifying + valid),
            (Self.key("arn:aws:kms:us-east-1:000000000000:alias/a"), Self.modifying + valid),
            (
                Self.key(arn, "<BucketKeyEnabled>yes</BucketKeyEnabled>"),
                "The BucketKeyEnabled value isn't valid. Valid values are true or false."
            ),
        ] {
            let answer = try await Self.update(fixture, "/data/k?encryption", text)
            #expect(answer.isRefusal(400, "InvalidRequest", message), "\(text): \(answer.text)")
        }
        #expect(try await fixture.s3.send("GET", "/data/k").headers[EncryptionHeaders.mode] == "AES256")
    }

    @Test("keys of another account")
    func accounts() async throws {
        let (fixture, _) = try await Self.bucket()
        let answer = try await Self.update(fixture, "/data/k?encryption", Self.key(Self.otherAccount))
        #expect(answer.status == 403 && answer.code == "AccessDenied", "\(answer.text)")
    }

    @Test("objects under customers' keys and under two layers")
    func sources() async throws {
        let (fixture, arn) = try await Self.bucket()
        let layers: S3Fixture.Headers = [(EncryptionHeaders.mode, "aws:kms:dsse")]
        for headers in [CustomerKeyText.headers(), layers] {
            #expect(try await fixture.s3.send("PUT", "/data/other", headers, body: [1]).status == 200)
            let answer = try await Self.update(fixture, "/data/other?encryption", Self.key(arn))
            #expect(
                answer.isRefusal(
                    400, "InvalidRequest",
                    "The request doesn't support source objects with the encryption type DSSE-KMS or SSE-C."),
                "\(answer.text)")
        }
    }

    @Test("attack 37: objects under a lock")
    func locks() async throws {
        let (fixture, arn) = try await Self.bucket()
        let s3 = fixture.s3
        #expect(try await s3.send("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")]).status == 200)
        let retention = ("x-amz-object-lock-retain-until-date", "2090-01-01T00:00:00Z")
        let locks: [S3Fixture.Headers] = [
            [("x-amz-object-lock-mode", "GOVERNANCE"), retention],
            [("x-amz-object-lock-mode", "COMPLIANCE"), retention], [("x-amz-object-lock-legal-hold", "ON")],
        ]
        for headers in locks {
            let put = try await s3.send("PUT", "/locked/k", headers, body: [1])
            let version = try #require(put.headers["x-amz-version-id"])
            let answer = try await Self.update(fixture, "/locked/k?encryption&versionId=\(version)", Self.key(arn))
            #expect(answer.status == 403 && answer.code == "AccessDenied", "\(answer.text)")
            let found = try await s3.send("GET", "/locked/k?versionId=\(version)")
            #expect(found.body == [1] && found.headers[EncryptionHeaders.mode] == "AES256")
        }
    }
}
