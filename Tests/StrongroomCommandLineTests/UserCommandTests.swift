#if CommandLineTool
import Foundation
import Testing

/// Users as those who run an endpoint make them.
@Suite("Command line: users")
struct UserCommandTests {
    private static let policy = Data(
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#.utf8)

    @Test("a user is made with a key, whose secret is printed once, and stands in no file")
    func create() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let made = try #require(try strongroom("user", "create", "--administrator", "alice", "--json").lines.first)
        #expect(made["userName"] as? String == "alice" && made["administrator"] as? Bool == true)
        #expect((made["userId"] as? String)?.hasPrefix("AIDA") == true && made["createDate"] is String)
        let id = try #require(made["accessKeyId"] as? String)
        let secret = try #require(made["secretAccessKey"] as? String)
        #expect(id.hasPrefix("AKIA") && secret.count == 40 && Data(base64Encoded: secret)?.count == 30)

        let shown = try strongroom("user", "show", "alice", "--json")
        let keys = try #require(shown.lines.first?["accessKeys"] as? [[String: Any]])
        #expect(keys.map { $0["accessKeyId"] as? String } == [id] && keys[0]["status"] as? String == "Active")
        #expect(try strongroom("user", "list").output.hasPrefix("alice  created "))
        for output in [shown.output, try strongroom("user", "list", "--json").output] {
            #expect(!output.contains(secret))
        }
        let files = try #require(FileManager.default.enumerator(atPath: strongroom.directory.path))
        for case let name as String in files where !["stdout", "stderr"].contains(name) {
            guard let bytes = try? strongroom.read(name) else { continue }
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
        }

        let text = try strongroom("user", "create", "bob").output
        #expect(text.hasPrefix("created bob\naccess key id      AKIA"))
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret access key  ") })
        #expect(line.dropFirst(19).count == 40)
        let again = try strongroom("user", "create", "bob", "--json")
        #expect(again.status == 1 && again.output == "" && again.error?["code"] as? String == "userAlreadyExists")
        #expect(try strongroom("user", "create", "a b", "--json").error?["code"] as? String == "invalidUserName")
    }

