import Strongroom
import StrongroomCrypto
import StrongroomKeys
import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// Somebody has a token and wants more than it says, or has none.
@Suite("Attacks on temporary credentials") struct SessionAttackTests {
    private static let invalid = "InvalidToken"

    @Test("a token of which a byte was changed, or that is cut off, is none for any service")
    func altered() async throws {
        let fixture = try await TokenServiceFixture(hasKeyService: true)
        let session = try await fixture.session()
        let bytes = try #require(session.token.flatMap(PaddedBase64.decode))
        #expect(try await fixture.s3.send("GET", "/", as: session).status == 200)
        var forged = session
        for index in bytes.indices {
            var copy = bytes
            copy[index] ^= 1 << UInt8(index & 7)
            forged.token = PaddedBase64.encode(copy)
            let answer = try await fixture.s3.send("GET", "/", as: forged)
            #expect(answer.status == 400 && answer.code == Self.invalid)
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            forged.token = PaddedBase64.encode(Array(bytes.prefix(count)))
            #expect(try await fixture.s3.send("GET", "/", as: forged).code == Self.invalid)
        }
        #expect(try await fixture.ask("GetCallerIdentity", as: forged).code == "InvalidClientTokenId")
        var keys = try await KeyServiceFixture()
        keys.s3 = fixture.s3
        #expect(try await keys.ask("ListKeys", as: forged).type == "UnrecognizedClientException")
        #expect(try await keys.ask("ListKeys", as: session).status == 200)
    }

    @Test("a token of another store, and one without its own id and secret")
    func mixed() async throws {
        let (fixture, other) = (try await TokenServiceFixture(), try await TokenServiceFixture())
        let (first, second) = (try await fixture.session(), try await fixture.session())
        let foreign = try await other.session()
        #expect(try await fixture.s3.send("GET", "/", as: foreign).code == Self.invalid)
        var mixed = first
        mixed.token = second.token
        #expect(try await fixture.s3.send("GET", "/", as: mixed).code == Self.invalid)
        mixed = first
        mixed.secret = second.secret
        #expect(try await fixture.s3.send("GET", "/", as: mixed).code == "SignatureDoesNotMatch")
        mixed = first
        mixed.token = nil
        #expect(try await fixture.s3.send("GET", "/", as: mixed).code == "InvalidAccessKeyId")
        // A long-term key does not become one of a session, whoever's token it brings.
        mixed = fixture.s3.administrator
        mixed.token = first.token
        #expect(try await fixture.s3.send("GET", "/", as: mixed).code == Self.invalid)
        // Also behind one that was right, which is remembered.
        #expect(try await fixture.s3.send("GET", "/", as: first).status == 200)
        #expect(try await fixture.s3.send("GET", "/", as: second).status == 200)
        mixed = first
        mixed.token = foreign.token
        #expect(try await fixture.s3.send("GET", "/", as: mixed).code == Self.invalid)
    }

    @Test("a token has to be signed, comes once, and is no proof by itself")
    func headers() async throws {
        let fixture = try await TokenServiceFixture()
        let session = try await fixture.session()
        let token = try #require(session.token)
        var plain = session
        plain.token = nil
        var signed = try S3Fixture.signed("GET", "/", "", [("host", "localhost")], [], plain)
        func send(_ headers: [(name: String, value: String)]) async throws -> S3Fixture.Response {
            let request = S3Request(
                method: "GET", rawPath: "/", rawQuery: "", headers: RequestHeaders(headers),
                connection: ConnectionFacts(sourceAddress: nil, transport: .transportLayerSecurity(version: "1.3")),
                id: "TEST", body: RequestBodyStream { nil })
            return try await S3Fixture.response(await fixture.s3.service.answer(request))
        }
        signed.append(("x-amz-security-token", token))
        #expect(try await send(signed).status == 403)
        let twice = [(name: "x-amz-security-token", value: token)]
        #expect(try await fixture.s3.send("GET", "/", twice, as: session).status == 400)
        #expect(try await send([("host", "localhost"), ("x-amz-security-token", token)]).code == "AccessDenied")
    }

    @Test("whoever is deleted or loses the key is out at once, remembered or not")
    func revoked() async throws {
        let fixture = try await TokenServiceFixture()
        let allow = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
        let bob = try await fixture.s3.user("bob", policy: allow)
        let session = try await fixture.session(as: bob)
        func answer() async throws -> S3Fixture.Response { try await fixture.s3.send("GET", "/", as: session) }
        #expect(try await answer().status == 200)
        try await fixture.s3.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: false)
        let out = try await answer()
        #expect(out.status == 403 && out.code == "InvalidAccessKeyId")
        try await fixture.s3.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: true)
        #expect(try await answer().status == 200)
        // What the user may do is asked with each request.
        try await fixture.s3.store.setUserPolicy(nil, named: "own", of: "bob")
        #expect(try await answer().code == "AccessDenied")
        try await fixture.s3.store.deleteUser(named: "bob")
        #expect(try await answer().code == "InvalidAccessKeyId")
        _ = try await fixture.s3.user("bob", policy: allow)
        #expect(try await answer().code == "InvalidAccessKeyId")
    }

    @Test("presigned URLs and forms take tokens, and end with them")
    func presigned() async throws {
        let fixture = try await TokenServiceFixture()
        let session = try await fixture.session([("DurationSeconds", "900")])
        let token = try #require(session.token)
        func get(_ token: String, signedWith signedToken: String, at milliseconds: Int64) async throws -> String? {
            let time = SigningTime(wallMilliseconds: S3Fixture.now)
            let scope = CredentialScope(date: time.date, region: S3Fixture.region, service: "s3")
            func query(_ token: String) -> [(name: String, value: String)] {
                [
                    ("X-Amz-Algorithm", SigningKey.algorithm),
                    ("X-Amz-Credential", "\(session.accessKeyID)/\(scope.text)"), ("X-Amz-Date", time.text),
                    ("X-Amz-Expires", "3600"), ("X-Amz-Security-Token", token), ("X-Amz-SignedHeaders", "host"),
                ]
            }
            let key = try SigningKey(secretAccessKey: session.secret.bytes, scope: scope)
            let signable = SignableRequest(
                method: "GET", path: "/", query: query(signedToken), headers: [("host", "localhost")],
                payloadHash: "UNSIGNED-PAYLOAD")
            let all = query(token) + [("X-Amz-Signature", try key.signature(of: signable, at: time))]
            let answer = try await fixture.s3.at(milliseconds).send(
                "GET", "/?" + TokenServiceFixture.form(all), as: nil)
            return answer.status == 200 ? nil : answer.code
        }
        let now = S3Fixture.now
        #expect(try await get(token, signedWith: token, at: now) == nil)
        #expect(try await get(token, signedWith: token, at: now + 899_999) == nil)
        #expect(try await get(token, signedWith: token, at: now + 900_000) == "ExpiredToken")
        #expect(try await get("x", signedWith: token, at: now) == Self.invalid)
        let other = try #require(try await fixture.session().token)
        #expect(try await get(other, signedWith: token, at: now) == Self.invalid)
        #expect(try await get(token, signedWith: other, at: now) == "SignatureDoesNotMatch")
    }
}
