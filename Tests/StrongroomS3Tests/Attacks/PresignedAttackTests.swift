import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// Attack 30: presigned URLs that are used for longer, for more or for something else than they were made for.
@Suite("Attacks by presigned URLs") struct PresignedAttackTests {
    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for key in ["k", "l"] { #expect(try await fixture.send("PUT", "/data/\(key)", body: [1]).status == 200) }
        return fixture
    }

    @Test("are good for 1 second to 7 days", arguments: ["0", "-1", "604801", "1e3", "", "x", "99999999999999999999"])
    func lifetimes(_ expires: String) async throws {
        let fixture = try await Self.bucket()
        let query = try fixture.presigned("GET", "/data/k", expires: expires)
        let answer = try await fixture.send("GET", "/data/k?\(query)", as: nil)
        #expect(answer.status == 400 && answer.code == "AuthorizationQueryParametersError", "\(answer.text)")
    }

    @Test("are good from their time on until they expire, by the server's clock")
    func clocks() async throws {
        let fixture = try await Self.bucket()
        for (seconds, status) in [
            (0, 200), (-59, 200), (-61, 403), (-604_900, 403), (14 * 60, 200), (16 * 60, 403), (86_400, 403),
        ] {
            let query = try fixture.presigned(
                "GET", "/data/k", atMilliseconds: S3Fixture.now + Int64(seconds) * 1_000)
            let answer = try await fixture.send("GET", "/data/k?\(query)", as: nil)
            #expect(answer.status == status, "\(seconds): \(answer.text)")
        }
    }

    @Test("are good for one host, one object, one method and the parameters that they have")
    func others() async throws {
        let fixture = try await Self.bucket()
        let query = try fixture.presigned("GET", "/data/k")
        #expect(try await fixture.send("GET", "/data/k?\(query)", as: nil).status == 200)
        for (method, target) in [
            ("PUT", "/data/k?\(query)"), ("DELETE", "/data/k?\(query)"), ("HEAD", "/data/k?\(query)"),
            ("GET", "/data/l?\(query)"), ("GET", "/data?\(query)"), ("GET", "/data/k?\(query)&versionId=null"),
            ("GET", "/data/k?\(query)&response-content-type=text%2Fhtml"), ("GET", "/data/k?acl&\(query)"),
            ("GET", "/data/k?\(query)&X-Amz-Expires=604800"), ("GET", "/data/k?\(query)&x-amz-expires=604800"),
        ] {
            let answer = try await fixture.send(method, target, as: nil)
            #expect(answer.status == 403 || answer.status == 400, "\(method) \(target): \(answer.status)")
        }
        let elsewhere = try fixture.presigned("GET", "/data/k", headers: [("host", "s3.elsewhere.test")])
        #expect(try await fixture.send("GET", "/data/k?\(elsewhere)", as: nil).code == "SignatureDoesNotMatch")
        let hostless = try fixture.presigned("GET", "/data/k", headers: [])
        #expect(try await fixture.send("GET", "/data/k?\(hostless)", as: nil).status >= 400)
        #expect(try await fixture.send("GET", "/data/k").body == [1])
    }

    @Test("do not let their bearer add headers that say what is stored")
    func headers() async throws {
        let fixture = try await Self.bucket()
        let query = try fixture.presigned("PUT", "/data/new")
        for headers in [
            CustomerKeyText.headers(), [("x-amz-server-side-encryption", "AES256")], [("x-amz-tagging", "a=1")],
            [("x-amz-copy-source", "data/k")], [("x-amz-meta-a", "b")], [("x-amz-acl", "private")],
            [("x-amz-object-lock-legal-hold", "ON")],
        ] as [S3Fixture.Headers] {
            let answer = try await fixture.send("PUT", "/data/new?\(query)", headers, body: [1], as: nil)
            #expect(answer.status == 403 && answer.code == "AccessDenied", "\(headers): \(answer.text)")
        }
        #expect(try await fixture.send("GET", "/data/new").status == 404)
        #expect(try await fixture.send("PUT", "/data/new?\(query)", body: [7], as: nil).status == 200)
        let signed = try fixture.presigned(
            "PUT", "/data/keyed", headers: [("host", "localhost")] + CustomerKeyText.headers())
        let put = try await fixture.send("PUT", "/data/keyed?\(signed)", CustomerKeyText.headers(), body: [1], as: nil)
        #expect(put.status == 200, "\(put.text)")
    }
}
