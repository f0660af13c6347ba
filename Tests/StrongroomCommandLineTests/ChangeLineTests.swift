#if CommandLineTool
import Foundation
import Testing

/// The story: with --json half of the commands that change something printed nothing, and no script could tell what was
/// changed.
@Suite("Command line: what was changed")
struct ChangeLineTests {
    private static let policy = Data(
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#.utf8)
    private static let trust = Data(
        (#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","#
            + #""Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"sts:AssumeRole"}}"#).utf8)
    private static let rules = Data(
        #"{"Rules":[{"Status":"Enabled","Filter":{},"Expiration":{"Days":30}}]}"#.utf8)

    /// The one object that the command prints, by the names that are in it.
    private func changed(
        _ strongroom: borrowing Strongroom, _ arguments: String..., input: Data? = nil
    ) throws -> [String: String] {
        let result = try strongroom.run(arguments + ["--json"], input: input)
        #expect(result.status == 0 && result.lines.count == 1, "\(arguments) \(result.output)\(result.errors)")
        return (result.lines.first ?? [:]).mapValues { "\($0)" }
    }

    @Test("of buckets, their rules, and consumers")
    func buckets() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        #expect(
            try changed(strongroom, "lifecycle", "put", "data", "-", input: Self.rules)
                == ["bucket": "data", "rules": "1"])
        #expect(try changed(strongroom, "lifecycle", "remove", "data") == ["bucket": "data", "rules": "0"])
        #expect(try changed(strongroom, "bucket", "delete", "data") == ["name": "data"])
        #expect(try strongroom("changes", "--consumer", "mine").status == 0)
        #expect(try changed(strongroom, "consumer", "remove", "mine") == ["name": "mine"])
    }

    @Test("of users and roles")
    func principals() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let id = try #require(try strongroom("user", "create", "bob", "--json").lines[0]["accessKeyId"] as? String)
        #expect(try strongroom("role", "create", "reader", "-", input: Self.trust).status == 0)
        for (noun, name) in [("user", "bob"), ("role", "reader")] {
            let wanted = ["\(noun)Name": name, "policyName": "all"]
            let put = try changed(strongroom, noun, "policy", "put", name, "all", "-", input: Self.policy)
            #expect(put == wanted)
            #expect(try changed(strongroom, noun, "policy", "remove", name, "all") == wanted)
        }
        #expect(try strongroom("user", "mfa", "enable", "bob").status == 0)
        #expect(try changed(strongroom, "user", "mfa", "disable", "bob") == ["userName": "bob"])
        #expect(
            try changed(strongroom, "user", "key", "delete", "bob", id) == ["userName": "bob", "accessKeyId": id])
        #expect(try changed(strongroom, "user", "delete", "bob") == ["userName": "bob"])
        #expect(try changed(strongroom, "role", "trust", "reader", "-", input: Self.trust) == ["roleName": "reader"])
        #expect(
            try changed(strongroom, "role", "duration", "reader", "7200")
                == ["roleName": "reader", "maxSessionDuration": "7200"])
        #expect(try changed(strongroom, "role", "delete", "reader") == ["roleName": "reader"])
    }

    @Test("of keys, their names and grants; and that nothing hangs on one")
    func keys() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let made = try strongroom("key", "create", "--alias", "alias/app", "--json").lines.first
        let key = try #require(made?["keyId"] as? String)
        #expect(try changed(strongroom, "key", "usage", key) == ["keyId": key, "objects": "0", "bytes": "0"])
        #expect(try changed(strongroom, "key", "alias", "delete", "alias/app") == ["aliasName": "alias/app"])
        let grant = ["key", "grant", "create", key, "--to", "arn:aws:iam::000000000000:user/bob", "--json"]
        let first = try strongroom.run(grant + ["--operation", "Decrypt"]).lines.first
        let id = try #require(first?["grantId"] as? String)
        #expect(try changed(strongroom, "key", "grant", "revoke", key, id) == ["keyId": key, "grantId": id])
        let second = try strongroom.run(grant + ["--operation", "Encrypt"]).lines.first
        let token = try #require(second?["grantToken"] as? String)
        #expect(try changed(strongroom, "key", "grant", "retire", token) == ["grantToken": token])
    }
}
#endif
