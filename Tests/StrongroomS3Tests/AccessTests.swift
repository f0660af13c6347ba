import Strongroom
import Testing

@testable import StrongroomS3Protocol

/// Attacks 26 and 36, beside what is no attack.
@Suite("Who may do what") struct AccessTests {
    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    private static func allow(_ action: String, _ resource: String, principal: String = "", condition: String = "")
        -> String
    {
        #"{"Effect":"Allow",\#(principal)"Action":\#(action),"Resource":"arn:aws:s3:::\#(resource)"\#(condition)}"#
    }

    private static let user = #""Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"},"#

    private func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [1, 2, 3]).status == 200)
        return fixture
    }

    @Test("nobody and strangers are told nothing, and no difference between what is there and what is not")
    func strangers() async throws {
        let fixture = try await bucket()
        let bob = try await fixture.user("bob")
        for signer in [nil, bob] {
            for target in [
                "/data/k", "/data/absent", "/absent/k", "/data/k?versionId=null", "/data", "/absent", "/data?policy",
            ] {
                for method in ["GET", "PUT", "DELETE", "HEAD"] where !target.contains("policy") || method == "GET" {
                    let answer = try await fixture.send(method, target, as: signer)
                    #expect(answer.status == 403, "\(method) \(target)")
                    #expect(method == "HEAD" || answer.code == "AccessDenied")
                }
            }
        }
        #expect(try await fixture.send("GET", "/data/k").body == [1, 2, 3])
    }

    @Test("who may read and not list does not learn what is missing")
    func missing() async throws {
        let fixture = try await bucket()
        let reader = try await fixture.user("bob", policy: Self.policy(Self.allow(#""s3:GetObject""#, "data/*")))
        #expect(try await fixture.send("GET", "/data/k", as: reader).body == [1, 2, 3])
        #expect(try await fixture.send("GET", "/data/absent", as: reader).code == "AccessDenied")
        #expect(try await fixture.send("HEAD", "/data/absent", as: reader).status == 403)
        #expect(try await fixture.send("GET", "/data/k?tagging", as: reader).code == "AccessDenied")
        let lister = try await fixture.user(
            "carol",
            policy: Self.policy(Self.allow(#""s3:GetObject""#, "data/*"), Self.allow(#""s3:ListBucket""#, "data")))
        #expect(try await fixture.send("GET", "/data/absent", as: lister).code == "NoSuchKey")
    }

    @Test("a bucket's policy lets in whom it names, and nobody for naming the account")
    func bucketPolicies() async throws {
        let fixture = try await bucket()
        let bob = try await fixture.user("bob")
        func put(_ policy: String) async throws -> Int {
            try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8)).status
        }
        let account = #""Principal":{"AWS":"000000000000"},"#
        #expect(try await put(Self.policy(Self.allow(#""s3:*""#, "data/*", principal: account))) == 204)
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 403)
        #expect(try await put(Self.policy(Self.allow(#""s3:GetObject""#, "data/k", principal: Self.user))) == 204)
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 200)
        #expect(try await fixture.send("GET", "/data/l", as: bob).status == 403)
        #expect(try await fixture.send("PUT", "/data/k", body: [1], as: bob).status == 403)
        #expect(try await fixture.send("DELETE", "/data?policy").status == 204)
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 403)
    }

    @Test("what a policy denies is denied to the administrator, too")
    func denials() async throws {
        let fixture = try await bucket()
        let deny =
            #"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"],"#
            + #""Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#
        #expect(try await fixture.send("PUT", "/data?policy", body: Array(Self.policy(deny).utf8)).status == 204)
        let refused = try await fixture.send("GET", "/data/k", isSecure: false)
        #expect(refused.status == 403)
        #expect(refused.text.contains("with an explicit deny in a resource-based policy"))
        #expect(try await fixture.send("GET", "/data/k").status == 200)
    }

    @Test("a policy that asks for encryption is asked before headers are")
    func encryptionConditions() async throws {
        let fixture = try await bucket()
        let deny =
            #"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/*","#
            + #""Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}"#
        #expect(try await fixture.send("PUT", "/data?policy", body: Array(Self.policy(deny).utf8)).status == 204)
        #expect(try await fixture.send("PUT", "/data/a", body: [1]).status == 403)
        let name = "x-amz-server-side-encryption"
        #expect(try await fixture.send("PUT", "/data/a", [(name, "AES256")], body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/data/a", [(name, "aes:kms")], body: [1]).code == "AccessDenied")
    }

    @Test("public policies are refused, and have no effect, while they are blocked")
    func publicAccess() async throws {
        let fixture = try await bucket()
        let everybody = Self.policy(Self.allow(#""s3:GetObject""#, "data/*", principal: #""Principal":"*","#))
        func put() async throws -> Int {
            try await fixture.send("PUT", "/data?policy", body: Array(everybody.utf8)).status
        }
        func block(_ policy: Bool, _ restrict: Bool) async throws {
            let text =
                "<PublicAccessBlockConfiguration><BlockPublicPolicy>\(policy)</BlockPublicPolicy>"
                + "<RestrictPublicBuckets>\(restrict)</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            let md5 = PaddedMD5.header(Array(text.utf8))
            let answer = try await fixture.send("PUT", "/data?publicAccessBlock", [md5], body: Array(text.utf8))
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(try await put() == 403)
        try await block(false, true)
        #expect(try await put() == 204)
        #expect(try await fixture.send("GET", "/data/k", as: nil).status == 403)
        try await block(false, false)
        #expect(try await fixture.send("GET", "/data/k", as: nil).body == [1, 2, 3])
        #expect(try await fixture.send("PUT", "/data/k", body: [4], as: nil).status == 403)
        #expect(try await fixture.send("GET", "/data?policyStatus").element("IsPublic") == "true")
        try await block(true, true)
        #expect(try await fixture.send("GET", "/data/k", as: nil).status == 403)
    }

    @Test("keys that are deactivated or deleted open nothing any more, at once")
    func keys() async throws {
        let fixture = try await bucket()
        let bob = try await fixture.user("bob", policy: Self.policy(Self.allow(#""s3:*""#, "*")))
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 200)
        _ = try await fixture.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: false)
        #expect(try await fixture.send("GET", "/data/k", as: bob).code == "InvalidAccessKeyId")
        _ = try await fixture.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: true)
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 200)
        _ = try await fixture.store.setUserPolicy(nil, named: "own", of: "bob")
        #expect(try await fixture.send("GET", "/data/k", as: bob).code == "AccessDenied")
        _ = try await fixture.store.deleteUser(named: "bob")
        #expect(try await fixture.send("GET", "/data/k", as: bob).code == "InvalidAccessKeyId")
    }

    @Test("a batch delete is decided on key by key")
    func batches() async throws {
        let fixture = try await bucket()
        let bob = try await fixture.user("bob", policy: Self.policy(Self.allow(#""s3:DeleteObject""#, "data/mine/*")))
        #expect(try await fixture.send("PUT", "/data/mine/a", body: [1]).status == 200)
        let list = Array("<Delete><Object><Key>mine/a</Key></Object><Object><Key>k</Key></Object></Delete>".utf8)
        let answer = try await fixture.send("POST", "/data?delete", [PaddedMD5.header(list)], body: list, as: bob)
        #expect(answer.status == 200 && answer.text.contains("<Deleted><Key>mine/a</Key></Deleted>"))
        #expect(answer.text.contains("<Error><Key>k</Key><Code>AccessDenied</Code>"))
        #expect(try await fixture.send("GET", "/data/k").status == 200)
    }

    @Test("a copy needs to read its source, whoever's bucket it goes to")
    func copies() async throws {
        let fixture = try await bucket()
        #expect(try await fixture.send("PUT", "/other").status == 200)
        let bob = try await fixture.user("bob", policy: Self.policy(Self.allow(#""s3:*""#, "other/*")))
        let source = [(name: "x-amz-copy-source", value: "data/k")]
        #expect(try await fixture.send("PUT", "/other/k", source, as: bob).code == "AccessDenied")
        let name = "/data?policy"
        let allowed = Self.policy(Self.allow(#""s3:GetObject""#, "data/*", principal: Self.user))
        #expect(try await fixture.send("PUT", name, body: Array(allowed.utf8)).status == 204)
        #expect(try await fixture.send("PUT", "/other/k", source, as: bob).status == 200)
    }

    @Test("a policy that is no policy of this bucket is refused")
    func malformed() async throws {
        let fixture = try await bucket()
        for text in [
            "", "[]", "{}", #"{"Version":"2012-10-17"}"#,
            Self.policy(Self.allow(#""s3:GetObject""#, "other/*", principal: Self.user)),
            Self.policy(Self.allow(#""kms:Decrypt""#, "data/*", principal: Self.user)),
            Self.policy(Self.allow(#""s3:GetObject""#, "data*", principal: Self.user)),
            Self.policy(Self.allow(#""s3:GetObject""#, "data/*")),
        ] {
            let answer = try await fixture.send("PUT", "/data?policy", body: Array(text.utf8))
            #expect(answer.status == 400 && answer.code == "MalformedPolicy", "\(text)")
        }
    }
}
