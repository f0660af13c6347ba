import Strongroom
import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// Somebody has credentials and wants to be a role that is not for them, or longer than they may.
@Suite("Attacks on roles of requests") struct RoleSessionAttackTests {
    private typealias Fixture = TokenServiceFixture

    private static let everything = Fixture.policy(Fixture.statement())

    private static func fixture(
        condition: String = "", principal: String = Fixture.account
    ) async throws -> TokenServiceFixture {
        let fixture = try await TokenServiceFixture()
        try await fixture.role(
            "r", trusts: Fixture.statement(principal: principal, condition: condition), policy: everything)
        return fixture
    }

    @Test("sessions of a role that is deleted are none at once, remembered or not, whoever has the name then")
    func deleted() async throws {
        let fixture = try await Self.fixture()
        let session = try await fixture.assume("r", as: fixture.s3.administrator)
        func code() async throws -> String? { try await fixture.s3.send("GET", "/", as: session).code }
        #expect(try await code() == nil)
        try await fixture.s3.store.deleteRole(named: "r")
        #expect(try await code() == "InvalidAccessKeyId")
        #expect(try await fixture.ask("GetCallerIdentity", as: session).code == "InvalidClientTokenId")
        try await fixture.role("r", trusts: Fixture.statement(principal: "*"), policy: Self.everything)
        #expect(try await code() == "InvalidAccessKeyId")
        #expect(try await fixture.askToAssume("r", as: session).code == "InvalidClientTokenId")
    }

    @Test("what a role may do is asked with each request")
    func changed() async throws {
        let fixture = try await Self.fixture()
        let session = try await fixture.assume("r", as: fixture.s3.administrator)
        #expect(try await fixture.s3.send("GET", "/", as: session).status == 200)
        try await fixture.s3.store.setRolePolicy(nil, named: "own", of: "r")
        #expect(try await fixture.s3.send("GET", "/", as: session).code == "AccessDenied")
    }

