import Testing

@testable import StrongroomSignature

@Suite("Credentials that come")
struct RequestCredentialsTests {
    private static let signature = String(repeating: "0a", count: 32)
    private static let header =
        "AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "
        + "Signature=\(signature)"
    private static let date = (name: "x-amz-date", value: "20130524T000000Z")

    private func read(
        _ authorization: String? = header, query: String = "", _ headers: [(name: String, value: String)] = [date]
    ) throws -> RequestCredentials? {
        let all = headers + (authorization.map { [("Authorization", $0)] } ?? [])
        return try RequestCredentials.read(
            try IncomingRequest(method: "GET", rawPath: "/", rawQuery: query, headers: all))
    }

    private func code(_ authorization: String) -> SignatureError.Code? { refusal { _ = try read(authorization) } }

    @Test("in the header are read, with blanks behind their commas or without")
    func header() throws {
        let credentials = try #require(try read())
        #expect(credentials.accessKeyID == "AKID")
        #expect(credentials.scope == CredentialScope(date: "20130524", region: "us-east-1", service: "s3"))
        #expect(credentials.signedHeaders == ["host", "x-amz-date"])
        #expect(credentials.signature == Self.signature)
        #expect(credentials.time.text == "20130524T000000Z")
        #expect(try read(Self.header.replacing(", ", with: ",")) == credentials)
        #expect(try read(Self.header.replacing(", ", with: ",   ")) == credentials)
        #expect(try read(Self.header, [Self.date, ("x-amz-security-token", "t")])?.sessionToken == "t")
    }

    @Test("in the header are refused with a part missing, twice, or of another kind")
    func malformedHeader() throws {
        for (old, new) in [
            ("Credential=AKID", "Credential="), ("/aws4_request", "/aws4"), ("/s3/", "/"), ("/s3/", "/s3//"),
            ("AKID/", "AKID/x/"), ("AKID", String(repeating: "A", count: 129)), ("AKID", "ÄKID"), ("AKID", "A KID"),
            ("20130524", "2013052"), (", SignedHeaders=host;x-amz-date", ""), ("host;x-amz-date", ""),
            ("host;x-amz-date", "x-amz-date;host"), ("host;x-amz-date", "host;host"), ("host;", "Host;"),
            ("host;", ";host;"), ("Signature=0a", "Signature=0A"), ("Signature=0a", "Signature=0g"),
            ("Signature=0a", "Signature=0"), (", Signature", ", Signature=\(Self.signature), Signature"),
            ("Credential", "credential"), (", Signature", ", X=y, Signature"), (", Signature", ",, Signature"),
            ("SHA256 ", "SHA256 ,"), ("Credential=", ""),
        ] {
            #expect(code(Self.header.replacing(old, with: new)) == .malformedHeader, "\(new) for \(old)")
        }
        #expect(code(Self.header + ",") == .malformedHeader)
        #expect(code("AWS4-HMAC-SHA256 ") == .malformedHeader)
        let twice = [Self.date, ("authorization", Self.header)]
        #expect(refusal { _ = try read(Self.header, twice) } == .ambiguous)
        let tokens = [Self.date, ("x-amz-security-token", "t"), ("x-amz-security-token", "t")]
        #expect(refusal { _ = try read(Self.header, tokens) } == .malformedHeader)
    }

    @Test("say when, in x-amz-date or else in Date")
    func date() throws {
        let date = (name: "Date", value: "Fri, 24 May 2013 00:00:01 GMT")
        #expect(try read(Self.header, [date])?.time.text == "20130524T000001Z")
        #expect(try read(Self.header, [date, Self.date])?.time.text == "20130524T000000Z")
        let refused: [[(name: String, value: String)]] = [
            [], [Self.date, Self.date], [date, date], [("x-amz-date", date.value)], [("date", Self.date.value)],
            [("x-amz-date", ""), date],
        ]
        for headers in refused { #expect(refusal { _ = try read(Self.header, headers) } == .unsignedHeader) }
    }

    @Test(
        "of other kinds are refused, not overlooked",
        arguments: [
            "AWS AKID:abc=", "AWS4-HMAC-SHA1 Credential=", "AWS4-ECDSA-P256-SHA256 Credential=", "Bearer x", "Basic x",
            "AWS4-HMAC-SHA256", "aws4-hmac-sha256 Credential=", "",
        ])
    func otherKinds(_ authorization: String) {
        #expect(code(authorization) == .unsupported)
    }

    @Test("in the query are refused with a part of them alone, and beside a header")
    func queries() throws {
        #expect(try read(nil) == nil)
        #expect(try read(nil, query: "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&Expires=1") == nil)
        for name in ["Algorithm", "Credential", "Date", "Expires", "Security-Token", "Signature", "SignedHeaders"] {
            for name in ["X-Amz-\(name)", "X-AMZ-\(name.uppercased())", "x-amz-\(name.lowercased())"] {
                #expect(refusal { _ = try read(nil, query: "\(name)=1") } == .malformedQuery)
                #expect(refusal { _ = try read(query: "\(name)=1") } == .ambiguous)
            }
        }
        for query in ["AWSAccessKeyId=a", "Signature=b", "AWSAccessKeyId=a&Signature=b&Expires=1"] {
            #expect(refusal { _ = try read(nil, query: query) } == .unsupported)
            #expect(refusal { _ = try read(query: query) } == .unsupported)
        }
    }

    @Test("in the query have a token there or in a header, not in both")
    func tokens() throws {
        let query = try RequestSigner().presignedQuery("GET", "/", [("host", "h")])
        let token = (name: "x-amz-security-token", value: "t")
        #expect(try read(nil, query: query)?.sessionToken == nil)
        #expect(try read(nil, query: query + "&X-Amz-Security-Token=s")?.sessionToken == "s")
        #expect(try read(nil, query: query, [token])?.sessionToken == "t")
        #expect(
            refusal { _ = try read(nil, query: query + "&X-Amz-Security-Token=s", [token]) } == .malformedQuery)
    }
}
