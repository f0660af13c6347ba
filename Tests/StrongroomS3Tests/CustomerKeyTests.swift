import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// The refusals of SSE-C that AWS has shown, code by code and word for word.
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
}
