import StrongroomCrypto
import Testing

@testable import StrongroomSignature

/// Cases of the published test suite for Signature Version 4 (`aws4_testsuite`): all use the same credentials, time and
/// scope. Two independent implementations (botocore's among them) give the same signatures.
@Suite("Signature Version 4")
struct SignatureVectorTests {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private static let time = SigningTime(wallMilliseconds: 1_440_938_160_000)

    private func key() throws -> SigningKey {
        let secret = Array("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8)
        return try SigningKey(
            secretAccessKey: try SecretBytes(copying: unsafe secret.span.bytes),
            scope: CredentialScope(date: Self.time.date, region: "us-east-1", service: "service"))
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        var method = "GET"
        var path = "/"
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var body = ""
        var signature: String
        var testDescription: String { name }

        func request() throws -> SignableRequest {
            SignableRequest(
                method: method, path: path, query: query,
                headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")] + headers,
                payloadHash: try PayloadHash.hexadecimal(Array(body.utf8)))
        }
    }

    static let vectors = [
        Vector(name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Vector(
            name: "get-vanilla-query-order-key-case", query: [("Param2", "value2"), ("Param1", "value1")],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Vector(
            name: "get-unreserved", path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        Vector(
            name: "get-utf8", path: "/\u{1234}",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Vector(
            name: "get-space", path: "/example space/",
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
        Vector(
            name: "get-header-value-trim",
            headers: [("My-Header1", " value1"), ("My-Header2", "  \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Vector(
            name: "post-x-www-form-urlencoded", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ]

    @Test(arguments: vectors)
    func aPublishedCaseHasItsSignature(_ vector: Vector) throws {
        #expect(try key().signature(of: try vector.request(), at: Self.time) == vector.signature)
    }

    @Test func theHeaderNamesWhatItSigns() throws {
        let request = try Self.vectors[0].request()
        #expect(
            try key().authorization(of: request, at: Self.time, accessKeyID: "AKIDEXAMPLE")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(Self.vectors[0].signature)")
    }

    @Test func theOrderOfHeadersAndQueryDoesNotCount() throws {
        let headers = [("Host", "h"), ("B", "2"), ("a", "1"), ("b", "3")]
        let query = [("b", "2"), ("a", "2"), ("a", "1"), ("A", "/ ")]
        let request = SignableRequest(
            method: "PUT", path: "/a//b", query: query, headers: headers, payloadHash: Self.emptyHash)
        #expect(
            String(decoding: request.canonicalRequest, as: UTF8.self)
                == "PUT\n/a//b\nA=%2F%20&a=1&a=2&b=2\na:1\nb:2,3\nhost:h\n\na;b;host\n\(Self.emptyHash)")
        var other = request
        other.headers = [headers[2], headers[1], headers[0], headers[3]]
        other.query.reverse()
        #expect(other.canonicalRequest == request.canonicalRequest)
    }

    /// Whatever is signed changes the signature.
    @Test func everyPartIsSigned() throws {
        let key = try key()
        let request = try Self.vectors[2].request()
        var changed: [SignableRequest] = []
        func change(_ body: (inout SignableRequest) -> Void) {
            var copy = request
            body(&copy)
            changed.append(copy)
        }
        change { $0.method = "HEAD" }
        change { $0.path = "/." }
        change { $0.query[0].value = "value1" }
        change { $0.query.removeLast() }
        change { $0.headers[0].value = "example.com" }
        change { $0.headers.append(("x-amz-target", "")) }
        change { $0.payloadHash = String(repeating: "0", count: 64) }
        var signatures = try Set(changed.map { try key.signature(of: $0, at: Self.time) })
        signatures.insert(try key.signature(of: request, at: Self.time))
        signatures.insert(try key.signature(of: request, at: SigningTime(wallMilliseconds: 1_440_938_161_000)))
        #expect(signatures.count == changed.count + 2)
    }
}
