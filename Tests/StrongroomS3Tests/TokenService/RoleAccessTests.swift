import Strongroom
import StrongroomPolicy
import Testing

@testable import StrongroomS3Protocol

/// What sessions of roles may do with buckets and objects.
@Suite("Access of sessions of roles") struct RoleAccessTests {
    private typealias Fixture = TokenServiceFixture

    /// A session of a role that `ada` assumed, on a store with an object.
    private struct Made {
        var fixture: TokenServiceFixture
        var session: S3Fixture.Signer

        init(policy: String? = nil, session sessionPolicy: String? = nil) async throws {
            fixture = try await TokenServiceFixture()
            try await fixture.role(
                "reader", trusts: TokenServiceFixture.statement(principal: TokenServiceFixture.account), policy: policy)
            #expect(try await fixture.s3.send("PUT", "/data").status == 200)
            #expect(try await fixture.s3.send("PUT", "/data/k", body: [1, 2]).status == 200)
            session = try await fixture.assume(
                "reader", sessionPolicy.map { [("Policy", $0)] } ?? [], as: fixture.s3.administrator)
        }

        func put(_ statement: String) async throws {
            let policy = Array(TokenServiceFixture.policy(statement).utf8)
            #expect(try await fixture.s3.send("PUT", "/data?policy", body: policy).status == 204)
        }

        func get() async throws -> Int { try await fixture.s3.send("GET", "/data/k", as: session).status }
    }

    @Test("bucket policies know a session by its role, by its own name and by the account")
    func bucketPolicies() async throws {
        let made = try await Made()
        let objects = "arn:aws:s3:::data/*"
        for (principal, status) in [
            (Fixture.roleARN("reader"), 200), (Fixture.sessionARN("reader"), 200),
            (Fixture.roleARN("writer"), 403), (Fixture.sessionARN("reader", "s2"), 403), (Fixture.account, 403),
            // The user who assumed the role is somebody else.
            (Fixture.userARN("ada"), 403), (Fixture.userARN("reader"), 403),
        ] {
            try await made.put(Fixture.statement("Allow", "s3:GetObject", principal: principal, on: objects))
            #expect(try await made.get() == status, "\(principal)")
        }
        let own = Fixture.policy(Fixture.statement("Allow", "s3:GetObject"))
        try await made.fixture.s3.store.setRolePolicy(own, named: "own", of: "reader")
        for (principal, status) in [
            (Fixture.roleARN("reader"), 403), (Fixture.sessionARN("reader"), 403), (Fixture.account, 403),
            (Fixture.sessionARN("reader", "s2"), 200), (Fixture.userARN("ada"), 200),
        ] {
            try await made.put(Fixture.statement("Deny", "s3:GetObject", principal: principal, on: objects))
            #expect(try await made.get() == status, "\(principal)")
        }
    }

