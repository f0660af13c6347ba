import Strongroom
import StrongroomCrypto
import Testing

@testable import StrongroomS3Protocol

/// Attack 31, and what of attacks 23 and 24 goes by HTML forms.
@Suite("Attacks by forms") struct FormAttackTests {
    private static func bucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        for bucket in ["data", "other"] { #expect(try await fixture.send("PUT", "/\(bucket)").status == 200) }
        return fixture
    }

    private static func policy(
        bucket: String? = "data", key: String = #"["starts-with","$key","mine/"]"#, more: String = "",
        until: String = "2027-02-01T00:00:00Z"
    ) -> String {
        let place = bucket.map { #"{"bucket":"\#($0)"},"# } ?? ""
        return
            #"{"expiration":"\#(until)","conditions":[\#(place)\#(key)\#(more),["starts-with","$x-amz-algorithm",""],"#
            + #"["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]]}"#
    }

    private static func expectNothing(_ fixture: S3Fixture) async throws {
        for bucket in ["data", "other"] {
            let list = try await fixture.send("GET", "/\(bucket)?list-type=2")
            #expect(list.element("KeyCount") == "0", "\(list.text)")
        }
    }

    @Test("are good for the bucket that the policy names, wherever they are sent and whatever they say")
    func buckets() async throws {
        let fixture = try await Self.bucket()
        let own = try fixture.formCredentials(Self.policy())
        for (target, fields) in [
            ("other", []), ("other", [(name: "bucket", value: "data")]), ("other", [(name: "bucket", value: "other")]),
            ("data", [(name: "bucket", value: "other")]),
        ] {
            let answer = try await fixture.post(target, [("key", "mine/a")] + fields + own)
            #expect(answer.status == 403 && answer.code == "AccessDenied", "\(target) \(fields): \(answer.text)")
        }
        let placeless = try fixture.formCredentials(Self.policy(bucket: nil))
        #expect(try await fixture.post("data", [("key", "mine/a")] + placeless).status == 403)
        try await Self.expectNothing(fixture)
        #expect(try await fixture.post("data", [("key", "mine/a")] + own).status == 204)
        #expect(try await fixture.send("GET", "/data/mine/a").text == "file")
    }

    /// The story: a form's fields became headers of a put, those of copies too, and policies were told of them.
    @Test("are no copies, whatever their fields say")
    func copies() async throws {
        let fixture = try await Self.bucket()
        let policy = PolicyText.statement(
            "Allow", ["s3:PutObject"], ["*"], condition: #"{"StringLike":{"s3:x-amz-copy-source":"public/*"}}"#)
        let eve = try await fixture.user("eve", policy: PolicyText.of(policy))
        for field in ["x-amz-copy-source", "x-amz-metadata-directive", "x-amz-tagging-directive"] {
            let more = #",["starts-with","$\#(field)",""]"#
            let fields = try fixture.formCredentials(Self.policy(more: more), as: eve) + [(field, "public/x")]
            let answer = try await fixture.post("data", [("key", "mine/a")] + fields)
            #expect(answer.code == "InvalidArgument", "\(field): \(answer.text)")
        }
        try await Self.expectNothing(fixture)
    }

    /// The story: policies that deny by kind and age of a signature, or by the page it is sent from, denied no form.
    @Test("are told to policies, with how and when they were signed and where they come from")
    func facts() async throws {
        let fixture = try await Self.bucket()
        let old = try fixture.formCredentials(Self.policy(), atMilliseconds: S3Fixture.now - 700_000)
        let form = [(name: "key", value: "mine/a")] + old
        for condition in [
            #"{"StringEquals":{"s3:authType":"POST"}}"#, #"{"NumericGreaterThan":{"s3:signatureAge":"600000"}}"#,
            #"{"StringEquals":{"s3:signatureversion":"AWS4-HMAC-SHA256"}}"#,
            #"{"StringLike":{"aws:Referer":"https://evil.example/*"}}"#,
        ] {
            let denial = PolicyText.statement(
                "Deny", ["s3:PutObject"], ["arn:aws:s3:::data/*"], principal: #""*""#, condition: condition)
            #expect(try await fixture.put(policy: PolicyText.of(denial)).status == 204)
            let answer = try await fixture.post("data", form, [("referer", "https://evil.example/page")])
            #expect(answer.status == 403, "\(condition)")
        }
        #expect(try await fixture.send("DELETE", "/data?policy").status == 204)
        #expect(try await fixture.post("data", form).status == 204)
    }

    /// The story: a form that had been signed years ago was good for as long as its policy said.
    @Test("are good for seven days, and not before they were signed")
    func ages() async throws {
        let fixture = try await Self.bucket()
        let week: Int64 = 604_800_000
        for (offset, status) in [(-week, 204), (-week - 1_000, 403), (899_000, 204), (901_000, 403)] as [(Int64, Int)] {
            let own = try fixture.formCredentials(Self.policy(), atMilliseconds: S3Fixture.now + offset)
            let answer = try await fixture.post("data", [("key", "mine/a")] + own)
            #expect(answer.status == status, "\(offset): \(answer.text)")
        }
    }

    /// The story: names were cut at their semicolons, so that one file replaced another.
    @Test("name their files in full")
    func fileNames() async throws {
        let fixture = try await Self.bucket()
        for name in ["a;1.pdf", "a;2.pdf", "; name=x", #"say \"a;b\""#] {
            let own = try fixture.formCredentials(Self.policy())
            #expect(try await fixture.post("data", [("key", "mine/${filename}")] + own, named: name).status == 204)
        }
        let list = try await fixture.store.bucket("data").list().objects
        #expect(
            list.map(\.key.rawValue) == ["mine/; name=x", "mine/a;1.pdf", "mine/a;2.pdf", #"mine/say "a;b""#])
    }

    @Test("end with their policy, and are as they were signed")
    func policies() async throws {
        let fixture = try await Self.bucket()
        for until in ["2026-12-01T00:00:00Z", "2027-01-15T07:59:59Z"] {
            let late = try fixture.formCredentials(Self.policy(until: until))
            #expect(try await fixture.post("data", [("key", "mine/a")] + late).code == "AccessDenied")
        }
        let right = try fixture.formCredentials(Self.policy())
        let wider = PaddedBase64.encode(Array(Self.policy(key: #"["starts-with","$key",""]"#).utf8))
        for change in [
            { (name: String, value: String) in name == "policy" ? wider : value },
            { name, value in name == "x-amz-signature" ? String(repeating: "0", count: 64) : value },
            { name, value in name == "x-amz-credential" ? value.replacing("us-east-1", with: "eu-west-1") : value },
        ] {
            let altered = right.map { (name: $0.name, value: change($0.name, $0.value)) }
            let answer = try await fixture.post("data", [("key", "mine/a")] + altered)
            #expect(answer.status == 403 || answer.status == 400, "\(answer.text)")
        }
        let unsigned = right.filter { $0.name != "x-amz-signature" }
        #expect(try await fixture.post("data", [("key", "mine/a")] + unsigned).status >= 400)
        #expect(try await fixture.post("data", [("key", "mine/a")]).status == 403)
        try await Self.expectNothing(fixture)
    }

    @Test("reach the keys that their policy begins, letter by letter; ../ leads nowhere")
    func keys() async throws {
        let fixture = try await Self.bucket()
        let own = try fixture.formCredentials(Self.policy())
        for key in ["yours/a", "Mine/a", "../mine/a", "/mine/a", "mine", "${filename}", " mine/a"] {
            let answer = try await fixture.post("data", [("key", key)] + own)
            #expect(answer.status == 403, "\(key): \(answer.text)")
        }
        try await Self.expectNothing(fixture)
        // What begins so is a key like any other: nothing in it is resolved.
        #expect(try await fixture.post("data", [("key", "mine/../yours/a")] + own).status == 204)
        let list = try await fixture.send("GET", "/data?list-type=2")
        #expect(list.element("Key") == "mine/../yours/a" && list.element("KeyCount") == "1")
    }

    /// The story: conditions were compared as texts for people are, so that one letter and the same letter with an
    /// accent of its own were one, and a form could be sent for a key that its policy did not name.
    @Test("hold their keys against the policy byte by byte")
    func normalization() async throws {
        let fixture = try await Self.bucket()
        let exact = try fixture.formCredentials(Self.policy(key: #"{"key":"caf\#u{E9}"}"#))
        let prefix = try fixture.formCredentials(Self.policy(key: #"["starts-with","$key","caf\#u{E9}"]"#))
        for own in [exact, prefix] {
            #expect(try await fixture.post("data", [("key", "cafe\u{301}")] + own).status == 403)
        }
        try await Self.expectNothing(fixture)
        #expect(try await fixture.post("data", [("key", "caf\u{E9}")] + exact).status == 204)
    }

    @Test("attacks 23 and 24: bring no field that the policy does not name, and no way around what is blocked")
    func fields() async throws {
        let fixture = try await Self.bucket()
        let own = try fixture.formCredentials(Self.policy())
        for (name, value) in [
            ("x-amz-server-side-encryption", "AES256"), ("x-amz-meta-a", "b"), ("acl", "public-read"),
            ("x-amz-storage-class", "STANDARD"), ("success_action_redirect", "http://elsewhere.test/"),
            ("tagging", "<Tagging><TagSet/></Tagging>"), ("x-amz-object-lock-legal-hold", "ON"),
            ("x-minio-internal-server-side-encryption-iv", "a"),
        ] {
            let answer = try await fixture.post("data", [("key", "mine/a"), (name, value)] + own)
            #expect(answer.status == 403 && answer.text.contains("Extra input fields: \(name)"), "\(answer.text)")
        }
        let block =
            "<ServerSideEncryptionConfiguration><Rule><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>"
            + "</BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"
        #expect(try await fixture.document("PUT", "/data?encryption", block).status == 200)
        let named = #",["starts-with","$x-amz-server-side-encryption-customer-"#
        let more = ["algorithm", "key", "key-md5"].map { named + $0 + #"",""]"# }.joined()
        let keyed = try fixture.formCredentials(Self.policy(more: more))
        let blocked = try await fixture.post("data", [("key", "mine/a")] + CustomerKeyText.headers() + keyed)
        #expect(blocked.status == 403 && blocked.code == "AccessDenied", "\(blocked.text)")
        let plain = try await fixture.post(
            "data", [("key", "mine/a")] + CustomerKeyText.headers() + keyed, isSecure: false)
        #expect(plain.status == 400 && plain.text.contains("must be made over a secure connection"), "\(plain.text)")
        try await Self.expectNothing(fixture)
    }
}
