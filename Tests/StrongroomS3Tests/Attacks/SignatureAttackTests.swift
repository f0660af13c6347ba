import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// Attack 27: what was signed is altered on its way. The signatures themselves are tested beside their code; here, that
/// no part of a request reaches a handler beside them.
@Suite("Attacks on signed requests") struct SignatureAttackTests {
    private struct Request {
        var method = "PUT"
        var path = "/data/k"
        var query = "tagging"
        var headers: S3Fixture.Headers
        var body: [UInt8]
    }

    private static let document = Array("<Tagging><TagSet/></Tagging>".utf8)

    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        for bucket in ["data", "other"] {
            #expect(try await fixture.send("PUT", "/\(bucket)").status == 200)
            for key in ["k", "l"] {
                let put = try await fixture.send("PUT", "/\(bucket)/\(key)", [("x-amz-tagging", "a=1")], body: [1])
                #expect(put.status == 200)
            }
        }
        return fixture
    }

    private static func signed(_ fixture: S3Fixture) throws -> Request {
        let headers = try S3Fixture.signed(
            "PUT", "/data/k", "tagging",
            [
                ("host", "localhost"), ("content-length", "\(document.count)"), PaddedMD5.header(document),
                ("x-amz-expected-bucket-owner", "000000000000"), ("content-type", "application/xml"),
            ], document, fixture.administrator)
        return Request(headers: headers, body: document)
    }

    private static func send(_ request: Request, _ fixture: S3Fixture) async throws -> S3Fixture.Response {
        try await fixture.deliver(
            request.method, request.path, request.query, request.headers, body: request.body)
    }

    @Test("are refused, whatever was altered, and nothing is done")
    func altered() async throws {
        let fixture = try await Self.bucket()
        func refused(_ what: String, _ change: (inout Request) -> Void) async throws {
            var request = try Self.signed(fixture)
            change(&request)
            let answer = try await Self.send(request, fixture)
            #expect(answer.status == 403 || answer.status == 400, "\(what): \(answer.status) \(answer.text)")
        }
        try await refused("method") { $0.method = "DELETE" }
        try await refused("key") { $0.path = "/data/l" }
        try await refused("bucket") { $0.path = "/other/k" }
        try await refused("slash") { $0.path = "/data//k" }
        try await refused("query") { $0.query = "acl" }
        try await refused("more query") { $0.query = "tagging&versionId=null" }
        try await refused("no query") { $0.query = "" }
        let names = try Self.signed(fixture).headers.map(\.name)
        for name in names where name != "authorization" {
            try await refused("\(name) altered") { request in
                request.headers = request.headers.map { $0.name == name ? (name, $0.value + "0") : $0 }
            }
            try await refused("\(name) left out") { $0.headers.removeAll { $0.name == name } }
            try await refused("\(name) twice") { request in
                request.headers += request.headers.filter { $0.name == name }
            }
        }
        try await refused("a header that was not signed") { $0.headers.append(("x-amz-tagging-directive", "COPY")) }
        let tags = Array("<Tagging><TagSet></TagSet></Tagging>".utf8)
        try await refused("payload") { request in
            request.body = tags
            request.headers = request.headers.map { $0.name == "content-length" ? ($0.name, "\(tags.count)") : $0 }
        }
        #expect(try await fixture.send("GET", "/data/k?tagging").element("Key") == "a")
        #expect(try await Self.send(try Self.signed(fixture), fixture).status == 200)
        #expect(try await fixture.send("GET", "/data/k?tagging").element("Key") == nil)
    }

    @Test("blanks in values count as one, and a payload that nobody names is refused")
    func blanks() async throws {
        let fixture = try await Self.bucket()
        var request = try Self.signed(fixture)
        request.headers = request.headers.map { $0.name == "content-type" ? ($0.name, "  application/xml \t") : $0 }
        #expect(try await Self.send(request, fixture).status == 200)
        let time = SigningTime(wallMilliseconds: S3Fixture.now)
        let headers: S3Fixture.Headers = [("host", "localhost"), ("x-amz-date", time.text)]
        let plain = try IncomingRequest(method: "GET", rawPath: "/data/k", rawQuery: "", headers: headers)
        for hash in ["UNSIGNED-PAYLOAD", try PayloadHash.hexadecimal([])] {
            let signable = SignableRequest(
                method: "GET", path: plain.path, query: plain.query, headers: plain.headers, payloadHash: hash)
            let value = try S3Fixture.signingKey(fixture.administrator, at: time).authorization(
                of: signable, at: time, accessKeyID: fixture.administrator.accessKeyID)
            let answer = try await fixture.deliver("GET", "/data/k", "", headers + [("authorization", value)])
            #expect(answer.status == 400 && answer.text.contains("x-amz-content-sha256"), "\(answer.text)")
        }
    }
}