    @Test("access keys are made, deactivated, activated and deleted")
    func keys() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let first = try #require(try strongroom("user", "create", "carol", "--json").lines[0]["accessKeyId"] as? String)
        let made = try strongroom("user", "key", "create", "carol", "--json").lines[0]
        let second = try #require(made["accessKeyId"] as? String)
        #expect((made["secretAccessKey"] as? String)?.count == 40 && made["userId"] == nil)
        let inactive = try strongroom("user", "key", "deactivate", "carol", first, "--json").lines
        #expect(inactive.count == 1 && inactive[0]["status"] as? String == "Inactive")
        #expect(try strongroom("user", "list").output.contains("1 of 2 access keys active"))
        #expect(try strongroom("user", "key", "activate", "carol", first).output.contains("\(first)  created"))
        #expect(try strongroom("user", "list").output.contains("2 of 2 access keys active"))
        #expect(try strongroom("user", "key", "delete", "carol", second).status == 0)
        for command in ["delete", "activate", "deactivate"] {
            let missing = try strongroom("user", "key", command, "carol", second, "--json")
            #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchAccessKey")
        }
        #expect(try strongroom("user", "delete", "carol").output == "deleted carol\n")
        #expect(try strongroom("user", "list").output == "")
        for arguments in [["show", "carol"], ["delete", "carol"], ["key", "create", "carol"]] {
            let missing = try strongroom.run(["user"] + arguments + ["--json"])
            #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchUser", "\(arguments)")
        }
    }

    @Test("policies come from a file or from standard input, and one that is none is refused with its place")
    func policies() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("user", "create", "dave").status == 0)
        try strongroom.write("policy.json", Self.policy)
        #expect(try strongroom("user", "policy", "put", "dave", "file", strongroom.path("policy.json")).status == 0)
        #expect(try strongroom("user", "policy", "put", "dave", "input", "-", input: Self.policy).status == 0)
        let shown = try strongroom("user", "show", "dave", "--json").lines[0]
        let text = String(decoding: Self.policy, as: UTF8.self)
        #expect(shown["policies"] as? [String: String] == ["file": text, "input": text])
        #expect(try strongroom("user", "show", "dave").output.contains("policy   file\n\(text)\npolicy   input\n"))
        let listed = try strongroom("user", "list", "--json").lines[0]
        #expect(listed["policyNames"] as? [String] == ["file", "input"] && listed["policies"] == nil)

        let broken = try strongroom(
            "user", "policy", "put", "dave", "file", "-", "--json", input: Data("{\n  \"Statemen\": 1}".utf8))
        #expect(broken.status == 1 && broken.error?["code"] as? String == "malformedPolicy")
        #expect((broken.error?["message"] as? String)?.contains("line ") == true)
        let missing = try strongroom("user", "policy", "put", "dave", "file", strongroom.path("none"), "--json")
        #expect(missing.status == 1 && missing.error?["code"] as? String == "notFound")
        #expect(try strongroom("user", "policy", "remove", "dave", "file").status == 0)
        let gone = try strongroom("user", "policy", "remove", "dave", "file", "--json")
        #expect(gone.status == 1 && gone.error?["code"] as? String == "notFound")
        #expect(try strongroom("user", "show", "dave", "--json").lines[0]["policyNames"] as? [String] == ["input"])
    }

    @Test("a second factor is made, whose secret is printed once, for a picture too, listed and taken away")
    func factors() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("user", "create", "a+b@c").status == 0)
        let made = try strongroom("user", "mfa", "enable", "a+b@c", "--account", "123456789012", "--json").lines[0]
        #expect(made["serialNumber"] as? String == "arn:aws:iam::123456789012:mfa/a+b@c")
        let secret = try #require(made["base32StringSeed"] as? String)
        #expect(secret.count == 32 && secret.allSatisfy("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".contains))
        #expect(
            made["uri"] as? String
                == "otpauth://totp/Strongroom:a%2Bb%40c?secret=\(secret)&issuer=Strongroom")
        let again = try strongroom("user", "mfa", "enable", "a+b@c", "--json")
        #expect(again.status == 1 && again.output == "" && again.error?["code"] as? String == "limitExceeded")
        let listed = try strongroom("user", "mfa", "list", "--json")
        #expect(listed.lines.map { $0["serialNumber"] as? String } == ["arn:aws:iam::000000000000:mfa/a+b@c"])
        #expect(try strongroom("user", "show", "a+b@c", "--json").lines[0]["secondFactor"] as? Bool == true)
        #expect(try !listed.output.contains(secret) && !strongroom("user", "show", "a+b@c").output.contains(secret))
        let files = try #require(FileManager.default.enumerator(atPath: strongroom.directory.path))
        for case let name as String in files where !["stdout", "stderr"].contains(name) {
            guard let bytes = try? strongroom.read(name) else { continue }
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
        }
        #expect(try strongroom("user", "mfa", "disable", "a+b@c").status == 0)
        let none = try strongroom("user", "mfa", "disable", "a+b@c", "--json")
        #expect(none.status == 1 && none.error?["code"] as? String == "noSuchSecondFactor")
        #expect(try strongroom("user", "mfa", "list").output == "")
        let text = try strongroom("user", "mfa", "enable", "a+b@c").output
        let other = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") }?.suffix(32))
        #expect(text.contains("secret=\(other)&issuer=") && other != secret)
        #expect(try strongroom("user", "mfa", "enable", "a+b@c", "--account", "12").status == 64)
    }

    @Test("whoever may do everything is said, and unsaid")
    func administrator() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("user", "create", "erin", "--json").lines[0]["administrator"] as? Bool == false)
        #expect(try strongroom("user", "administrator", "erin", "on").output.contains("administrator"))
        #expect(try strongroom("user", "show", "erin", "--json").lines[0]["administrator"] as? Bool == true)
        let off = try strongroom("user", "administrator", "erin", "off", "--json").lines[0]
        #expect(off["administrator"] as? Bool == false)
        #expect(try strongroom("user", "administrator", "erin", "maybe").status == 64)
    }
}
#endif