    @Test("a whole chain of sessions ends with the access key that it began with")
    func revoked() async throws {
        let fixture = try await TokenServiceFixture()
        let bob = try await fixture.s3.user("bob")
        let bobs = Fixture.statement(principal: Fixture.userARN("bob"))
        try await fixture.role(
            "a", trusts: bobs, Fixture.statement(principal: Fixture.roleARN("b")), policy: Self.everything)
        try await fixture.role("b", trusts: Fixture.statement(principal: Fixture.roleARN("a")), policy: Self.everything)
        var sessions = [try await fixture.assume("a", as: try await fixture.session(as: bob))]
        for index in 1..<6 {
            sessions.append(try await fixture.assume(index % 2 == 1 ? "b" : "a", as: sessions[index - 1]))
        }
        func statuses() async throws -> Set<Int> {
            var found: Set<Int> = []
            for session in sessions { found.insert(try await fixture.s3.send("GET", "/", as: session).status) }
            return found
        }
        #expect(try await statuses() == [200])
        try await fixture.s3.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: false)
        #expect(try await statuses() == [403])
        #expect(try await fixture.askToAssume("a", as: sessions[5]).code == "InvalidClientTokenId")
        try await fixture.s3.store.setAccessKey(bob.accessKeyID, of: "bob", isActive: true)
        #expect(try await statuses() == [200])
        try await fixture.s3.store.deleteUser(named: "bob")
        _ = try await fixture.s3.user("bob")
        #expect(try await statuses() == [403])
    }

    @Test("a token of which a byte was changed is none, so that no session policy is cut off")
    func altered() async throws {
        let fixture = try await Self.fixture()
        let policy = Fixture.policy(Fixture.statement("Allow", "s3:GetObject"))
        let session = try await fixture.assume("r", [("Policy", policy)], as: fixture.s3.administrator)
        let bare = try await fixture.assume("r", as: fixture.s3.administrator)
        let bytes = try #require(session.token.flatMap(PaddedBase64.decode))
        var forged = session
        for index in bytes.indices {
            var copy = bytes
            copy[index] ^= 1 << UInt8(index & 7)
            forged.token = PaddedBase64.encode(copy)
            #expect(try await fixture.s3.send("GET", "/", as: forged).code == "InvalidToken")
        }
        // The token of a session without a policy does not go with another's secret and id.
        forged.token = bare.token
        #expect(try await fixture.s3.send("GET", "/", as: forged).code == "InvalidToken")
        forged.accessKeyID = bare.accessKeyID
        #expect(try await fixture.s3.send("GET", "/", as: forged).code == "SignatureDoesNotMatch")
        #expect(try await fixture.s3.send("GET", "/", as: session).code == "AccessDenied")
        #expect(try await fixture.s3.send("GET", "/", as: bare).status == 200)
    }

    /// The deputy has one role to assume for each customer. Whoever is no customer, and names another's role, does not
    /// know the id that the deputy uses for that one.
    @Test("a deputy who is told another's role does not act for them: the external id is another")
    func confusedDeputy() async throws {
        let fixture = try await TokenServiceFixture()
        let deputy = try await fixture.s3.user("deputy")
        for customer in ["red", "blue"] {
            try await fixture.role(
                customer,
                trusts: Fixture.statement(
                    principal: Fixture.userARN("deputy"),
                    condition: #""StringEquals":{"sts:ExternalId":"id-\#(customer)"}"#))
        }
        func code(_ role: String, _ externalID: String?) async throws -> String? {
            let parameters = externalID.map { [(name: "ExternalId", value: $0)] } ?? []
            return try await fixture.askToAssume(role, parameters, as: deputy).code
        }
        for customer in ["red", "blue"] { #expect(try await code(customer, "id-\(customer)") == nil) }
        for wrong in ["id-blue", "ID-RED", "id-red2", "id-re", nil] {
            #expect(try await code("red", wrong) == "AccessDenied", "\(wrong ?? "none")")
        }
        // It is asked for nowhere else: a session does not have it.
        let session = try await fixture.assume("red", [("ExternalId", "id-red")], as: deputy)
        let own = Fixture.policy(
            Fixture.statement("Allow", "s3:*", condition: #""StringEquals":{"sts:ExternalId":"id-red"}"#))
        try await fixture.s3.store.setRolePolicy(own, named: "own", of: "red")
        #expect(try await fixture.s3.send("GET", "/", as: session).code == "AccessDenied")
    }

    @Test("a session policy does not widen who may be assumed, nor does another role's")
    func widening() async throws {
        let fixture = try await TokenServiceFixture()
        let root = Fixture.statement(principal: Fixture.account)
        try await fixture.role("weak", trusts: root, policy: Fixture.policy(Fixture.statement("Allow", "s3:GetObject")))
        try await fixture.role("strong", trusts: root, policy: Self.everything)
        try await fixture.role(
            "named", trusts: Fixture.statement(principal: Fixture.roleARN("weak")), policy: Self.everything)
        try await fixture.role(
            "exact", trusts: Fixture.statement(principal: Fixture.sessionARN("weak")), policy: Self.everything)
        let ada = fixture.s3.administrator
        let wide = try await fixture.assume("weak", [("Policy", Self.everything)], as: ada)
        #expect(try await fixture.askToAssume("strong", as: wide).code == "AccessDenied")
        #expect(try await fixture.s3.send("GET", "/", as: wide).code == "AccessDenied")
        #expect(try await fixture.askToAssume("named", as: wide).status == 200)
        // One that does not allow assuming roles leaves only what names the session.
        let narrow = Fixture.policy(Fixture.statement("Allow", "s3:*"))
        let held = try await fixture.assume("weak", [("Policy", narrow)], as: ada)
        #expect(try await fixture.askToAssume("named", as: held).code == "AccessDenied")
        #expect(try await fixture.askToAssume("exact", as: held).status == 200)
        let denied = Fixture.policy(Fixture.statement(), Fixture.statement("Deny", "sts:AssumeRole"))
        let locked = try await fixture.assume("weak", [("Policy", denied)], as: ada)
        #expect(try await fixture.askToAssume("exact", as: locked).code == "AccessDenied")
        // A role cannot assume itself unless it is said so.
        let strong = try await fixture.assume("strong", as: ada)
        #expect(try await fixture.askToAssume("strong", as: strong).status == 200)
        let bobOnly = Fixture.policy(Fixture.statement(principal: Fixture.userARN("ada")))
        try await fixture.s3.store.setTrustPolicy(bobOnly, of: "strong")
        #expect(try await fixture.askToAssume("strong", as: strong).code == "AccessDenied")
    }

    @Test("a role that asks for a second factor, and codes that count once")
    func secondFactors() async throws {
        let fixture = try await Self.fixture(
            condition: #""NumericLessThan":{"aws:MultiFactorAuthAge":"60"}"#, principal: Fixture.userARN("bob"))
        let (bob, secret) = try await fixture.guarded("bob")
        let (_, evesSecret) = try await fixture.guarded("eve")
        #expect(try await fixture.askToAssume("r", as: bob).code == "AccessDenied")
        let factor = try fixture.factor("bob", secret)
        #expect(try await fixture.askToAssume("r", [factor[0]], as: bob).code == "AccessDenied")
        #expect(
            try await fixture.askToAssume("r", try fixture.factor("eve", evesSecret), as: bob).code == "AccessDenied")
        let session = try await fixture.assume("r", factor, as: bob)
        let again = try await fixture.askToAssume("r", factor, as: bob)
        #expect(again.code == "AccessDenied" && again.element("Message")?.contains("one time pass code") == true)
        #expect(try await fixture.ask("GetSessionToken", factor, as: bob).code == "AccessDenied")
        // What is malformed uses no code up.
        let next = fixture.at(S3Fixture.now + 30_000)
        let fresh = try next.factor("bob", secret)
        #expect(try await next.askToAssume("r", fresh + [("Policy", "{")], as: bob).code == "MalformedPolicyDocument")
        let user = try await next.session(fresh, as: bob)
        // The code of the user's own session is enough for the role, while it is young, and is none of the role's.
        let viaUser = try await next.assume("r", as: user)
        #expect(try await fixture.at(S3Fixture.now + 90_000).askToAssume("r", as: user).code == "AccessDenied")
        let own = Fixture.policy(
            Fixture.statement("Allow", "*", condition: #""Bool":{"aws:MultiFactorAuthPresent":"true"}"#))
        try await fixture.s3.store.setRolePolicy(own, named: "own", of: "r")
        #expect(try await fixture.s3.send("GET", "/", as: session).status == 200)
        #expect(try await fixture.s3.send("GET", "/", as: viaUser).code == "AccessDenied")
        // A role has none.
        try await fixture.s3.store.setTrustPolicy(Fixture.policy(Fixture.statement(principal: "*")), of: "r")
        let later = fixture.at(S3Fixture.now + 60_000)
        let roles = try await later.askToAssume("r", try later.factor("bob", secret), as: session)
        #expect(roles.code == "AccessDenied" && roles.element("Message")?.contains("MultiFactor") == true)
    }

    @Test("whoever guesses codes here is made to wait as elsewhere")
    func guesses() async throws {
        let fixture = try await Self.fixture()
        let (bob, secret) = try await fixture.guarded("bob")
        let right = try fixture.factor("bob", secret)
        let near = try [-1, 0, 1].map { step in
            try fixture.factor("bob", secret, at: S3Fixture.now + step * 30_000)[1].value
        }
        let wrong = try #require(["000000", "000001", "000002", "000003"].first { !near.contains($0) })
        for operation in 0..<3 {
            let parameters = [right[0], (name: "TokenCode", value: wrong)]
            let answer =
                operation == 1
                ? try await fixture.ask("GetSessionToken", parameters, as: bob)
                : try await fixture.askToAssume("r", parameters, as: bob)
            #expect(answer.code == "AccessDenied")
        }
        let paused = try await fixture.at(S3Fixture.now, nanoseconds: 1).askToAssume("r", right, as: bob)
        #expect(paused.element("Message")?.contains("too many wrong codes") == true)
    }
}
