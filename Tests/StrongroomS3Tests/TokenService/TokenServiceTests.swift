import Strongroom
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

@Suite("The token service") struct TokenServiceTests {
    @Test("says who asks, to everybody who signs, by a form and by a query")
    func identity() async throws {
        let fixture = try await TokenServiceFixture()
        let bob = try await fixture.s3.user("bob")
        let id = try await fixture.s3.store.user(named: "bob").id
        let form = "Action=GetCallerIdentity&Version=2011-06-15"
        for method in ["POST", "GET"] {
            let answer = try await fixture.send(form, as: bob, method: method)
            #expect(answer.status == 200 && answer.headers["content-type"] == "text/xml")
            #expect(answer.element("Arn") == "arn:aws:iam::000000000000:user/bob")
            #expect(answer.element("Account") == "000000000000" && answer.element("UserId") == id)
            #expect(answer.element("RequestId") == "TEST" && answer.headers["x-amzn-requestid"] == "TEST")
            #expect(
                answer.text.contains(
                    #"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">"#))
        }
        // Nothing of it is secret.
        #expect(try await fixture.ask("GetCallerIdentity", isSecure: false).status == 200)
    }

    @Test("gives out credentials that are good for S3 and are the user's own")
    func sessions() async throws {
        let fixture = try await TokenServiceFixture()
        let answer = try await fixture.ask("GetSessionToken")
        #expect(answer.status == 200 && answer.headers["cache-control"]?.contains("no-store") == true)
        #expect(answer.element("Expiration") == TimeText.iso8601(seconds: S3Fixture.now / 1_000 + 43_200))
        let session = try TokenServiceFixture.signer(answer)
        #expect(session.accessKeyID.hasPrefix("ASIA") && session.secret.bytes.count == 40)
        #expect(try await fixture.s3.send("PUT", "/data", as: session).status == 200)
        #expect(try await fixture.s3.send("PUT", "/data/k", body: [1, 2], as: session).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/k", as: session).body == [1, 2])
        let identity = try await fixture.ask("GetCallerIdentity", as: session)
        #expect(identity.element("Arn") == "arn:aws:iam::000000000000:user/ada")
        let stranger = try await fixture.session(as: try await fixture.s3.user("bob"))
        #expect(try await fixture.s3.send("GET", "/data/k", as: stranger).code == "AccessDenied")
        let again = try await fixture.ask("GetSessionToken", as: session)
        #expect(again.status == 403 && again.code == "AccessDenied")
    }

    @Test("how long they are good, and that they end to the second")
    func durations() async throws {
        let fixture = try await TokenServiceFixture()
        for (seconds, status) in [("899", 400), ("900", 200), ("129600", 200), ("129601", 400), ("x", 400), ("", 400)] {
            let answer = try await fixture.ask("GetSessionToken", [("DurationSeconds", seconds)])
            #expect(answer.status == status && (status == 200 || answer.code == "ValidationError"), "\(seconds)")
        }
        let session = try await fixture.session([("DurationSeconds", "900")])
        let end = S3Fixture.now + 900_000
        #expect(try await fixture.s3.at(end - 1).send("GET", "/", as: session).status == 200)
        let late = try await fixture.s3.at(end).send("GET", "/", as: session)
        #expect(late.status == 400 && late.code == "ExpiredToken")
        let asked = try await fixture.at(end).ask("GetCallerIdentity", as: session)
        #expect(asked.status == 403 && asked.code == "ExpiredToken")
    }

    @Test("go over a secure connection alone")
    func plain() async throws {
        let fixture = try await TokenServiceFixture()
        let answer = try await fixture.ask("GetSessionToken", isSecure: false)
        #expect(answer.status == 400 && answer.code == "ValidationError" && !answer.text.contains("SecretAccessKey"))
    }

    @Test("what it does not know, it refuses in STS's words")
    func refusals() async throws {
        let fixture = try await TokenServiceFixture()
        let ada = fixture.s3.administrator
        for name in TokenServiceOperation.notOffered.sorted() {
            let answer = try await fixture.ask(name)
            #expect(answer.status == 400 && answer.code == "UnsupportedOperation", "\(name)")
        }
        #expect(try await fixture.ask("GetSomething").code == "InvalidAction")
        #expect(try await fixture.send("Version=2011-06-15", as: ada).code == "MissingAction")
        #expect(try await fixture.send("Action=GetCallerIdentity&Version=2010-05-08", as: ada).code == "InvalidAction")
        #expect(try await fixture.ask("GetCallerIdentity", [("Policy", "{}")]).code == "ValidationError")
        let twice = [(name: "DurationSeconds", value: "900"), (name: "DurationSeconds", value: "901")]
        #expect(try await fixture.ask("GetSessionToken", twice).code == "ValidationError")
        #expect(try await fixture.send("Action=%zz&Version=2011-06-15", as: ada).code == "MalformedQueryString")
        let unsigned = try await fixture.ask("GetCallerIdentity", as: .some(nil))
        #expect(unsigned.status == 403 && unsigned.code == "MissingAuthenticationToken")
        #expect(unsigned.element("Type") == "Sender" && unsigned.element("RequestId") == "TEST")
        let large = "Action=GetCallerIdentity&Version=2011-06-15&x=" + String(repeating: "a", count: 40_000)
        #expect(try await fixture.send(large, as: ada).status == 400)
    }

    @Test("signatures for another service, of another region, by another, over another form")
    func signatures() async throws {
        let fixture = try await TokenServiceFixture()
        let ada = fixture.s3.administrator
        let form = "Action=GetCallerIdentity&Version=2011-06-15"
        for method in ["POST", "GET"] {
            for service in ["s3", "kms", "iam"] {
                let answer = try await fixture.send(form, as: ada, method: method, service: service)
                #expect(answer.status == 400 && answer.code == "IncompleteSignature")
            }
            let elsewhere = try await fixture.send(form, as: ada, method: method, region: "eu-west-1")
            #expect(elsewhere.code == "IncompleteSignature")
            let altered = try await fixture.send(form, as: ada, method: method) {
                $0.replacing("Identity", with: "Identitx")
            }
            #expect(altered.status == 403 && altered.code == "SignatureDoesNotMatch")
            var other = ada
            other.secret = try await fixture.s3.user("x" + method).secret
            #expect(try await fixture.send(form, as: other, method: method).code == "SignatureDoesNotMatch")
            other.accessKeyID = "AKIAIOSFODNN7EXAMPLE"
            #expect(try await fixture.send(form, as: other, method: method).code == "InvalidClientTokenId")
        }
        // What is signed for this service is none for S3.
        let headers = try S3Fixture.signed("GET", "/", "", [("host", "localhost")], [], ada, service: "sts")
        let request = S3Request(
            method: "GET", rawPath: "/", rawQuery: "", headers: RequestHeaders(headers),
            connection: ConnectionFacts(sourceAddress: nil, transport: .transportLayerSecurity(version: "1.3")),
            id: "TEST", body: RequestBodyStream { nil })
        #expect(await fixture.s3.service.answer(request).status == 400)
    }

    @Test("S3's own requests stay S3's")
    func neighbours() async throws {
        let fixture = try await TokenServiceFixture()
        #expect(try await fixture.s3.send("GET", "/").text.contains("ListAllMyBucketsResult"))
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let form = [(name: "content-type", value: "application/x-www-form-urlencoded")]
        #expect(try await fixture.s3.send("POST", "/data", form, body: [1]).code == "MethodNotAllowed")
        #expect(
            try await fixture.s3.send("GET", "/data?Action=GetCallerIdentity&Version=2011-06-15").text
                .contains("ListBucketResult"))
    }
}
