import Strongroom
import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

@Suite("Assuming roles") struct AssumeRoleTests {
    private typealias Fixture = TokenServiceFixture

    @Test("gives out credentials that are good for what the role may do, and say whose they are")
    func sessions() async throws {
        let fixture = try await Fixture()
        let bob = try await fixture.s3.user("bob")
        try await fixture.role(
            "reader", trusts: Fixture.statement(principal: Fixture.userARN("bob")),
            policy: Fixture.policy(Fixture.statement("Allow", "s3:Get*")))
        let roleID = try await fixture.s3.store.role(named: "reader").id
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        #expect(try await fixture.s3.send("PUT", "/data/k", body: [1, 2]).status == 200)

        let answer = try await fixture.askToAssume("reader", as: bob)
        #expect(answer.status == 200 && answer.element("PackedPolicySize") == nil)
        #expect(answer.element("Expiration") == TimeText.iso8601(seconds: S3Fixture.now / 1_000 + 3_600))
        #expect(answer.element("AssumedRoleId") == "\(roleID):s1")
        #expect(answer.element("Arn") == Fixture.sessionARN("reader"))
        let session = try Fixture.signer(answer)
        #expect(session.accessKeyID.hasPrefix("ASIA") && session.secret.bytes.count == 40)
        #expect(try await fixture.s3.send("GET", "/data/k", as: session).body == [1, 2])
        #expect(try await fixture.s3.send("PUT", "/data/k", body: [3], as: session).code == "AccessDenied")
        // The user is as before.
        #expect(try await fixture.s3.send("GET", "/data/k", as: bob).code == "AccessDenied")

        let identity = try await fixture.ask("GetCallerIdentity", as: session)
        #expect(identity.element("Arn") == Fixture.sessionARN("reader"))
        #expect(identity.element("UserId") == "\(roleID):s1" && identity.element("Account") == "000000000000")
        let refused = try await fixture.ask("GetSessionToken", as: session)
        #expect(refused.status == 403 && refused.code == "AccessDenied")
    }

    @Test("an administrator's session of a role may do what the role may, and no more")
    func administrators() async throws {
        let fixture = try await Fixture()
        let ada = fixture.s3.administrator
        try await fixture.role("nothing", trusts: Fixture.statement(principal: Fixture.account))
        let session = try await fixture.assume("nothing", as: ada)
        #expect(try await fixture.s3.send("GET", "/", as: ada).status == 200)
        #expect(try await fixture.s3.send("GET", "/", as: session).code == "AccessDenied")
    }

