import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// What AWS answers where a customer's key is not what it should be, word for word, on every way that takes one.
@Suite("Refusals of customers' keys") struct CustomerKeyErrorTests {
    private static let key = [UInt8](repeating: 7, count: 32)
    private static let others = [UInt8](repeating: 8, count: 32)
    private static let argument = "x-amz-server-side-encryption"
    private static let providing =
        "Requests specifying Server Side Encryption with Customer provided keys must provide "
    private static let notRetrievable =
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
        + "retrieve the object."
    private static let subsequent =
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
        + "encryption parameters."

    /// Headers of a key, each left out where it is nil.
    struct Row: Sendable, CustomTestStringConvertible {
        var algorithm: String? = "AES256"
        var key: [UInt8]? = CustomerKeyErrorTests.key
        var md5Of: [UInt8]? = CustomerKeyErrorTests.key
        var code = "InvalidArgument"
        var message: String
        var testDescription: String { message }

        func headers(_ prefix: String) -> S3Fixture.Headers {
            var headers: S3Fixture.Headers = []
            if let algorithm { headers.append((prefix + "algorithm", algorithm)) }
            if let key { headers.append((prefix + "key", PaddedBase64.encode(key))) }
            if let md5Of { headers.append((prefix + "key-md5", PaddedMD5.header(md5Of).value)) }
            return headers
        }
    }

    private static let invalid = "The secret key was invalid for the specified algorithm."
    private static let mismatch = "The calculated MD5 hash of the key did not match the hash that was provided."
    private static let rows: [Row] = [
        Row(
            algorithm: "AES192", code: "InvalidEncryptionAlgorithmError",
            message: "The Encryption request you specified is not valid. Supported value: AES256."),
        Row(algorithm: nil, message: providing + "a valid encryption algorithm."),
        Row(key: nil, message: providing + "an appropriate secret key."),
        Row(md5Of: nil, message: providing + "the client calculated MD5 of the secret key."),
        Row(
            key: [UInt8](repeating: 7, count: 31), md5Of: [UInt8](repeating: 7, count: 31), message: invalid),
        Row(
            key: [UInt8](repeating: 7, count: 33), md5Of: [UInt8](repeating: 7, count: 33), message: invalid),
        Row(md5Of: others, message: mismatch),
    ]

