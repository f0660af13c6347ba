import Testing

@testable import StrongroomSignature

/// Requests as botocore 1.43 signs them with the key, the time and the region of Amazon's examples: another's idea of
/// how paths and queries are written.
@Suite("Requests of another client")
struct ClientVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path: String
        var query = ""
        var headers: [(name: String, value: String)] = []
        /// With all headers signed, and of a URL that is good for an hour.
        var signature: String
        var presigned: String
        var testDescription: String { "\(method) \(path)?\(query)" }
    }

    static let vectors = [
        Vector(
            path: "/a%20b/%C3%BC%2B~%2A%27%28%29%21%40%3A%2C%3B%3D%26%24",
            signature: "926b9ac8bcd3c1e2ad51a084764025acf2703fb92180d2d93a195a94122ae379",
            presigned: "66de1c2a8ad05c4bfc4c78240201dc0d541183a4bb00161f603ec7e505df4718"),
        Vector(
            path: "//a/../b/./c//", signature: "6de47137ce78de36c75c1ecd4cc0b9453d96457547d679a64438bc8270cc0c85",
            presigned: "eac7cc56d3a152ee6724712710dafaad4eac55e419b1b4038f03e0e2a91f942b"),
        Vector(
            path: "/%252F%00%7F", signature: "ed4e1846204751371d80956e6df4abe91c3053174df46e3ef872c4a8647702d3",
            presigned: "41f6d225947b0deba5e201bc1430549f2de872a4a2871b54c91a18f74c33ada2"),
        Vector(
            path: "/", query: "list-type=2&prefix=a%20b%2F%C3%BC%2B%26%3D&delimiter=%2F&start-after=~%2A%27%28%29",
            signature: "4ddb98252310cc3f4fe958b2970a48fdfa87a5849948904e424feb5d76915ff0",
            presigned: "ab680ede0ffb3d8f4910549b3ac8b727bbf6fa1a53a307f41a3a80d86d0a7b8c"),
        Vector(
            method: "DELETE", path: "/k", query: "versionId=null&a=&A=1&a-=2",
            signature: "7df42eccd304b900acefb2d6a148823f9ac30b17265a88307c178f621adea4f6",
            presigned: "6c98742d837928faa6f96f95cde2009bf0867042e23d775c52fa302fee04d543"),
        Vector(
            method: "PUT", path: "/k", query: "partNumber=10&uploadId=x%2F%2B%3D",
            headers: [
                ("x-amz-meta-a", "  two   words  "), ("x-amz-meta-b", ""), ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
                ("content-type", "text/plain; charset=utf-8"),
            ], signature: "fa772cc534b2b7ed8455b162a7f2ee4a6f5cd749dba03afba2c379d2206aacf1",
            presigned: "1036f849ed1aea903c6e8525c089bac5b9989c922e08cf2ceaf96bb5dcd4690b"),
    ]

    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private static let scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    private static let host = (name: "Host", value: "examplebucket.s3.amazonaws.com")

    @Test("are accepted with a signature in the header", arguments: vectors)
    func header(_ vector: Vector) throws {
        let headers =
            [Self.host, ("X-Amz-Date", "20130524T000000Z"), ("X-Amz-Content-SHA256", Self.emptyHash)] + vector.headers
        let names = headers.map { $0.name.lowercased() }.sorted().joined(separator: ";")
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(Self.scope), SignedHeaders=\(names), Signature=\(vector.signature)"
        let request = try IncomingRequest(
            method: vector.method, rawPath: vector.path, rawQuery: vector.query,
            headers: headers + [("Authorization", authorization)])
        #expect(try RequestSigner().check(request)?.isPresigned == false)
    }

    @Test("are accepted with a signature in the query", arguments: vectors)
    func query(_ vector: Vector) throws {
        let headers = [Self.host] + vector.headers
        let names = headers.map { $0.name.lowercased() }.sorted().joined(separator: "%3B")
        let credentials =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\(Self.scope.replacing("/", with: "%2F"))"
            + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=\(names)"
            + "&X-Amz-Signature=\(vector.presigned)"
        let request = try IncomingRequest(
            method: vector.method, rawPath: vector.path,
            rawQuery: vector.query + (vector.query.isEmpty ? "" : "&") + credentials, headers: headers)
        #expect(try RequestSigner().check(request)?.isPresigned == true)
    }
}
