import Testing

@testable import StrongroomS3Protocol

/// The story: policies could ask for tags, were accepted, and the tags were never told to them, so that a denial of
/// secret objects denied nothing.
///
/// Attack 26.
@Suite("Conditions on tags") struct TagConditionTests {
    private static func deny(_ actions: String, _ condition: String) -> [UInt8] {
        Array(
            (#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":\#(actions),"#
                + #""Resource":"arn:aws:s3:::data/*","Condition":\#(condition)}]}"#).utf8)
    }

    private static func bucket(_ policy: [UInt8]) async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for (key, tags) in [("secret", "class=secret"), ("open", "class=open"), ("plain", nil)] {
            let headers = tags.map { [(name: "x-amz-tagging", value: $0)] } ?? []
            #expect(try await fixture.send("PUT", "/data/\(key)", headers, body: [1]).status == 200)
        }
        #expect(try await fixture.send("PUT", "/data?policy", body: policy).status == 204)
        return fixture
    }

    @Test("that an object has hold on every way to read it")
    func existing() async throws {
        let fixture = try await Self.bucket(
            Self.deny(
                #"["s3:GetObject","s3:GetObjectTagging","s3:PutObjectTagging"]"#,
                #"{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}"#))
        for method in ["GET", "HEAD"] {
            #expect(try await fixture.send(method, "/data/secret").status == 403)
            #expect(try await fixture.send(method, "/data/open").status == 200)
            #expect(try await fixture.send(method, "/data/plain").status == 200)
            #expect(try await fixture.send(method, "/data/absent").status == 404)
        }
        #expect(try await fixture.send("GET", "/data/secret?tagging").status == 403)
        let tags = Array("<Tagging><TagSet/></Tagging>".utf8)
        let retagging = try await fixture.send("PUT", "/data/secret?tagging", [PaddedMD5.header(tags)], body: tags)
        #expect(retagging.status == 403)
        let copy = try await fixture.send("PUT", "/data/copy", [("x-amz-copy-source", "data/secret")])
        #expect(copy.status == 403)
        #expect(try await fixture.send("PUT", "/data/copy", [("x-amz-copy-source", "data/open")]).status == 200)
        // Whether an object has an ETag is told only to whoever may read it.
        let guess: S3Fixture.Headers = [("if-match", "\"0123456789abcdef0123456789abcdef\"")]
        for (key, status) in [("secret", 403), ("open", 412)] {
            #expect(try await fixture.send("PUT", "/data/\(key)", guess, body: [1]).status == status)
            #expect(try await fixture.send("DELETE", "/data/\(key)", guess).status == status)
            let list =
                "<Delete><Object><Key>\(key)</Key><ETag>0123456789abcdef0123456789abcdef</ETag></Object></Delete>"
            let deleted = try await fixture.document("POST", "/data?delete", list)
            #expect(deleted.element("Code") == (status == 403 ? "AccessDenied" : "PreconditionFailed"))
        }
    }

    /// The story: tags were found out only where a condition looked at them, not where a variable stood for one, and
    /// what was denied by it was denied to nobody.
    @Test("that a variable stands for hold as well, and one that nothing has is refused")
    func variables() async throws {
        let fixture = try await Self.bucket(
            Self.deny(#""s3:GetObject""#, #"{"StringEquals":{"aws:username":"${s3:ExistingObjectTag/class}"}}"#))
        let bob = try await fixture.user(
            "secret",
            policy: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#)
        #expect(try await fixture.send("GET", "/data/secret", as: bob).status == 403)
        #expect(try await fixture.send("GET", "/data/open", as: bob).status == 200)
        let mistyped = Self.deny(#""s3:GetObject""#, #"{"StringEquals":{"aws:username":"${s3:ExistingTag/class}"}}"#)
        let refused = try await fixture.send("PUT", "/data?policy", body: mistyped)
        #expect(refused.status == 400 && refused.code == "MalformedPolicy")
    }

    @Test("that a request brings hold for the put itself")
    func requested() async throws {
        let fixture = try await Self.bucket(
            Self.deny(#""s3:PutObject""#, #"{"Null":{"s3:RequestObjectTag/class":"true"}}"#))
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 403)
        #expect(try await fixture.send("PUT", "/data/k", [("x-amz-tagging", "other=1")], body: [1]).status == 403)
        #expect(try await fixture.send("PUT", "/data/k", [("x-amz-tagging", "class=1")], body: [1]).status == 200)
        #expect(try await fixture.send("POST", "/data/k?uploads").status == 403)
    }

    @Test("that a document brings can be what tagging is allowed for")
    func tagging() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        let bob = try await fixture.user(
            "bob",
            policy: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObjectTagging","#
                + #""Resource":"arn:aws:s3:::data/*","Condition":{"StringEquals":{"s3:RequestObjectTag/class":"open"}}}]}"#
        )
        func tag(_ value: String) async throws -> Int {
            let text = "<Tagging><TagSet><Tag><Key>class</Key><Value>\(value)</Value></Tag></TagSet></Tagging>"
            let bytes = Array(text.utf8)
            return try await fixture.send("PUT", "/data/k?tagging", [PaddedMD5.header(bytes)], body: bytes, as: bob)
                .status
        }
        #expect(try await tag("secret") == 403)
        #expect(try await tag("open") == 200)
    }
}
