import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Attacks 27, 33 and 35, on the endpoint of the key service.
@Suite("The key service: requests that are not as they should be") struct KeyServiceRequestTests {
    private static let secret = "a plaintext that nobody else may read"

    private static func base64(_ text: String) -> String { PaddedBase64.encode(Array(text.utf8)) }

    @Test("signatures")
    func signatures() async throws {
        let fixture = try await KeyServiceFixture()
        let (body, ada) = (Array("{}".utf8), fixture.s3.administrator)
        let target = "TrentService.ListKeys"
        #expect(try await fixture.send(target, body, as: ada).status == 200)
        #expect(try await fixture.send(target, body, as: nil).type == "MissingAuthenticationTokenException")
        let other = try await fixture.s3.user("bob")
        let wrong = S3Fixture.Signer(accessKeyID: ada.accessKeyID, secret: other.secret)
        #expect(try await fixture.send(target, body, as: wrong).type == "InvalidSignatureException")
        let unknown = S3Fixture.Signer(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secret: ada.secret)
        #expect(try await fixture.send(target, body, as: unknown).type == "UnrecognizedClientException")
        for service in ["s3", "iam"] {
            let answer = try await fixture.send(target, body, as: ada, service: service)
            #expect(answer.status == 400 && answer.type == "IncompleteSignatureException")
        }
        #expect(
            try await fixture.send(target, body, as: ada, region: "eu-west-1").type == "IncompleteSignatureException")
        let late = S3Fixture.now - 16 * 60 * 1_000
        #expect(
            try await fixture.send(target, body, as: ada, atMilliseconds: late).type == "InvalidSignatureException")
        let altered = try await fixture.send(target, body, as: ada) { _ in Array("[]".utf8) }
        #expect(altered.status == 400 && altered.type == "InvalidSignatureException")
        let token = [(name: "x-amz-security-token", value: "x")]
        #expect(
            try await fixture.send(target, body, as: ada, headers: token).type == "UnrecognizedClientException")
        let unsigned = [(name: "x-amz-content-sha256", value: "UNSIGNED-PAYLOAD")]
        #expect(
            try await fixture.send(target, body, as: ada, headers: unsigned).type == "InvalidSignatureException")
        // What is signed for the key service is none for S3.
        let headers = try S3Fixture.signed("GET", "/", "", [("host", "localhost")], [], ada, service: "kms")
        let request = S3Request(
            method: "GET", rawPath: "/", rawQuery: "", headers: RequestHeaders(headers),
            connection: ConnectionFacts(sourceAddress: nil, transport: .transportLayerSecurity(version: "1.3")),
            id: "TEST", body: RequestBodyStream { nil })
        #expect(await fixture.s3.service.answer(request).status == 400)
    }

    @Test("bodies that are no JSON object, or a hostile one")
    func bodies() async throws {
        let fixture = try await KeyServiceFixture()
        let ada = fixture.s3.administrator
        let depth = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        for text in [
            "[]", "{", "nonsense", #"{"KeyId":"a","KeyId":"b"}"#, #"{"KeyId":1}"#, #"{"KeyId":\#(depth)}"#,
            #"{"KeyId":"a"} {}"#, #"{"KeyId":["a"]}"#, "\u{FEFF}{}",
        ] {
            let answer = try await fixture.send("TrentService.DescribeKey", Array(text.utf8), as: ada)
            #expect(answer.status == 400 && answer.type == "SerializationException", "\(text.prefix(40))")
        }
        let large = Array(#"{"KeyId":"\#(String(repeating: "a", count: 600_000))"}"#.utf8)
        #expect(try await fixture.send("TrentService.DescribeKey", large, as: ada).status == 413)
        let plain = try await fixture.send(
            "TrentService.ListKeys", Array("{}".utf8), as: ada, contentType: "application/json")
        #expect(plain.type == "SerializationException")
        #expect(try await fixture.send("TrentService.ListKeys", [], as: ada).status == 200)
        #expect(try await fixture.refusal("DescribeKey") == "ValidationException")
        #expect(try await fixture.refusal("DescribeKey", ["KeyId": .null]) == "ValidationException")
        #expect(
            try await fixture.refusal("DescribeKey", ["KeyId": .string("x"), "Plaintext": .string("eA==")])
                == "ValidationException")
    }

    @Test("plaintexts")
    func plaintexts() async throws {
        let fixture = try await KeyServiceFixture()
        let (ada, key) = (fixture.s3.administrator, try await fixture.key().text ?? "")
        func refusal(_ member: String) async throws -> String? {
            try await fixture.send(
                "TrentService.Encrypt", Array(#"{"KeyId":"\#(key)",\#(member)}"#.utf8), as: ada
            ).type
        }
        for member in [
            #""Plaintext":"ab""#, #""Plaintext":"a\nb=""#, #""Plaintext":1"#, #""Plaintext":["YQ=="]"#,
            #""Plaintext":"YQ==","Plaintext":"YQ==""#, #""\u0050laintext":"YQ==""#, #""Plaintext":"YQ=="x"#,
            #""Plaintext":"Y\u0051==""#, #""Plaintext":"YR==""#, #""Plaintext":"====""#,
        ] {
            #expect(try await refusal(member) == "SerializationException", "\(member)")
        }
        let largest = PaddedBase64.encode([UInt8](repeating: 0xFF, count: 4_096))
        #expect(try await refusal(#""Plaintext" : "\#(largest)""#) == nil)
        #expect(try await refusal(#""Plaintext":"\#(largest.replacing("/", with: "\\/"))""#) == nil)
        let larger = PaddedBase64.encode([UInt8](repeating: 0xFF, count: 4_097))
        #expect(try await refusal(#""Plaintext":"\#(larger)""#) == "ValidationException")
        #expect(try await refusal(#""Plaintext":"""#) == "ValidationException")
        #expect(try await refusal(#""DryRun":false"#) == "ValidationException")
        // Of an encryption context a member may be called anything.
        #expect(try await refusal(#""Plaintext":"YQ==","EncryptionContext":{"Plaintext":"x"}"#) == nil)
    }

    @Test("nothing secret goes over a connection that anybody can read")
    func plainConnections() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let text = JSONValue.string(Self.base64(Self.secret))
        let sealed = try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": text])
        let requests: [(operation: String, members: [String: JSONValue])] = [
            ("Encrypt", ["KeyId": key, "Plaintext": text]),
            ("Decrypt", ["CiphertextBlob": try #require(sealed.members["CiphertextBlob"])]),
            ("GenerateDataKey", ["KeyId": key, "KeySpec": .string("AES_256")]),
            ("GenerateRandom", ["NumberOfBytes": .number("8")]), ("ImportKeyMaterial", ["KeyId": key]),
        ]
        for (operation, members) in requests {
            let answer = try await fixture.ask(operation, members, isSecure: false)
            #expect(answer.type == "ValidationException" && answer.message.contains("HTTPS"), "\(operation)")
            #expect(answer.members["Plaintext"] == nil)
        }
        #expect(try await fixture.ask("DescribeKey", ["KeyId": key], isSecure: false).status == 200)
    }

    @Test("the log names users, operations and codes, and no plaintext")
    func logs() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let text = JSONValue.string(Self.base64(Self.secret))
        let sealed = try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": text])
        let blob = try #require(sealed.members["CiphertextBlob"])
        let opened = try await fixture.ask("Decrypt", ["CiphertextBlob": blob])
        #expect(opened.members["Plaintext"] == text)
        _ = try await fixture.ask("Encrypt", ["KeyId": .string(Self.secret), "Plaintext": text])
        _ = try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": text, Self.secret: text])
        _ = try await fixture.ask(Self.secret, ["Plaintext": text])
        let log = fixture.log.all
        #expect(log.contains("Encrypt") && log.contains("ada") && log.contains("NotFoundException"))
        #expect(!log.contains(Self.secret) && !log.contains(Self.base64(Self.secret)))
        #expect(!log.contains(try #require(blob.text)))
    }

    @Test("the text of a plaintext lives until it is read, and no longer")
    func digits() throws {
        var digits: SharedSecret? = SharedSecret(try SecretBytes.random(count: 5_464))
        weak let left = digits
        let once = SecretDigits(try #require(digits))
        digits = nil
        #expect(left != nil)
        do {
            let taken = once.take()
            #expect(taken != nil && left != nil)
        }
        #expect(left == nil)
        #expect(once.take() == nil)
    }

    @Test("the plaintext is blank before anything reads the rest")
    func taking() throws {
        var bytes = Array(#"{"a":{"Plaintext":"x"},"b":"\"Plaintext\":\"y","Plaintext": "Y\/==" ,"c":[1]}"#.utf8)
        let secret = try #require(try SecretMember.take("Plaintext", from: &bytes))
        let digits = try secret.bytes.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
        #expect(digits == Array("Y/==".utf8))
        let rest = #"{"a":{"Plaintext":"x"},"b":"\"Plaintext\":\"y","Plaintext": "     " ,"c":[1]}"#
        #expect(String(decoding: bytes, as: UTF8.self) == rest)
        for text in [#"{"Plaintext":"secret"#, #"{"Plaintext":"secret\"#, #"{"Plaintext":"secret\u"}"#] {
            var bytes = Array(text.utf8)
            _ = try? SecretMember.take("Plaintext", from: &bytes)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
        }
        for text in ["", "{", "\"", #"{"Plaintext""#, #"{"Plaintext":"#, "]]]]", #"["Plaintext":"x"]"#] {
            var bytes = Array(text.utf8)
            _ = try SecretMember.take("Plaintext", from: &bytes)
        }
    }
}
