import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Attack 35: secrets that come with requests which are refused, and that stand neither in answers nor in the log.
@Suite("Attacks on secrets, by refusals") struct SecretAttackTests {
    /// Keys of customers, of every length, whose texts are found where they stand.
    private static let keys = [32, 31, 33, 16].map { [UInt8](repeating: 0x5A, count: $0) + [0xC3] }.map {
        Array($0.dropFirst())
    }

    /// How a secret may stand in a text.
    private static func forms(_ bytes: [UInt8]) -> [String] {
        [
            PaddedBase64.encode(bytes), PayloadHashText.hexadecimal(bytes), String(decoding: bytes, as: UTF8.self),
            LogAttackTests.escaped(PaddedBase64.encode(bytes)),
        ]
    }

    private static func header(_ key: [UInt8], _ md5Of: [UInt8]? = nil, algorithm: String = "AES256")
        -> S3Fixture.Headers
    {
        [
            (CustomerKeyHeaders.prefix + "algorithm", algorithm),
            (CustomerKeyHeaders.prefix + "key", PaddedBase64.encode(key)),
            (CustomerKeyHeaders.prefix + "key-md5", PaddedMD5.header(md5Of ?? key).value),
        ]
    }

    /// All that a client was told, but for the bodies of objects, and all that was logged.
    private static func expectNone(_ secrets: [String], _ answers: [S3Fixture.Response], _ log: LogText) {
        for secret in secrets where secret.count > 7 {
            #expect(!log.all.contains(secret))
            for answer in answers { #expect(!answer.summary.contains(secret), "\(answer.summary)") }
        }
    }

    @Test("customers' keys, on every way that refuses one")
    func customerKeys() async throws {
        let fixture = try await KeyServiceFixture()
        let s3 = fixture.s3
        #expect(try await s3.send("PUT", "/data").status == 200)
        #expect(try await s3.send("PUT", "/data/plain", body: [1]).status == 200)
        let bob = try await s3.user("bob")
        var answers: [S3Fixture.Response] = []
        for key in Self.keys {
            let whole = Self.header(key)
            let source = whole.map { (name: "x-amz-copy-source-" + $0.name.dropFirst(6), value: $0.value) }
            let sets: [S3Fixture.Headers] = [
                whole, Self.header(key, [1]), Self.header(key, algorithm: "AES192"), whole + whole,
                whole + [("x-amz-server-side-encryption", "aws:kms")], Array(whole.dropFirst()), [whole[1]],
                source + [("x-amz-copy-source", "data/plain")],
                [(whole[0].name, whole[1].value), whole[1], whole[2]],
                [whole[0], whole[1], (whole[2].name, whole[1].value)],
                [whole[0], (whole[1].name, whole[1].value + "!"), whole[2]],
            ]
            for headers in sets {
                for (method, target) in [
                    ("GET", "/data/plain"), ("HEAD", "/data/plain"), ("PUT", "/absent/k"),
                    ("POST", "/absent/k?uploads"),
                    ("GET", "/data/plain?attributes"), ("PUT", "/data/k?partNumber=1&uploadId=none"),
                    ("POST", "/data/plain?select&select-type=2"),
                ] {
                    for signer in [s3.administrator, bob, nil] {
                        answers.append(try await s3.send(method, target, headers, as: signer))
                    }
                    answers.append(try await s3.send(method, target, headers, isSecure: false))
                }
                // Signed, and then altered: what was signed is in no answer.
                var signed = try S3Fixture.signed(
                    "GET", "/data/plain", "", [("host", "localhost")] + headers, [], s3.administrator)
                signed[signed.count - 1].value += "0"
                answers.append(try await s3.deliver("GET", "/data/plain", "", signed))
                let query = try s3.presigned("PUT", "/data/new")
                answers.append(try await s3.send("PUT", "/data/new?\(query)", headers, body: [1], as: nil))
            }
        }
        // A source's key at a request that copies nothing is not asked for.
        #expect(answers.count { $0.status >= 400 } > answers.count * 9 / 10)
        Self.expectNone(Self.keys.flatMap(Self.forms), answers, fixture.log)
    }

    /// The story: a condition that a form does not meet was named with its value, also where that is a key.
    @Test("customers' keys in forms and in their policies")
    func forms() async throws {
        let fixture = try await KeyServiceFixture()
        let s3 = fixture.s3
        #expect(try await s3.send("PUT", "/data").status == 200)
        let key = Self.keys[0]
        let text = PaddedBase64.encode(key)
        let name = CustomerKeyHeaders.prefix + "key"
        var answers: [S3Fixture.Response] = []
        for condition in [
            #"{"\#(name)":"\#(text)"}"#, #"["starts-with","$\#(name)","\#(text)"]"#,
            #"["eq","$\#(name.uppercased())","\#(text)"]"#,
        ] {
            let policy =
                #"{"expiration":"2027-02-01T00:00:00Z","conditions":[{"bucket":"data"},["starts-with","$key",""],"#
                + #"\#(condition),["starts-with","$x-amz-",""]]}"#
            let own = try s3.formCredentials(policy)
            for fields in [[], [(name: name, value: "other")], Self.header(key), Self.header(key, [1])] {
                answers.append(try await s3.post("data", [("key", "k")] + fields + own))
                answers.append(try await s3.post("data", [("key", "k")] + fields + own, isSecure: false))
            }
        }
        for answer in answers { #expect(answer.status >= 400, "\(answer.summary)") }
        Self.expectNone(Self.forms(key), answers, fixture.log)
    }

    @Test("secret access keys, where they are taken for something else, and what they would have signed")
    func accessKeys() async throws {
        let fixture = try await KeyServiceFixture()
        let s3 = fixture.s3
        #expect(try await s3.send("PUT", "/data").status == 200)
        let other = try await s3.user("bob")
        let bytes = try s3.administrator.secret.bytes.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        let wrong = S3Fixture.Signer(accessKeyID: s3.administrator.accessKeyID, secret: other.secret)
        var answers = [
            try await s3.send("GET", "/data", as: wrong), try await s3.send("PUT", "/data/k", body: [1], as: wrong),
        ]
        let right = try S3Fixture.signed("GET", "/data", "", [("host", "localhost")], [], s3.administrator)
        let signature = try #require(right.last?.value.split(separator: "=").last.map(String.init))
        var altered = right
        altered[altered.count - 1].value = right[right.count - 1].value.replacing(signature, with: signature.reversed())
        answers.append(try await s3.deliver("GET", "/data", "", altered))
        for type in ["TrentService.ListKeys", "TrentService.CreateKey"] {
            let reply = try await fixture.send(type, Array("{}".utf8), as: wrong)
            #expect(reply.status == 400 && !reply.body.isEmpty)
            #expect(!String(decoding: reply.body, as: UTF8.self).contains(String(decoding: bytes, as: UTF8.self)))
        }
        for answer in answers { #expect(answer.status == 403, "\(answer.summary)") }
        Self.expectNone(Self.forms(bytes) + [signature], answers, fixture.log)
    }

    @Test("plaintexts of the key service, in every place where they may be put by mistake")
    func plaintexts() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let secret = "canary-of-a-plaintext-3f1c"
        let base64 = PaddedBase64.encode(Array(secret.utf8))
        var replies: [KeyServiceFixture.Reply] = []
        for text in [secret, base64] {
            let value = JSONValue.string(text)
            for (operation, members) in [
                ("Encrypt", ["Plaintext": value]), ("Encrypt", ["KeyId": .string("alias/absent"), "Plaintext": value]),
                ("Encrypt", ["KeyId": key, "Plaintext": .array([value])]),
                ("Encrypt", ["KeyId": key, "plaintext": value]),
                ("Decrypt", ["CiphertextBlob": value]), ("Decrypt", ["CiphertextBlob": value, "Plaintext": value]),
                ("ImportKeyMaterial", ["KeyId": key, "EncryptedKeyMaterial": value, "ImportToken": value]),
                ("GenerateRandom", ["NumberOfBytes": value]), ("DescribeKey", ["KeyId": key, "Plaintext": value]),
            ] as [(String, [String: JSONValue])] {
                replies.append(try await fixture.ask(operation, members))
                replies.append(try await fixture.ask(operation, members, isSecure: false))
            }
            for body in ["{\"Plaintext\":\"\(text)\"", "{\"Plaintext\":\"\(text)\"}x", "[\"\(text)\"]", "\(text)"] {
                replies.append(
                    try await fixture.send("TrentService.Encrypt", Array(body.utf8), as: fixture.s3.administrator))
            }
        }
        for reply in replies {
            #expect(reply.status == 400)
            let text = String(decoding: reply.body, as: UTF8.self)
            #expect(!text.contains(secret) && !text.contains(base64), "\(text)")
        }
        #expect(!fixture.log.all.contains(secret) && !fixture.log.all.contains(base64))
    }
}

private enum PayloadHashText {
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
