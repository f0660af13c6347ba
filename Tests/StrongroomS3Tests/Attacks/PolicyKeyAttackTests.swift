import Testing

@testable import StrongroomS3Protocol

/// Attack 26 over HTTP: the key that a policy is asked about is the key that is read. The language itself has its cases
/// in StrongroomPolicyTests (`cases.json`, "threat 26").
@Suite("Attacks on keys in policies") struct PolicyKeyAttackTests {
    private static let spellings = [
        "secret/k", "secret//k", "secret/./k", "./secret/k", "/secret/k", "open/../secret/k", "secret%2Fk",
        "secret%2fk",
        "secret%252Fk", "%73ecret/k", "secret/k/", "secret/k%00", "Secret/k", "secret%20/k", "secret/k?", "secret/*",
        "*", "secret/caf%C3%A9", "secret/cafe%CC%81",
    ].map { $0.replacing("?", with: "%3F") }

    @Test("a denial holds for the keys that it names, however they are spelt, and for these alone")
    func denials() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for (index, spelling) in Self.spellings.enumerated() {
            #expect(
                try await fixture.send("PUT", "/data/\(spelling)", body: [UInt8(index)]).status == 200, "\(spelling)")
        }
        let bob = try await fixture.user(
            "bob",
            policy: PolicyText.of(
                PolicyText.allow(["s3:*"]), PolicyText.statement("Deny", ["s3:*"], ["arn:aws:s3:::data/secret/*"])))
        for spelling in Self.spellings {
            let key = try #require(Self.decoded(spelling))
            let answer = try await fixture.send("GET", "/data/\(spelling)", as: bob)
            #expect(answer.status == (key.hasPrefix("secret/") ? 403 : 200), "\(spelling): \(answer.text)")
            let all = try await fixture.send("GET", "/data/\(spelling)")
            #expect(all.status == 200)
            if answer.status == 200 { #expect(answer.body == all.body, "\(spelling)") }
        }
    }

    @Test("a wildcard that stands in a key is that character, and allows no other")
    func wildcards() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for key in ["a*", "ab", "a%3F", "a"] {
            #expect(try await fixture.send("PUT", "/data/\(key)", body: [1]).status == 200)
        }
        let exact = try await fixture.user(
            "exact", policy: PolicyText.of(PolicyText.allow(["s3:GetObject"], ["arn:aws:s3:::data/a${*}"])))
        #expect(try await fixture.send("GET", "/data/a*", as: exact).status == 200)
        for key in ["ab", "a%3F", "a", "a%2A%2A"] {
            #expect(try await fixture.send("GET", "/data/\(key)", as: exact).status == 403, "\(key)")
        }
        // Whoever may read one key reads no other by asking for a pattern.
        let one = try await fixture.user(
            "one", policy: PolicyText.of(PolicyText.allow(["s3:GetObject"], ["arn:aws:s3:::data/ab"])))
        for (key, status) in [("ab", 200), ("a*", 403), ("a%3F", 403), ("*", 403), ("", 403)] {
            #expect(try await fixture.send("GET", "/data/\(key)", as: one).status == status, "\(key)")
        }
    }

    @Test("facts that a request does not have make a denial with a negated operator hold, and one with another not")
    func facts() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        let absent = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        for (condition, status) in [
            (#"{"StringNotEquals":{"\#(absent)":"a"}}"#, 403), (#"{"StringEquals":{"\#(absent)":"a"}}"#, 200),
            (#"{"StringEqualsIfExists":{"\#(absent)":"a"}}"#, 403), (#"{"Null":{"\#(absent)":"true"}}"#, 403),
            (#"{"Null":{"\#(absent)":"false"}}"#, 200), (#"{"ForAllValues:StringEquals":{"\#(absent)":"a"}}"#, 403),
            (#"{"ForAnyValue:StringEquals":{"\#(absent)":"a"}}"#, 200),
        ] {
            let policy = PolicyText.of(
                PolicyText.statement(
                    "Deny", ["s3:PutObject"], ["arn:aws:s3:::data/*"], principal: #""*""#, condition: condition))
            #expect(try await fixture.send("PUT", "/data?policy", body: Array(policy.utf8)).status == 204)
            #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == status, "\(condition)")
        }
    }

    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
