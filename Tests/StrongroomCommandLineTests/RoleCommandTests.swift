#if CommandLineTool
import Foundation
import Testing

/// Roles as those who run an endpoint make them.
@Suite("Command line: roles")
struct RoleCommandTests {
    private static let trust = Data(
        (#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","#
            + #""Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"sts:AssumeRole"}}"#).utf8)
    private static let policy = Data(
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#.utf8)

    @Test("a role is made, listed, shown, changed and deleted")
    func life() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write("trust.json", Self.trust)
        let made = try strongroom(
            "role", "create", "reader", strongroom.path("trust.json"), "--account", "123456789012", "--json"
        ).lines[0]
        #expect(made["roleName"] as? String == "reader" && made["maxSessionDuration"] as? Int == 3_600)
        #expect(made["arn"] as? String == "arn:aws:iam::123456789012:role/reader" && made["createDate"] is String)
        let id = try #require(made["roleId"] as? String)
        #expect(id.hasPrefix("AROA") && id.count == 20)
        let text = try strongroom("role", "create", "writer", "-", "--max-session-duration", "7200", input: Self.trust)
        #expect(text.output == "created writer\narn:aws:iam::000000000000:role/writer\n")
        let listed = try strongroom("role", "list", "--json").lines
        #expect(listed.map { $0["roleName"] as? String } == ["reader", "writer"])
        #expect(listed.map { $0["maxSessionDuration"] as? Int } == [3_600, 7_200])
        #expect(listed[0]["assumeRolePolicyDocument"] == nil && listed[0]["policies"] == nil)
        #expect(try strongroom("role", "list").output.hasPrefix("reader  created "))

        #expect(try strongroom("role", "duration", "reader", "43200").status == 0)
        let other = String(decoding: Self.trust, as: UTF8.self).replacing("bob", with: "eve")
        #expect(try strongroom("role", "trust", "reader", "-", input: Data(other.utf8)).status == 0)
        let shown = try strongroom("role", "show", "reader", "--json").lines[0]
        #expect(shown["roleId"] as? String == id && shown["maxSessionDuration"] as? Int == 43_200)
        #expect(shown["assumeRolePolicyDocument"] as? String == other)
        #expect(try strongroom("role", "show", "reader").output.contains("trust\n\(other)\n"))

        let again = try strongroom("role", "create", "reader", "-", "--json", input: Self.trust)
        #expect(again.status == 1 && again.output == "" && again.error?["code"] as? String == "roleAlreadyExists")
        #expect(try strongroom("role", "delete", "reader").output == "deleted reader\n")
        for arguments in [["show", "reader"], ["delete", "reader"], ["duration", "reader", "3600"]] {
            let missing = try strongroom.run(["role"] + arguments + ["--json"])
            #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchRole", "\(arguments)")
        }
    }

    @Test("documents and durations that are none are refused with what is wrong")
    func refusals() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let broken = try strongroom("role", "create", "r", "-", "--json", input: Self.policy)
        #expect(broken.status == 1 && broken.error?["code"] as? String == "malformedPolicy")
        #expect((broken.error?["message"] as? String)?.contains("line 1") == true)
        let name = try strongroom("role", "create", "a b", "-", "--json", input: Self.trust)
        #expect(name.error?["code"] as? String == "invalidUserName")
        let long = try strongroom(
            "role", "create", "r", "-", "--max-session-duration", "43201", "--json", input: Self.trust)
        #expect(long.status == 64 && long.error?["code"] as? String == "usage")
        #expect((long.error?["message"] as? String)?.contains("3600 to 43200") == true)
        #expect(try strongroom("role", "create", "r", "-", "--account", "12", input: Self.trust).status == 64)
        #expect(try strongroom("role", "list").output == "")
    }

    @Test("policies come from a file or from standard input, and go again")
    func policies() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("role", "create", "r", "-", input: Self.trust).status == 0)
        try strongroom.write("policy.json", Self.policy)
        #expect(try strongroom("role", "policy", "put", "r", "file", strongroom.path("policy.json")).status == 0)
        #expect(try strongroom("role", "policy", "put", "r", "input", "-", input: Self.policy).status == 0)
        let shown = try strongroom("role", "show", "r", "--json").lines[0]
        let text = String(decoding: Self.policy, as: UTF8.self)
        #expect(shown["policies"] as? [String: String] == ["file": text, "input": text])
        let broken = try strongroom("role", "policy", "put", "r", "file", "-", "--json", input: Self.trust)
        #expect(broken.status == 1 && broken.error?["code"] as? String == "malformedPolicy")
        #expect(try strongroom("role", "policy", "remove", "r", "file").status == 0)
        let gone = try strongroom("role", "policy", "remove", "r", "file", "--json")
        #expect(gone.status == 1 && gone.error?["code"] as? String == "notFound")
        #expect(try strongroom("role", "show", "r", "--json").lines[0]["policyNames"] as? [String] == ["input"])
    }
}
#endif
