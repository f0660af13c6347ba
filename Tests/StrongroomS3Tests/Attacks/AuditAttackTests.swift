import Foundation
import Strongroom
import StrongroomAudit
import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomS3Protocol

/// Attack 35: the audit trail of keys that are used over HTTP.
@Suite("Attacks on the audit trail over HTTP") struct AuditAttackTests {
    /// The trail's records as they are in its files, which nobody closes for it.
    private static func records(_ fixture: KeyServiceFixture) throws -> [[UInt8]] {
        let folder = fixture.s3.folder.path.appending("store.keyring").appending("kms")
        let files = AuditFiles(folder: folder.appending("audit"), anchorFolder: folder)
        var records: [[UInt8]] = []
        try AuditLogReader(files, fileSystem: PosixFileSystem()).records { (_, bytes) throws(AuditError) in
            records.append(bytes)
            return true
        }
        return records
    }

    private static func members(_ record: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(record)) as? [String: Any])
    }

    /// The power may fail as soon as an answer is out: what it says has to be on record by then.
    @Test("when an answer is out, its record is in the files")
    func durability() async throws {
        let fixture = try await KeyServiceFixture(keepsTrail: true)
        let key = try await fixture.key()
        let plaintext = JSONValue.string(PaddedBase64.encode(Array("x".utf8)))
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let bob = try await fixture.s3.user("bob")
        var count = try Self.records(fixture).count
        func expectNext(_ name: String, _ errorCode: String? = nil) throws {
            let records = try Self.records(fixture)
            let found = try Self.members(try #require(records.last))
            #expect(records.count > count && found["eventName"] as? String == name, "\(found)")
            #expect(found["errorCode"] as? String == errorCode, "\(found)")
            count = records.count
        }
        let sealed = try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": plaintext])
        try expectNext("Encrypt")
        let blob = try #require(sealed.members["CiphertextBlob"])
        #expect(try await fixture.ask("Decrypt", ["CiphertextBlob": blob]).status == 200)
        try expectNext("Decrypt")
        #expect(try await fixture.ask("Decrypt", ["CiphertextBlob": blob], as: bob).status == 400)
        try expectNext("Decrypt", "AccessDenied")
        #expect(try await fixture.ask("DescribeKey", ["KeyId": .string("alias/absent")]).status == 400)
        try expectNext("DescribeKey", "NotFoundException")
        let headers: S3Fixture.Headers = [
            (EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, key.text ?? ""),
        ]
        #expect(try await fixture.s3.send("PUT", "/data/k", headers, body: [1]).status == 200)
        try expectNext("GenerateDataKey")
        #expect(try await fixture.s3.send("GET", "/data/k").status == 200)
        try expectNext("Decrypt")
        #expect(try await fixture.ask("DisableKey", ["KeyId": key]).status == 200)
        try expectNext("DisableKey")
        #expect(try await fixture.s3.send("GET", "/data/k").status == 400)
        try expectNext("Decrypt", "DisabledException")
        try await fixture.s3.store.close()
    }

    @Test("a record names the session of a role, and not the user who assumed it")
    func sessions() async throws {
        var fixture = try await KeyServiceFixture(keepsTrail: true)
        let key = try await fixture.key()
        var tokens = try await TokenServiceFixture()
        tokens.s3 = fixture.s3
        let own = TokenServiceFixture.policy(TokenServiceFixture.statement())
        try await tokens.role(
            "sealer", trusts: TokenServiceFixture.statement(principal: TokenServiceFixture.account), policy: own)
        let session = try await tokens.assume("sealer", as: fixture.s3.administrator)
        fixture.s3 = tokens.s3
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let headers: S3Fixture.Headers = [
            (EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, key.text ?? ""),
        ]
        let requests: [() async throws -> Int] = [
            { try await fixture.ask("DescribeKey", ["KeyId": key], as: session).status },
            { try await fixture.s3.send("PUT", "/data/k", headers, body: [1], as: session).status },
            { try await fixture.s3.send("GET", "/data/k", as: session).status },
        ]
        for request in requests {
            #expect(try await request() == 200)
            let found = try Self.members(try #require(try Self.records(fixture).last))
            let identity = found["userIdentity"] as? [String: Any]
            #expect(identity?["type"] as? String == "AssumedRole", "\(found)")
            #expect(identity?["arn"] as? String == TokenServiceFixture.sessionARN("sealer"))
            #expect(identity?["accountId"] as? String == "000000000000")
        }
        try await fixture.s3.store.close()
    }

    @Test("a record is one line, whatever stands in its names", arguments: LogAttackTests.breaks)
    func lines(_ text: String) async throws {
        let fixture = try await KeyServiceFixture(keepsTrail: true)
        let key = try await fixture.key()
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let before = try Self.records(fixture).count
        let forged = "k\(text){\"eventName\":\"Forged\"}"
        let headers: S3Fixture.Headers = [
            (EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, key.text ?? ""),
            (
                EncryptionHeaders.context,
                PaddedBase64.encode(JSONValue.object([forged: .string(forged)]).encoded())
            ),
        ]
        let target = "/data/" + LogAttackTests.escaped(forged)
        #expect(try await fixture.s3.send("PUT", target, headers, body: [1]).status == 200)
        #expect(try await fixture.s3.send("GET", target, [("user-agent", forged)]).body == [1])
        let spec = JSONValue.string("AES_256")
        let requests: [(operation: String, members: [String: JSONValue])] = [
            (
                "GenerateDataKeyWithoutPlaintext",
                ["KeyId": key, "KeySpec": spec, "EncryptionContext": .object([forged: .string(forged)])]
            ),
            ("DescribeKey", ["KeyId": .string(forged)]), ("DescribeKey", ["KeyId": .string("alias/\(forged)")]),
            ("CreateAlias", ["AliasName": .string("alias/\(forged)"), "TargetKeyId": key]),
            ("UpdateKeyDescription", ["KeyId": key, "Description": .string(forged)]),
            (
                "CreateGrant",
                [
                    "KeyId": key, "GranteePrincipal": .string("arn:aws:iam::000000000000:user/\(forged)"),
                    "Operations": .array([.string("Encrypt")]),
                ]
            ),
        ]
        for (operation, members) in requests { _ = try await fixture.ask(operation, members) }
        let records = try Self.records(fixture)[before...]
        #expect(records.count >= 2 + requests.count)
        for record in records {
            #expect(!record.contains { $0 < 0x20 || $0 == 0x7F }, "\(String(decoding: record, as: UTF8.self))")
            let name = try Self.members(record)["eventName"] as? String
            #expect(name != nil && name != "Forged")
        }
        let put = String(decoding: try #require(records.first), as: UTF8.self)
        #expect(put.contains(#"{\"eventName\":\"Forged\"}"#))
        try await fixture.s3.store.close()
    }
}