    @Test("what conditions may ask about a session")
    func conditions() async throws {
        let made = try await Made()
        let id = try await made.fixture.s3.store.role(named: "reader").id
        let issued = TimeText.iso8601(seconds: S3Fixture.now / 1_000)
        for (condition, status) in [
            (#""ArnEquals":{"aws:PrincipalArn":"\#(Fixture.roleARN("reader"))"}"#, 200),
            (#""ArnEquals":{"aws:PrincipalArn":"\#(Fixture.sessionARN("reader"))"}"#, 403),
            (#""StringEquals":{"aws:userid":"\#(id):s1"}"#, 200), (#""StringLike":{"aws:userid":"\#(id):*"}"#, 200),
            (#""StringEquals":{"aws:userid":"\#(id)"}"#, 403), (#""Null":{"aws:username":"true"}"#, 200),
            (#""StringLike":{"aws:username":"*"}"#, 403), (#""StringEquals":{"aws:PrincipalType":"AssumedRole"}"#, 200),
            (#""StringEquals":{"aws:PrincipalAccount":"000000000000"}"#, 200),
            (#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#, 200),
            (#""Null":{"aws:MultiFactorAuthAge":"true"}"#, 200),
            (#""DateEquals":{"aws:TokenIssueTime":"\#(issued)"}"#, 200),
        ] {
            let own = Fixture.policy(Fixture.statement("Allow", "s3:GetObject", condition: condition))
            try await made.fixture.s3.store.setRolePolicy(own, named: "own", of: "reader")
            #expect(try await made.get() == status, "\(condition)")
        }
    }

    @Test("a session policy takes away and never gives")
    func sessionPolicies() async throws {
        let get = Fixture.statement("Allow", "s3:GetObject")
        let made = try await Made(policy: Fixture.policy(get), session: Fixture.policy(Fixture.statement()))
        #expect(try await made.get() == 200)
        let put = try await made.fixture.s3.send("PUT", "/data/k", body: [3], as: made.session)
        #expect(put.code == "AccessDenied")
        let held = try await Made(
            policy: Fixture.policy(Fixture.statement()), session: Fixture.policy(Fixture.statement("Allow", "s3:List*"))
        )
        let refused = try await held.fixture.s3.send("GET", "/data/k", as: held.session)
        #expect(refused.status == 403 && refused.text.contains("no session policy allows the s3:GetObject action"))
        #expect(try await held.fixture.s3.send("GET", "/data", as: held.session).status == 200)
        let denied = try await Made(
            policy: Fixture.policy(get),
            session: Fixture.policy(Fixture.statement(), Fixture.statement("Deny", "s3:Get*")))
        let answer = try await denied.fixture.s3.send("GET", "/data/k", as: denied.session)
        #expect(answer.status == 403 && answer.text.contains("with an explicit deny in a session policy"))
    }

    /// AWS's evaluation for a role's session within one account, over sets of actions: what is denied anywhere is
    /// denied; what the role may, by its own policies or by the bucket's for it or for everybody, is cut by the session
    /// policy; what the bucket's policy allows to the session by name is not.
    @Test("are the role's, cut by the session policy, and what the session is given by name", arguments: UInt64(1)...60)
    func algebra(_ seed: UInt64) throws {
        var random = SeededNumbers(state: seed)
        let actions = (0..<8).map { "s3:A\($0)" }
        func some() -> Set<String> { Set(actions.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }) }
        func statements(_ effect: String, _ actions: Set<String>, _ principal: String? = nil) -> [String] {
            actions.sorted().map { action in
                principal.map { Fixture.statement(effect, action, principal: $0, on: "*") }
                    ?? Fixture.statement(effect, action)
            }
        }
        func document(_ statements: [String], _ attachment: PolicyDocument.Attachment) throws -> PolicyDocument? {
            guard !statements.isEmpty else { return nil }
            let text = #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
            return try PolicyDocument(parsing: Array(text.utf8), attachment: attachment)
        }
        let (own, ownDenied, limit) = (some(), some().intersection(some()), Bool.random(using: &random) ? some() : nil)
        let principals = [
            Fixture.roleARN("r"), Fixture.sessionARN("r"), "*", Fixture.account, Fixture.userARN("ada"),
        ]
        let given = Dictionary(uniqueKeysWithValues: principals.map { ($0, some()) })
        let denier = principals.randomElement(using: &random)!
        let bucketDenied = some().intersection(some())

        // A session policy that allows nothing is one, too: it denies what nobody asks.
        let limiting = limit.map { statements("Allow", $0) + [Fixture.statement("Deny", "s3:Never")] }
        let user = AuthenticatedUser(
            origin: .init(name: "ada", id: "AIDA", accessKeyID: "AKIA"), arn: Fixture.sessionARN("r"), id: "AROA:s1",
            account: "000000000000", canonicalAccount: "0", isAdministrator: false, policyTexts: [],
            policies: [try document(statements("Allow", own) + statements("Deny", ownDenied), .identity)].compactMap(
                \.self),
            roleSession: .init(
                roleARN: Fixture.roleARN("r"), policyText: nil,
                policy: try limiting.flatMap { try document($0, .identity) }))
        let bucket = given.flatMap { statements("Allow", $1, $0) } + statements("Deny", bucketDenied, denier)
        let authorizer = Authorizer(
            identity: .user(user),
            access: BucketAccess(policy: try document(bucket, .resource), publicAccessBlock: .none),
            facts: ConditionFacts { [:] })

        let denied = ownDenied.union(denier == Fixture.userARN("ada") ? Set<String>() : bucketDenied)
        let role = own.union(given[Fixture.roleARN("r")]!).union(given["*"]!)
        let session = given[Fixture.sessionARN("r")]!
        let expected = (limit.map(role.intersection) ?? role).union(session).subtracting(denied)
        let found = actions.filter {
            authorizer.decision(Permission(action: $0, resource: "arn:aws:s3:::data")) == .allowed
        }
        #expect(Set(found) == expected)
    }
}

/// The same numbers for the same seed.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
