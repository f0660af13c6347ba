import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// What AWS answers where a checksum is not what it should be, code by code and word for word.
@Suite("Refusals of checksums") struct ChecksumErrorTests {
    /// CRC-32 of `test`, and of nothing.
    private static let crc32 = "2H9+DA=="
    private static let otherCRC32 = "AAAAAA=="
    private static let sha256 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
    private static let body = Array("test".utf8)

    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        return fixture
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var headers: [String: String]
        var code: String
        var words: String
        var testDescription: String { "\(headers.keys.sorted()): \(code)" }
    }

    private static let multiple = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."

    @Test(
        "of a put",
        arguments: [
            Row(
                headers: ["x-amz-checksum-crc32": "no"], code: "InvalidRequest",
                words: "Value for x-amz-checksum-crc32 header is invalid."),
            Row(
                headers: ["x-amz-checksum-sha256": crc32], code: "InvalidRequest",
                words: "Value for x-amz-checksum-sha256 header is invalid."),
            Row(
                headers: ["x-amz-checksum-crc32": otherCRC32], code: "BadDigest",
                words: "The CRC32 you specified did not match the calculated checksum."),
            Row(
                headers: ["x-amz-checksum-crc32": crc32, "x-amz-checksum-sha256": sha256], code: "InvalidRequest",
                words: multiple),
            Row(
                headers: ["x-amz-checksum-type": "FULL_OBJECT", "x-amz-checksum-crc9": crc32], code: "InvalidRequest",
                words: "Checksum algorithm provided is unsupported."),
            Row(
                headers: ["content-md5": "not base64!"], code: "InvalidDigest",
                words: "The Content-MD5 you specified was invalid."),
            Row(
                headers: ["content-md5": crc32], code: "InvalidDigest",
                words: "The Content-MD5 you specified was invalid."),
            Row(
                headers: ["content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="], code: "BadDigest",
                words: "did not match what we received"),
        ])
    func puts(_ row: Row) async throws {
        let fixture = try await Self.bucket()
        let headers = row.headers.map { (name: $0.key, value: $0.value) }
        let answer = try await fixture.send("PUT", "/data/k", headers, body: Self.body)
        #expect(answer.status == 400 && answer.code == row.code && answer.text.contains(row.words), "\(answer.text)")
        #expect(try await fixture.send("GET", "/data/k").status == 404)
    }

    /// The story: a checksum was announced, hashed and compared with nothing.
    @Test("that are announced and cannot come, or are named and do not come")
    func announced() async throws {
        let fixture = try await Self.bucket()
        for (name, value, words) in [
            ("x-amz-sdk-checksum-algorithm", "CRC32", "no corresponding x-amz-checksum-* or x-amz-trailer headers"),
            ("x-amz-trailer", "x-amz-checksum-crc32", "x-amz-trailer announces what no body of the mode"),
        ] {
            for mode in [nil, "UNSIGNED-PAYLOAD"] {
                let headers = [(name: name, value: value)] + (mode.map { [("x-amz-content-sha256", $0)] } ?? [])
                let answer = try await fixture.send("PUT", "/data/k", headers, body: Self.body)
                #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
            }
        }
        let tags = Array("<Tagging><TagSet/></Tagging>".utf8)
        let unvouched = try await fixture.send("PUT", "/data?tagging", [("x-amz-checksum-type", "CRC32")], body: tags)
        #expect(unvouched.status == 400 && unvouched.text.contains("Content-MD5 OR x-amz-checksum-*"))
    }

    @Test("flags are true or false, and nothing else is taken for either")
    func flags() async throws {
        let fixture = try await Self.bucket()
        let lock = try await fixture.send("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "1")])
        #expect(lock.status == 400 && lock.code == "InvalidArgument")
        #expect(try await fixture.send("HEAD", "/locked").status == 404)
        #expect(try await fixture.send("PUT", "/data/k", body: Self.body).status == 200)
        let mode = try await fixture.send("GET", "/data/k", [("x-amz-checksum-mode", "on")])
        #expect(mode.status == 400 && mode.code == "InvalidArgument")
        let bypass = try await fixture.send("DELETE", "/data/k", [("x-amz-bypass-governance-retention", "yes")])
        #expect(bypass.status == 400 && bypass.code == "InvalidArgument")
    }

    @Test("algorithms that this server does not have are refused as such", arguments: ["sha512", "md5", "xxhash64"])
    func unknown(_ algorithm: String) async throws {
        let fixture = try await Self.bucket()
        let answer = try await fixture.send(
            "PUT", "/data/k", [("x-amz-checksum-\(algorithm)", Self.crc32)], body: Self.body)
        #expect(answer.status == 501 && answer.code == "NotImplemented")
    }

    @Test("of an upload that begins")
    func beginnings() async throws {
        let fixture = try await Self.bucket()
        func refused(_ headers: [(name: String, value: String)], _ words: String) async throws {
            let answer = try await fixture.send("POST", "/data/k?uploads", headers)
            #expect(answer.status == 400 && answer.code == "InvalidRequest", "\(answer.text)")
            #expect(answer.text.contains(words), "\(answer.text)")
        }
        try await refused(
            [("x-amz-checksum-type", "COMPOSITE")], "can only be used with the x-amz-checksum-algorithm header")
        try await refused(
            [("x-amz-checksum-type", "FULL_OBJECT"), ("x-amz-checksum-algorithm", "SHA256")],
            "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.")
        try await refused(
            [("x-amz-checksum-type", "COMPOSITE"), ("x-amz-checksum-algorithm", "CRC64NVME")],
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.")
    }

    @Test("of parts and of what they come to")
    func parts() async throws {
        let fixture = try await Self.bucket()
        let begun = try await fixture.send("POST", "/data/k?uploads", [("x-amz-checksum-algorithm", "SHA256")])
        #expect(begun.headers["x-amz-checksum-type"] == "COMPOSITE")
        let upload = try #require(begun.element("UploadId"))
        let part = "/data/k?partNumber=1&uploadId=\(upload)"
        let other = try await fixture.send("PUT", part, [("x-amz-checksum-crc32", Self.crc32)], body: Self.body)
        #expect(other.status == 400 && other.code == "InvalidRequest")
        #expect(
            other.text.contains(
                "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"))
        let good = try await fixture.send("PUT", part, [("x-amz-checksum-sha256", Self.sha256)], body: Self.body)
        #expect(good.status == 200, "\(good.text)")

        func completed(_ headers: [(name: String, value: String)], checksum: String? = nil) async throws
            -> S3Fixture.Response
        {
            let sum = checksum.map { "<ChecksumSHA256>\($0)</ChecksumSHA256>" } ?? ""
            let list =
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(good.headers["etag"] ?? "")</ETag>"
                + sum + "</Part></CompleteMultipartUpload>"
            return try await fixture.send("POST", "/data/k?uploadId=\(upload)", headers, body: Array(list.utf8))
        }
        let wrong = try await completed([], checksum: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        #expect(
            wrong.isRefusal(
                400, "BadDigest", "The sha256 you specified for part 1 did not match what we received."),
            "\(wrong.text)")
        let short = try await completed([("x-amz-mp-object-size", "5")])
        #expect(short.status == 400 && short.code == "InvalidRequest")
        #expect(
            short.text.contains(
                "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4"),
            "\(short.text)")
        let mode = try await completed([("x-amz-checksum-type", "FULL_OBJECT")])
        #expect(mode.status == 400 && mode.code == "InvalidRequest", "\(mode.text)")
        #expect(mode.text.contains("The upload was created using the COMPOSITE checksum mode"), "\(mode.text)")
        #expect(try await completed([("x-amz-checksum-type", "COMPOSITE")], checksum: Self.sha256).status == 200)
        #expect(try await fixture.send("GET", "/data/k").body == Self.body)
    }
}
