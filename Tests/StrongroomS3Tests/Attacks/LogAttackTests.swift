import Strongroom
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Attack 35: names that would make two lines of one in the log of requests, or speak to the terminal of who reads it.
@Suite("Attacks on the log of requests") struct LogAttackTests {
    /// Line ends of every kind, escapes of terminals of every kind, and what turns the direction of writing.
    static let breaks = [
        "\n", "\r", "\r\n", "\t", "\u{0}", "\u{7}", "\u{8}", "\u{B}", "\u{C}", "\u{1B}[2J", "\u{7F}", "\u{85}",
        "\u{9B}31m", "\u{2028}", "\u{2029}", "\u{202E}", "\u{2066}", "\u{FEFF}",
    ]

    static func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    /// What no line may hold.
    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    @Test("a request is one line, whatever stands in its names", arguments: breaks)
    func requests(_ text: String) async throws {
        let fixture = try await KeyServiceFixture()
        let s3 = fixture.s3
        let forged = "k\(text)info request [\"status\": 200, \"user\": root]"
        let key = Self.escaped(forged)
        var count = 1
        #expect(try await s3.send("PUT", "/data").status == 200)
        let agent: S3Fixture.Headers = [("user-agent", forged), ("referer", forged), ("x-amz-meta-a", "b")]
        let answers = [
            try await s3.send("PUT", "/data/\(key)", agent, body: [1]), try await s3.send("GET", "/data/\(key)", agent),
            try await s3.send("GET", "/data/\(key)", as: nil), try await s3.send("GET", "/\(key)/k"),
            try await s3.send("GET", "/data?list-type=2&prefix=\(key)"),
            try await s3.send("GET", "/data/k?versionId=\(key)"),
            try await s3.send("PUT", "/data/copy", [("x-amz-copy-source", "data/\(key)")]),
            try await s3.send("PUT", "/data/copy", [("x-amz-copy-source", "\(key)/absent")]),
            try await s3.send("POST", "/data/\(key)?uploads"),
            try await s3.send("PUT", "/data/\(key)?partNumber=1&uploadId=\(key)", body: [1]),
            try await s3.deliver("GET", "/data/\(key)", "", [("host", forged)]),
            try await s3.deliver("GET\(text)", "/data/k", "", [("host", "localhost"), ("authorization", forged)]),
        ]
        count += answers.count
        let name = JSONValue.string("alias/\(forged)")
        let sent: [(target: String, members: [String: JSONValue])] = [
            ("TrentService.CreateAlias", ["AliasName": name, "TargetKeyId": .string(forged)]),
            ("TrentService.DescribeKey", ["KeyId": name]), ("TrentService.DescribeKey", ["KeyId": .string(forged)]),
            ("TrentService.\(forged)", [:]), ("TrentService.ListKeys", [forged: name]),
        ]
        for (target, members) in sent {
            _ = try await fixture.send(
                target, JSONValue.object(members).encoded(), as: s3.administrator, headers: [("user-agent", forged)])
        }
        count += sent.count
        let lines = fixture.log.all.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == count)
        for line in lines {
            #expect(!line.unicodeScalars.contains(where: Self.isBreak), "\(line.debugDescription)")
            #expect(line.hasPrefix("info request [") || line.hasPrefix("error request failed ["))
        }
    }

    @Test("names of users and of what belongs to them have no such characters", arguments: breaks)
    func users(_ text: String) async throws {
        let fixture = try await S3Fixture()
        for name in ["a\(text)b", "\(text)", "a\(text)"] {
            let error = await #expect(throws: StoreError.self) { try await fixture.store.createUser(named: name) }
            #expect(error?.code == .invalidUserName)
            let answer = try await fixture.send("PUT", "/" + Self.escaped(name))
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
