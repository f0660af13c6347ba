import Strongroom
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

@Suite("The key service: who may do what") struct KeyServiceAccessTests {
    private static let bob = "arn:aws:iam::000000000000:user/bob"
    private static let plaintext = JSONValue.string(PaddedBase64.encode(Array("secret".utf8)))

    private static func policy(_ effect: String, _ action: String, _ resource: String = "*") -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"\#(effect)","Action":"\#(action)","Resource":"\#(resource)"}]}"#
    }

    /// The account, and what else is said of bob.
    private static func keyPolicy(_ effect: String, _ action: String) -> JSONValue {
        .string(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"#
                + #""Action":"kms:*","Resource":"*"},{"Effect":"\#(effect)","Principal":{"AWS":"\#(bob)"},"#
                + #""Action":"\#(action)","Resource":"*"}]}"#)
    }

    @Test("a user's own policies decide where the key leaves it to the account")
    func ownPolicies() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let arn = try #require(try await fixture.ask("DescribeKey", ["KeyId": key]).member("KeyMetadata", "Arn")?.text)
        let encryption: [String: JSONValue] = ["KeyId": key, "Plaintext": Self.plaintext]
        let nobody = try await fixture.s3.user("nobody")
        #expect(try await fixture.refusal("Encrypt", encryption, as: nobody) == "AccessDeniedException")
        #expect(try await fixture.refusal("ListKeys", as: nobody) == "AccessDeniedException")
        #expect(try await fixture.refusal("CreateKey", as: nobody) == "AccessDeniedException")
        let some = try await fixture.s3.user("some", policy: Self.policy("Allow", "kms:Encrypt", arn))
        #expect(try await fixture.refusal("Encrypt", encryption, as: some) == nil)
        #expect(try await fixture.refusal("DescribeKey", ["KeyId": key], as: some) == "AccessDeniedException")
        let foreign: [String: JSONValue] = ["KeyId": try await fixture.key(), "Plaintext": Self.plaintext]
        #expect(try await fixture.refusal("Encrypt", foreign, as: some) == "AccessDeniedException")
        let lister = try await fixture.s3.user("lister", policy: Self.policy("Allow", "kms:List*"))
        #expect(try await fixture.refusal("ListKeys", as: lister) == nil)
        #expect(try await fixture.refusal("GenerateRandom", ["NumberOfBytes": .number("1")], as: lister) != nil)
    }

    @Test("a key's policy that names a user is enough, and either policy may deny")
    func keyPolicies() async throws {
        let fixture = try await KeyServiceFixture()
        let bob = try await fixture.s3.user("bob")
        let key = try await fixture.key(["Policy": Self.keyPolicy("Allow", "kms:Encrypt")])
        let encryption: [String: JSONValue] = ["KeyId": key, "Plaintext": Self.plaintext]
        #expect(try await fixture.refusal("Encrypt", encryption, as: bob) == nil)
        #expect(try await fixture.refusal("DescribeKey", ["KeyId": key], as: bob) == "AccessDeniedException")
        _ = try await fixture.s3.store.setUserPolicy(Self.policy("Deny", "kms:Encrypt"), named: "own", of: "bob")
        #expect(try await fixture.refusal("Encrypt", encryption, as: bob) == "AccessDeniedException")
        _ = try await fixture.s3.store.setUserPolicy(Self.policy("Allow", "kms:*"), named: "own", of: "bob")
        #expect(try await fixture.refusal("Encrypt", encryption, as: bob) == nil)
        #expect(try await fixture.refusal("DescribeKey", ["KeyId": key], as: bob) == nil)
        let put = try await fixture.ask(
            "PutKeyPolicy",
            ["KeyId": key, "PolicyName": .string("default"), "Policy": Self.keyPolicy("Deny", "kms:Encrypt")])
        #expect(put.status == 200)
        #expect(try await fixture.refusal("Encrypt", encryption, as: bob) == "AccessDeniedException")
        let found = try await fixture.ask("GetKeyPolicy", ["KeyId": key])
        #expect(found.members["Policy"] == Self.keyPolicy("Deny", "kms:Encrypt"))
        #expect(
            try await fixture.ask("ListKeyPolicies", ["KeyId": key]).members["PolicyNames"]
                == .array([.string("default")]))
        #expect(
            try await fixture.refusal("PutKeyPolicy", ["KeyId": key, "Policy": .string("{")])
                == "MalformedPolicyDocumentException")
    }

    @Test("an administrator is held back by what a policy denies alone")
    func administrators() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        _ = try await fixture.s3.store.setUserPolicy(Self.policy("Deny", "kms:Decrypt"), named: "own", of: "ada")
        let sealed = try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": Self.plaintext])
        #expect(sealed.status == 200)
        let opening = try await fixture.ask(
            "Decrypt", ["CiphertextBlob": try #require(sealed.members["CiphertextBlob"])])
        #expect(opening.type == "AccessDeniedException" && opening.message.contains("identity-based"))
    }

    @Test("grants, by the user they name")
    func grants() async throws {
        let fixture = try await KeyServiceFixture()
        let bob = try await fixture.s3.user("bob")
        let key = try await fixture.key()
        let context = JSONValue.object(["tenant": .string("blue")])
        let wanted: [String: JSONValue] = [
            "KeyId": key, "GranteePrincipal": .string(Self.bob), "RetiringPrincipal": .string(Self.bob),
            "Operations": .array([.string("Encrypt")]), "Name": .string("one"),
            "Constraints": .object(["EncryptionContextSubset": context]),
        ]
        #expect(
            try await fixture.refusal("CreateGrant", wanted.merging(["DryRun": .boolean(true)]) { $1 })
                == "DryRunOperationException")
        let grant = try await fixture.ask("CreateGrant", wanted)
        let token = try #require(grant.members["GrantToken"])
        let encryption: [String: JSONValue] = ["KeyId": key, "Plaintext": Self.plaintext]
        let allowed = encryption.merging(["EncryptionContext": context, "GrantTokens": .array([token])]) { $1 }
        #expect(try await fixture.refusal("Encrypt", allowed, as: bob) == nil)
        #expect(try await fixture.refusal("Encrypt", encryption, as: bob) == "AccessDeniedException")
        let tokens = JSONValue.array([.string("none")])
        #expect(
            try await fixture.refusal("Encrypt", encryption.merging(["GrantTokens": tokens]) { $1 })
                == "InvalidGrantTokenException")
        let listed = try await fixture.ask("ListGrants", ["KeyId": key]).members["Grants"]
        #expect(listed?.count == 1 && listed?[0]?["GrantId"] == grant.members["GrantId"])
        #expect(listed?[0]?["Constraints"]?["EncryptionContextSubset"] == context)
        let none = JSONValue.string(String(repeating: "0", count: 64))
        #expect(try await fixture.ask("ListGrants", ["KeyId": key, "GrantId": none]).members["Grants"]?.count == 0)
        let retirable = try await fixture.ask("ListRetirableGrants", ["RetiringPrincipal": .string(Self.bob)])
        #expect(retirable.members["Grants"]?.count == 1)
        #expect(try await fixture.ask("RetireGrant", ["GrantToken": token], as: bob).status == 200)
        #expect(try await fixture.refusal("Encrypt", allowed, as: bob) == "InvalidGrantTokenException")
        let second = try await fixture.ask("CreateGrant", wanted)
        let id = try #require(second.members["GrantId"])
        #expect(try await fixture.ask("RevokeGrant", ["KeyId": key, "GrantId": id]).status == 200)
        #expect(try await fixture.ask("ListGrants", ["KeyId": key]).members["Grants"]?.count == 0)
    }
}