    /// Who may assume, by the trust policy and by the user's own policy.
    @Test("is decided by the trust policy first, and by the user's own where that leaves it to the account")
    func decisions() async throws {
        let fixture = try await Fixture()
        let (bob, root) = (Fixture.userARN("bob"), Fixture.account)
        let allow = Fixture.statement("Allow", "sts:AssumeRole", on: Fixture.roleARN("r*"))
        let deny = Fixture.statement("Deny", "sts:*", on: Fixture.roleARN("r"))
        let other = Fixture.statement("Allow", "sts:AssumeRole", on: Fixture.roleARN("other"))
        let cases: [(trust: [String], own: [String], isAllowed: Bool)] = [
            ([Fixture.statement(principal: bob)], [], true),
            ([Fixture.statement(principal: bob)], [other], true),
            ([Fixture.statement(principal: bob)], [deny], false),
            ([Fixture.statement(principal: root)], [], false),
            ([Fixture.statement(principal: "000000000000")], [other], false),
            ([Fixture.statement(principal: root)], [allow], true),
            ([Fixture.statement(principal: root)], [allow, deny], false),
            ([Fixture.statement(principal: "*")], [], true),
            ([Fixture.statement(principal: bob), Fixture.statement("Deny", principal: root)], [allow], false),
            ([Fixture.statement(principal: root), Fixture.statement("Deny", principal: bob)], [allow], false),
            ([Fixture.statement(principal: Fixture.userARN("eve"))], [allow], false),
            ([Fixture.statement(principal: "111122223333")], [allow], false),
            ([Fixture.statement("Allow", "sts:TagSession", principal: bob)], [allow], false),
            ([Fixture.statement(principal: bob, condition: #""StringEquals":{"sts:RoleSessionName":"s1"}"#)], [], true),
            (
                [Fixture.statement(principal: bob, condition: #""StringEquals":{"sts:RoleSessionName":"s2"}"#)], [],
                false
            ),
            ([Fixture.statement(principal: root, condition: #""StringEquals":{"aws:username":"bob"}"#)], [allow], true),
            (
                [
                    Fixture.statement(
                        principal: root, condition: #""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/b*"}"#)
                ],
                [allow], true
            ),
            ([Fixture.statement(principal: bob, condition: #""Bool":{"aws:SecureTransport":"false"}"#)], [], false),
            ([Fixture.statement(principal: bob, condition: #""IpAddress":{"aws:SourceIp":"127.0.0.1"}"#)], [], true),
        ]
        try await fixture.role("r", trusts: Fixture.statement(principal: bob))
        let signer = try await fixture.s3.user("bob")
        for (trust, own, isAllowed) in cases {
            let document = #"{"Version":"2012-10-17","Statement":["# + trust.joined(separator: ",") + "]}"
            try await fixture.s3.store.setTrustPolicy(document, of: "r")
            let policy = #"{"Version":"2012-10-17","Statement":["# + own.joined(separator: ",") + "]}"
            try await fixture.s3.store.setUserPolicy(own.isEmpty ? nil : policy, named: "own", of: "bob")
            let answer = try await fixture.askToAssume("r", as: signer)
            #expect(answer.code == (isAllowed ? nil : "AccessDenied"), "\(trust) \(own)")
            #expect(answer.status == (isAllowed ? 200 : 403))
        }
        // Administrators need the trust policy, too, and no policy besides.
        let ada = fixture.s3.administrator
        try await fixture.s3.store.setTrustPolicy(Fixture.policy(Fixture.statement(principal: bob)), of: "r")
        #expect(try await fixture.askToAssume("r", as: ada).code == "AccessDenied")
        try await fixture.s3.store.setTrustPolicy(Fixture.policy(Fixture.statement(principal: root)), of: "r")
        #expect(try await fixture.askToAssume("r", as: ada).status == 200)
    }

    @Test("how long they are good: as the role allows, and to the second")
    func durations() async throws {
        let fixture = try await Fixture()
        let ada = fixture.s3.administrator
        let everything = Fixture.policy(Fixture.statement())
        try await fixture.role("short", trusts: Fixture.statement(principal: Fixture.account), policy: everything)
        try await fixture.role("long", trusts: Fixture.statement(principal: Fixture.account), seconds: 43_200)
        for (role, seconds, status) in [
            ("short", "899", 400), ("short", "900", 200), ("short", "3600", 200), ("short", "3601", 400),
            ("long", "43200", 200), ("long", "43201", 400), ("long", "x", 400), ("long", "", 400),
        ] {
            let answer = try await fixture.askToAssume(role, [("DurationSeconds", seconds)], as: ada)
            #expect(answer.status == status && (status == 200 || answer.code == "ValidationError"), "\(seconds)")
        }
        // What a role allows is told to nobody who may not assume it.
        let bob = try await fixture.s3.user("bob")
        #expect(
            try await fixture.askToAssume("short", [("DurationSeconds", "3601")], as: bob).code == "AccessDenied")
        let session = try await fixture.assume("short", [("DurationSeconds", "900")], as: ada)
        let end = S3Fixture.now + 900_000
        #expect(try await fixture.s3.at(end - 1).send("GET", "/", as: session).status == 200)
        #expect(try await fixture.s3.at(end).send("GET", "/", as: session).code == "ExpiredToken")
        #expect(try await fixture.at(end).askToAssume("short", as: session).code == "ExpiredToken")
    }

    @Test("a session of a role that assumes another gets an hour at most")
    func chaining() async throws {
        let fixture = try await Fixture()
        try await fixture.role("first", trusts: Fixture.statement(principal: Fixture.account), seconds: 43_200)
        try await fixture.role(
            "second", trusts: Fixture.statement(principal: Fixture.roleARN("first")),
            policy: Fixture.policy(Fixture.statement()), seconds: 43_200)
        let ada = fixture.s3.administrator
        let user = try await fixture.session(as: ada)
        // Temporary credentials of a user are no link of a chain.
        #expect(try await fixture.askToAssume("first", [("DurationSeconds", "43200")], as: user).status == 200)
        let first = try await fixture.assume("first", as: user)
        let long = try await fixture.askToAssume("second", [("DurationSeconds", "3601")], as: first)
        #expect(long.code == "ValidationError" && long.element("Message")?.contains("role chaining") == true)
        let second = try await fixture.assume("second", [("DurationSeconds", "3600")], as: first, session: "s2")
        let identity = try await fixture.ask("GetCallerIdentity", as: second)
        #expect(identity.element("Arn") == Fixture.sessionARN("second", "s2"))
        #expect(try await fixture.s3.send("GET", "/", as: second).status == 200)
        // The administrator's own rights do not go along.
        #expect(try await fixture.s3.send("GET", "/", as: first).code == "AccessDenied")
        #expect(try await fixture.askToAssume("second", as: ada).code == "AccessDenied")
    }

    @Test("what is missing, malformed or not offered is refused in STS's words")
    func refusals() async throws {
        let fixture = try await Fixture()
        let ada = fixture.s3.administrator
        try await fixture.role("r", trusts: Fixture.statement(principal: Fixture.account))
        let (role, name) = ((name: "RoleArn", value: Fixture.roleARN("r")), (name: "RoleSessionName", value: "s1"))
        func code(_ parameters: [(name: String, value: String)]) async throws -> String? {
            try await fixture.ask("AssumeRole", parameters).code
        }
        #expect(try await code([role, name]) == nil)
        for parameters in [
            [role], [name], [],
            [role, ("RoleSessionName", "x")], [role, ("RoleSessionName", String(repeating: "x", count: 65))],
            [role, ("RoleSessionName", "a b")], [role, ("RoleSessionName", "a/b")], [role, ("RoleSessionName", "aü")],
            [("RoleArn", "r"), name], [("RoleArn", Fixture.userARN("robert")), name],
            [("RoleArn", "arn:aws:iam::000000000000:role/"), name],
            [("RoleArn", "arn:aws:iam::00000000000x:role/r"), name],
            [("RoleArn", Fixture.roleARN("r\n")), name],
            [role, name, ("ExternalId", "x")], [role, name, ("ExternalId", "a b")],
            [role, name, ("ExternalId", String(repeating: "x", count: 1_225))],
            [role, name, ("Policy", "")], [role, name, ("Policy", "{}\u{100}")],
            [role, name, ("Policy", String(repeating: " ", count: 2_049))],
            [role, name, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")],
            [role, name, ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess")],
            [role, name, ("TransitiveTagKeys.member.1", "team")], [role, name, ("SourceIdentity", "bob")],
            [role, name, ("ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/x")],
            [role, name, ("Something", "else")],
        ] {
            #expect(try await code(parameters) == "ValidationError", "\(parameters)")
        }
        let tags = try await fixture.askToAssume("r", [("Tags.member.1.Key", "team")], as: ada)
        #expect(tags.element("Message") == "The parameter Tags is not offered here; leave it out.")
        for policy in [
            "{", "x", #"{"Version":"2012-10-17"}"#, Fixture.policy(Fixture.statement(principal: "*", on: "*")),
        ] {
            #expect(try await code([role, name, ("Policy", policy)]) == "MalformedPolicyDocument", "\(policy)")
        }
        // Roles that are not there, and others' accounts, are not told apart from those that may not be assumed.
        for arn in [Fixture.roleARN("absent"), Fixture.roleARN("path/r"), "arn:aws:iam::111122223333:role/r"] {
            let answer = try await fixture.ask("AssumeRole", [("RoleArn", arn), name])
            #expect(answer.status == 403 && answer.code == "AccessDenied")
            #expect(
                answer.element("Message")
                    == "User: \(Fixture.userARN("ada")) is not authorized to perform: sts:AssumeRole on resource: \(arn)"
            )
        }
        let plain = try await fixture.ask("AssumeRole", [role, name], isSecure: false)
        #expect(plain.code == "ValidationError" && !plain.text.contains("SecretAccessKey"))
    }

    @Test("how much room a session policy takes is told, and too much is refused")
    func packing() async throws {
        let fixture = try await Fixture()
        let ada = fixture.s3.administrator
        try await fixture.role("r", trusts: Fixture.statement(principal: Fixture.account))
        func answer(_ character: Character, _ count: Int) async throws -> S3Fixture.Response {
            let bare = Fixture.policy(Fixture.statement())
            let sid = #"{"Sid":"\#(String(repeating: character, count: count - bare.count - 9))","#
            let policy = bare.replacing("[{", with: "[" + sid)
            #expect(policy.count == count)
            return try await fixture.askToAssume("r", [("Policy", policy)], as: ada)
        }
        #expect(try await answer("a", 1_024).element("PackedPolicySize") == "50")
        let whole = try await answer("a", 2_048)
        #expect(whole.element("PackedPolicySize") == "100")
        let session = try Fixture.signer(whole)
        #expect(try await fixture.ask("GetCallerIdentity", as: session).status == 200)
        #expect(try await answer("a", 2_049).code == "ValidationError")
        let packed = try await answer("ü", 2_048)
        #expect(packed.status == 400 && packed.code == "PackedPolicyTooLarge")
    }
}
