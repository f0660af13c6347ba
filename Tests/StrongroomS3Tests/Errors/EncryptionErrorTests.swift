import Testing

@testable import StrongroomS3Protocol

/// What AWS answers where a wish for encryption is none, without a key being asked.
@Suite("Refusals of encryption") struct EncryptionErrorTests {
    private static let mode = EncryptionHeaders.mode
    private static let keyID = EncryptionHeaders.keyID

    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        return fixture
    }

    @Test("modes that there are not", arguments: ["aes:kms", "aes256", "AES128", "none", "AWS:KMS"])
    func modes(_ value: String) async throws {
        let fixture = try await Self.bucket()
        for (method, target) in [("PUT", "/data/new"), ("POST", "/data/new?uploads")] {
            let answer = try await fixture.send(method, target, [(Self.mode, value)])
            #expect(
                answer.isRefusal(400, "InvalidArgument", "The encryption method specified is not supported"),
                "\(answer.text)")
            #expect(answer.element("ArgumentName") == Self.mode && answer.element("ArgumentValue") == value)
        }
    }

    @Test("a key of the key service without its mode", arguments: [nil, "AES256"])
    func keys(_ value: String?) async throws {
        let fixture = try await Self.bucket()
        let headers: S3Fixture.Headers =
            [(Self.keyID, "12345678-1234-1234-1234-123456789012")] + (value.map { [(Self.mode, $0)] } ?? [])
        let message =
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
        let answer = try await fixture.send("PUT", "/data/new", headers, body: [1])
        #expect(answer.isRefusal(400, "InvalidArgument", message), "\(answer.text)")
    }

    @Test("a wish of who reads", arguments: ["AES256", "aws:kms"])
    func reading(_ value: String) async throws {
        let fixture = try await Self.bucket()
        let answer = try await fixture.send("GET", "/data/k", [(Self.mode, value)])
        #expect(answer.status == 400 && answer.code == "InvalidArgument", "\(answer.text)")
        #expect(answer.element("ArgumentName") == Self.mode)
        let head = try await fixture.send("HEAD", "/data/k", [(Self.mode, value)])
        #expect(head.status == 400 && head.body.isEmpty)
    }

    @Test("keys of the key service over connections that anybody can read, before anything else is decided")
    func plainConnections() async throws {
        let fixture = try await Self.bucket()
        let bob = try await fixture.user("bob")
        let message =
            "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection."
        for mode in ["aws:kms", "aws:kms:dsse"] {
            for signer in [fixture.administrator, bob] {
                let answer = try await fixture.send(
                    "PUT", "/data/new", [(Self.mode, mode)], body: [1], as: signer, isSecure: false)
                #expect(answer.isRefusal(400, "InvalidArgument", message), "\(answer.text)")
            }
        }
    }

    @Test("keys of the key service for nobody")
    func anonymous() async throws {
        let fixture = try await Self.bucket()
        let open =
            "<PublicAccessBlockConfiguration><BlockPublicPolicy>false</BlockPublicPolicy>"
            + "<RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        #expect(try await fixture.document("PUT", "/data?publicAccessBlock", open).status == 200)
        let policy = PolicyText.of(
            PolicyText.statement("Allow", ["s3:PutObject"], ["arn:aws:s3:::data/*"], principal: #""*""#))
        #expect(try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8)).status == 204)
        #expect(try await fixture.send("PUT", "/data/new", body: [1], as: nil).status == 200)
        let answer = try await fixture.send("PUT", "/data/new", [(Self.mode, "aws:kms")], body: [1], as: nil)
        let message =
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
        #expect(answer.isRefusal(400, "InvalidArgument", message), "\(answer.text)")
    }

    private static func rule(_ algorithm: String, _ key: String = "") -> String {
        "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>\(algorithm)</SSEAlgorithm>\(key)"
            + "</ApplyServerSideEncryptionByDefault></Rule>"
    }

    private static func configuration(_ rules: String) -> String {
        "<ServerSideEncryptionConfiguration>\(rules)</ServerSideEncryptionConfiguration>"
    }

    @Test("configurations of a bucket")
    func configurations() async throws {
        let fixture = try await Self.bucket()
        for rules in ["", Self.rule("AES256") + Self.rule("AES256")] {
            let answer = try await fixture.document("PUT", "/data?encryption", Self.configuration(rules))
            #expect(
                answer.isRefusal(
                    400, "MalformedXML",
                    beginning: "The XML you provided was not well-formed or did not validate against our published "
                        + "schema"), "\(answer.text)")
        }
        let keyed = Self.configuration(Self.rule("AES256", "<KMSMasterKeyID>alias/a</KMSMasterKeyID>"))
        let answer = try await fixture.document("PUT", "/data?encryption", keyed)
        #expect(
            answer.isRefusal(
                400, "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"),
            "\(answer.text)")
        #expect(answer.element("ArgumentName") == "ApplyServerSideEncryptionByDefault")
    }

    @Test("configurations of a bucket that there is not, and of a new one")
    func absent() async throws {
        let fixture = try await Self.bucket()
        let document = Self.configuration(Self.rule("AES256"))
        for method in ["GET", "PUT", "DELETE"] {
            let answer = try await fixture.document(method, "/absent?encryption", method == "PUT" ? document : "")
            #expect(
                answer.isRefusal(404, "NoSuchBucket", "The specified bucket does not exist"),
                "\(method): \(answer.text)")
        }
        let fresh = try await fixture.send("GET", "/data?encryption")
        #expect(fresh.status == 200 && fresh.element("SSEAlgorithm") == "AES256")
        #expect(fresh.element("BucketKeyEnabled") == "false")
        for _ in 0..<2 { #expect(try await fixture.send("DELETE", "/data?encryption").status == 204) }
        #expect(try await fixture.send("GET", "/data?encryption").body == fresh.body)
    }
}