    /// `sealed` is under the key, `plain` is not.
    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/sealed", CustomerKeyText.headers(), body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/data/plain", body: [1]).status == 200)
        return fixture
    }

    @Test("attack 20: headers of a key that are not whole, on every way that takes one", arguments: rows)
    func headers(_ row: Row) async throws {
        let fixture = try await Self.bucket()
        let own = row.headers(CustomerKeyHeaders.prefix)
        let source = row.headers(CustomerKeyHeaders.sourcePrefix)
        let requests: [(method: String, target: String, headers: S3Fixture.Headers)] = [
            ("PUT", "/data/new", own), ("GET", "/data/sealed", own), ("GET", "/data/plain", own),
            ("GET", "/data/sealed?attributes", own + [("x-amz-object-attributes", "ETag")]),
            ("POST", "/data/new?uploads", own),
            ("PUT", "/data/new", [("x-amz-copy-source", "data/sealed")] + source),
            ("PUT", "/data/new", [("x-amz-copy-source", "data/plain")] + own),
        ]
        for (method, target, headers) in requests {
            let answer = try await fixture.send(method, target, headers)
            #expect(answer.isRefusal(400, row.code, row.message), "\(method) \(target): \(answer.text)")
            #expect(answer.element("ArgumentName") == Self.argument)
        }
        let head = try await fixture.send("HEAD", "/data/sealed", own)
        #expect(head.status == 400 && head.body.isEmpty)
        #expect(try await fixture.send("GET", "/data/new").status == 404)
    }

    @Test("a customer's key beside another encryption, by every way that stores")
    func conflicts() async throws {
        let fixture = try await Self.bucket()
        let message =
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        for value in ["AES256", "aws:kms"] {
            let headers = CustomerKeyText.headers() + [(Self.argument, value)]
            let copy: S3Fixture.Headers = [("x-amz-copy-source", "data/plain")]
            for (method, target, more) in [
                ("PUT", "/data/new", []), ("POST", "/data/new?uploads", []), ("PUT", "/data/new", copy),
            ] {
                let answer = try await fixture.send(method, target, headers + more)
                #expect(answer.isRefusal(400, "InvalidArgument", message), "\(answer.text)")
                #expect(answer.element("ArgumentName") == Self.argument)
                #expect(answer.element("ArgumentValue") == value)
            }
        }
    }

    @Test("reading without the key, with another one, and with one that the object has not")
    func reading() async throws {
        let fixture = try await Self.bucket()
        let wrong =
            "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key."
        let rows: [(target: String, headers: S3Fixture.Headers, status: Int, code: String, message: String)] = [
            ("/data/sealed", [], 400, "InvalidRequest", Self.notRetrievable),
            ("/data/sealed", CustomerKeyText.headers(Self.others), 403, "AccessDenied", wrong),
            (
                "/data/plain", CustomerKeyText.headers(), 400, "InvalidRequest",
                "The encryption parameters are not applicable to this object."
            ),
        ]
        for row in rows {
            let answer = try await fixture.send("GET", row.target, row.headers)
            #expect(answer.isRefusal(row.status, row.code, row.message), "\(answer.text)")
            let head = try await fixture.send("HEAD", row.target, row.headers)
            #expect(head.status == row.status && head.body.isEmpty)
        }
        let copy: S3Fixture.Headers = [("x-amz-copy-source", "data/sealed")]
        let unkeyed = try await fixture.send("PUT", "/data/new", copy)
        #expect(unkeyed.isRefusal(400, "InvalidRequest", Self.notRetrievable), "\(unkeyed.text)")
        let other = try await fixture.send("PUT", "/data/new", copy + CustomerKeyText.source(Self.others))
        #expect(other.isRefusal(403, "AccessDenied", wrong), "\(other.text)")
    }

    @Test("attack 22: parts without the upload's key, with another one, or with one that the upload has not")
    func parts() async throws {
        let fixture = try await Self.bucket()
        func part(_ headers: S3Fixture.Headers) async throws -> String {
            let begun = try await fixture.send("POST", "/data/k?uploads", headers)
            return "/data/k?partNumber=1&uploadId=\(try #require(begun.element("UploadId")))"
        }
        let keyed = try await part(CustomerKeyText.headers())
        let plain = try await part([])
        let copy: S3Fixture.Headers = [("x-amz-copy-source", "data/plain")]
        for more in [[], copy] {
            let none = try await fixture.send("PUT", keyed, more, body: more.isEmpty ? [1] : [])
            #expect(none.isRefusal(400, "InvalidRequest", Self.subsequent), "\(none.text)")
            let needless = try await fixture.send(
                "PUT", plain, more + CustomerKeyText.headers(), body: more.isEmpty ? [1] : [])
            #expect(needless.isRefusal(400, "InvalidRequest", Self.subsequent), "\(needless.text)")
            let other = try await fixture.send(
                "PUT", keyed, more + CustomerKeyText.headers(Self.others), body: more.isEmpty ? [1] : [])
            #expect(
                other.isRefusal(
                    400, "InvalidRequest", "The provided encryption parameters did not match the ones used originally."),
                "\(other.text)")
        }
    }

    @Test("over connections that anybody can read")
    func plainConnections() async throws {
        let fixture = try await Self.bucket()
        let message =
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
            + "connection."
        for (method, target, headers) in [
            ("PUT", "/data/new", CustomerKeyText.headers()), ("GET", "/data/sealed", CustomerKeyText.headers()),
            ("GET", "/data/plain", CustomerKeyText.headers()),
            ("PUT", "/data/new", [("x-amz-copy-source", "data/sealed")] + CustomerKeyText.source()),
        ] {
            let answer = try await fixture.send(method, target, headers, isSecure: false)
            #expect(answer.isRefusal(400, "InvalidRequest", message), "\(answer.text)")
        }
    }
}
