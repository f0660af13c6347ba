import Strongroom
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Keys of the key service, for sessions of roles: decided as when the role asked itself, within the session policy.
@Suite("Keys of sessions of roles") struct RoleKeyUseTests {
    private typealias Fixture = TokenServiceFixture

    private let keys: KeyServiceFixture
    private let tokens: TokenServiceFixture
    private let arn: String

    init() async throws {
        keys = try await KeyServiceFixture()
        var tokens = try await TokenServiceFixture()
        tokens.s3 = keys.s3
        self.tokens = tokens
        arn = try #require(try await keys.ask("CreateKey").member("KeyMetadata", "Arn")?.text)
        #expect(try await keys.s3.send("PUT", "/data").status == 200)
        try await tokens.role(
            "sealer", trusts: Fixture.statement(principal: Fixture.account),
            policy: Fixture.policy(Fixture.statement("Allow", "s3:*")))
    }

    private func session(_ policy: String? = nil) async throws -> S3Fixture.Signer {
        try await tokens.assume("sealer", policy.map { [("Policy", $0)] } ?? [], as: keys.s3.administrator)
    }

    /// Puts an object under the key, and gets it: how both are answered, and how Encrypt is.
    private func use(_ session: S3Fixture.Signer) async throws -> [Int] {
        let headers: S3Fixture.Headers = [(EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, arn)]
        let put = try await keys.s3.send("PUT", "/data/k", headers, body: [1], as: session).status
        if put != 200 { #expect(try await keys.s3.send("PUT", "/data/k", headers, body: [1]).status == 200) }
        let get = try await keys.s3.send("GET", "/data/k", as: session).status
        let members: [String: JSONValue] = ["KeyId": .string(arn), "Plaintext": .string("eA==")]
        return [put, get, try await keys.ask("Encrypt", members, as: session).status]
    }

    private func putKeyPolicy(_ statements: String...) async throws {
        let own = Fixture.statement("Allow", "kms:*", principal: Fixture.userARN("ada"), on: "*")
        let policy = #"{"Version":"2012-10-17","Statement":["# + ([own] + statements).joined(separator: ",") + "]}"
        #expect(try await keys.ask("PutKeyPolicy", ["KeyId": .string(arn), "Policy": .string(policy)]).status == 200)
    }

    private static let (all, none) = ([200, 200, 200], [403, 403, 400])

    @Test("the role's own policies, where the key leaves it to the account")
    func own() async throws {
        let session = try await session()
        #expect(try await use(session) == Self.none)
        let policy = Fixture.policy(Fixture.statement("Allow", "kms:*", on: arn))
        try await keys.s3.store.setRolePolicy(policy, named: "keys", of: "sealer")
        #expect(try await use(session) == Self.all)
        let narrow = try await self.session(Fixture.policy(Fixture.statement("Allow", "s3:*")))
        #expect(try await use(narrow) == Self.none)
        let wide = try await self.session(Fixture.policy(Fixture.statement()))
        #expect(try await use(wide) == Self.all)
        let denied = Fixture.policy(Fixture.statement(), Fixture.statement("Deny", "kms:*", on: arn))
        #expect(try await use(try await self.session(denied)) == Self.none)
    }

    @Test("a key's policy that names the role, the session, or the user who assumed it")
    func keyPolicies() async throws {
        let session = try await session()
        let narrow = try await self.session(Fixture.policy(Fixture.statement("Allow", "s3:*")))
        try await putKeyPolicy(Fixture.statement("Allow", "kms:*", principal: Fixture.roleARN("sealer"), on: "*"))
        #expect(try await use(session) == Self.all)
        #expect(try await use(narrow) == Self.none)
        try await putKeyPolicy(Fixture.statement("Allow", "kms:*", principal: Fixture.sessionARN("sealer"), on: "*"))
        #expect(try await use(session) == Self.all)
        #expect(try await use(narrow) == Self.all)
        try await putKeyPolicy()
        #expect(try await use(session) == Self.none)
        for principal in [Fixture.roleARN("sealer"), Fixture.sessionARN("sealer")] {
            try await putKeyPolicy(
                Fixture.statement("Allow", "kms:*", principal: "*", on: "*"),
                Fixture.statement("Deny", "kms:*", principal: principal, on: "*"))
            #expect(try await use(session) == Self.none)
        }
    }
}
