import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// The refusals of SSE-C that AWS has shown, code by code and word for word.
///
/// Attacks 20 and 22.
@Suite("Customer keys over HTTP") struct CustomerKeyTests {
    private static let key = [UInt8](repeating: 7, count: 32)
    private static let prefix = "x-amz-server-side-encryption-customer-"

    private static func headers(
        _ key: [UInt8] = key, algorithm: String? = "AES256", md5 other: [UInt8]? = nil, prefix: String = prefix
    ) -> [(name: String, value: String)] {
        [
            (prefix + "algorithm", algorithm), (prefix + "key", PaddedBase64.encode(key)),
            (prefix + "key-md5", PaddedMD5.header(other ?? key).value),
        ].compactMap { field in field.1.map { (field.0, $0) } }
    }

    @Test("are refused where something is missing or does not fit")
    func refusals() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        func refused(
            _ headers: [(name: String, value: String)], _ code: String, _ words: String, status: Int = 400,
            isSecure: Bool = true
        ) async throws {
            let answer = try await fixture.send("PUT", "/data/k", headers, body: [1], isSecure: isSecure)
            #expect(answer.status == status && answer.code == code && answer.text.contains(words), "\(answer.text)")
        }
        let whole = Self.headers()
        try await refused(
            Self.headers(algorithm: "AES192"), "InvalidEncryptionAlgorithmError", "Supported value: AES256.")
        try await refused(Self.headers(algorithm: nil), "InvalidArgument", "must provide a valid encryption algorithm.")
        try await refused([whole[0]], "InvalidArgument", "must provide an appropriate secret key.")
        try await refused([whole[0], whole[1]], "InvalidArgument", "must provide the client calculated MD5")
        for size in [0, 16, 31, 33] {
            try await refused(
                Self.headers([UInt8](repeating: 7, count: size)), "InvalidArgument",
                size == 0 ? "secret key" : "The secret key was invalid for the specified algorithm.")
        }
        try await refused(
            Self.headers(md5: [1]), "InvalidArgument",
            "The calculated MD5 hash of the key did not match the hash that was provided.")
        try await refused(
            whole + [("x-amz-server-side-encryption", "AES256")], "InvalidArgument",
            "is incompatible with the encryption method")
        try await refused(whole, "InvalidRequest", "must be made over a secure connection", isSecure: false)
        #expect(try await fixture.send("GET", "/data/k").status == 404)
    }

    @Test("open what they seal, and nothing else does")
    func reading() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let put = try await fixture.send("PUT", "/data/k", Self.headers(), body: [1, 2])
        #expect(put.status == 200 && put.headers[Self.prefix + "key-md5"] == Self.headers()[2].value)
        #expect(try await fixture.send("GET", "/data/k", Self.headers()).body == [1, 2])
        let without = try await fixture.send("GET", "/data/k")
        #expect(without.status == 400 && without.code == "InvalidRequest")
        #expect(without.text.contains("The object was stored using a form of Server Side Encryption."))
        #expect(try await fixture.send("HEAD", "/data/k").status == 400)
        let other = Self.headers([UInt8](repeating: 8, count: 32))
        let wrong = try await fixture.send("GET", "/data/k", other)
        #expect(wrong.status == 403 && wrong.text.contains("must provide the correct secret key."))
        #expect(try await fixture.send("PUT", "/data/plain", body: [1]).status == 200)
        let needless = try await fixture.send("GET", "/data/plain", Self.headers())
        #expect(needless.status == 400 && needless.text.contains("not applicable to this object"))
        let copy = [(name: "x-amz-copy-source", value: "data/k")]
        #expect(try await fixture.send("PUT", "/data/copy", copy).status == 400)
        let source = Self.headers(prefix: CustomerKeyHeaders.sourcePrefix)
        #expect(try await fixture.send("PUT", "/data/copy", copy + source).status == 200)
        #expect(try await fixture.send("GET", "/data/copy").body == [1, 2])
    }

    @Test("belong to every part of an upload")
    func parts() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let begun = try await fixture.send("POST", "/data/k?uploads", Self.headers())
        let upload = try #require(begun.element("UploadId"))
        let part = "/data/k?partNumber=1&uploadId=\(upload)"
        let none = try await fixture.send("PUT", part, body: [1])
        #expect(none.status == 400 && none.text.contains("Subsequent part requests must include"))
        let other = try await fixture.send("PUT", part, Self.headers([UInt8](repeating: 8, count: 32)), body: [1])
        #expect(other.status == 400 && other.text.contains("did not match the ones used originally"))
        let good = try await fixture.send("PUT", part, Self.headers(), body: [1])
        #expect(good.status == 200)
        let list =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(good.headers["etag"] ?? "")</ETag></Part>"
            + "</CompleteMultipartUpload>"
        let done = try await fixture.send("POST", "/data/k?uploadId=\(upload)", body: Array(list.utf8))
        #expect(done.status == 200, "\(done.text)")
        #expect(try await fixture.send("GET", "/data/k", Self.headers()).body == [1])
    }

    /// The checksum of one part, right and wrong, as a completion names it.
    private static func lists(_ part: S3Fixture.Response) throws -> (right: [UInt8], wrong: [UInt8]) {
        let etag = part.headers["etag"] ?? ""
        let checksum = try #require(part.headers["x-amz-checksum-crc64nvme"])
        func list(_ checksum: String) -> [UInt8] {
            Array(
                ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag>"
                    + "<ChecksumCRC64NVME>\(checksum)</ChecksumCRC64NVME></Part></CompleteMultipartUpload>").utf8)
        }
        return (list(checksum), list(PaddedBase64.encode([UInt8](repeating: 9, count: 8))))
    }

    @Test("are needed to have checksums compared: without them the refusals told a right guess from a wrong one")
    func completions() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let begun = try await fixture.send("POST", "/data/k?uploads", Self.headers())
        let target = "/data/k?uploadId=\(try #require(begun.element("UploadId")))"
        let part = try await fixture.send("PUT", target + "&partNumber=1", Self.headers(), body: [1])
        let lists = try Self.lists(part)
        let other = Self.headers([UInt8](repeating: 8, count: 32))
        for headers in [[], other] {
            let size = headers + [(name: "x-amz-mp-object-size", value: "7")]
            var texts: Set<String> = []
            for list in [lists.right, lists.wrong] {
                let answer = try await fixture.send("POST", target, size, body: list)
                #expect(answer.status == 400 && answer.code == "InvalidRequest")
                texts.insert(answer.text)
            }
            #expect(texts.count == 1, "\(texts)")
        }
        let wrong = try await fixture.send("POST", target, Self.headers(), body: lists.wrong)
        #expect(wrong.status == 400 && wrong.code == "BadDigest", "\(wrong.text)")
        let done = try await fixture.send("POST", target, Self.headers(), body: lists.right)
        #expect(done.status == 200, "\(done.text)")
    }

    @Test("Under the key service it takes the right to decrypt to have checksums compared, and none to complete")
    func keyServiceCompletions() async throws {
        let fixture = try await S3Fixture(hasKeyService: true)
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let policy =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","kms:GenerateDataKey"],"#
            + #""Resource":"*"}]}"#
        let bob = try await fixture.user("bob", policy: policy)
        let begun = try await fixture.send("POST", "/data/k?uploads", [("x-amz-server-side-encryption", "aws:kms")])
        let target = "/data/k?uploadId=\(try #require(begun.element("UploadId")))"
        let part = try await fixture.send("PUT", target + "&partNumber=1", body: [1])
        #expect(part.status == 200, "\(part.text)")
        let lists = try Self.lists(part)
        for list in [lists.right, lists.wrong] {
            let answer = try await fixture.send("POST", target, body: list, as: bob)
            #expect(answer.status == 403 && answer.text.contains("kms:Decrypt"), "\(answer.text)")
        }
        let header = [(name: "x-amz-checksum-crc64nvme", value: part.headers["x-amz-checksum-crc64nvme"] ?? "")]
        let plain =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.headers["etag"] ?? "")</ETag></Part>"
            + "</CompleteMultipartUpload>"
        #expect(try await fixture.send("POST", target, header, body: Array(plain.utf8), as: bob).status == 403)
        let compared = try await fixture.send("POST", target, header, body: lists.wrong)
        #expect(compared.code == "BadDigest", "\(compared.text)")
        let done = try await fixture.send("POST", target, body: Array(plain.utf8), as: bob)
        #expect(done.status == 200, "\(done.text)")
    }
}
