import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// What KMS answers, code by code and word for word: all of it with the status 400.
@Suite("Refusals of the key service, asked itself") struct KeyServiceWordsTests {
    private static let arns = "arn:aws:kms:us-east-1:000000000000:"
    private static let uuid = "12345678-1234-1234-1234-123456789012"
    private static let plaintext = JSONValue.string(PaddedBase64.encode(Array("x".utf8)))

    private static func expect(
        _ reply: KeyServiceFixture.Reply, _ type: String, _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isRight = reply.status == 400 && reply.type == type && reply.message.hasPrefix(message)
        #expect(isRight, "\(reply.status) \(reply.type ?? ""): \(reply.message)", sourceLocation: sourceLocation)
    }

    /// A new key's ARN, as a member.
    private static func arn(
        _ fixture: KeyServiceFixture, _ members: [String: JSONValue] = [:]
    ) async throws -> (member: JSONValue, text: String) {
        let text = try #require(try await fixture.ask("CreateKey", members).member("KeyMetadata", "Arn")?.text)
        return (.string(text), text)
    }

    @Test("keys that are not here", arguments: ["DescribeKey", "DisableKey", "Encrypt"])
    func absent(_ operation: String) async throws {
        let fixture = try await KeyServiceFixture()
        for (key, message) in [
            ("fake-key-id", "Invalid keyId 'fake-key-id'"),
            (Self.uuid, "Key '\(Self.arns)key/\(Self.uuid)' does not exist"),
            ("\(Self.arns)key/\(Self.uuid)", "Key '\(Self.arns)key/\(Self.uuid)' does not exist"),
            ("arn:aws:kms:eu-west-1:000000000000:key/\(Self.uuid)", "Invalid arn eu-west-1"),
        ] {
            var members: [String: JSONValue] = ["KeyId": .string(key)]
            if operation == "Encrypt" { members["Plaintext"] = Self.plaintext }
            Self.expect(try await fixture.ask(operation, members), "NotFoundException", message)
        }
    }

    @Test("states of keys")
    func states() async throws {
        let fixture = try await KeyServiceFixture()
        let (key, text) = try await Self.arn(fixture)
        func encrypt(_ key: JSONValue) async throws -> KeyServiceFixture.Reply {
            try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": Self.plaintext])
        }
        #expect(try await fixture.ask("DisableKey", ["KeyId": key]).status == 200)
        Self.expect(try await encrypt(key), "DisabledException", "\(text) is disabled.")
        #expect(try await fixture.ask("ScheduleKeyDeletion", ["KeyId": key]).status == 200)
        Self.expect(try await encrypt(key), "KMSInvalidStateException", "\(text) is pending deletion.")
        let (foreign, name) = try await Self.arn(fixture, ["Origin": .string("EXTERNAL")])
        Self.expect(try await encrypt(foreign), "KMSInvalidStateException", "\(name) is pending import.")
    }

    @Test("ciphertexts that do not open say one thing, whatever is wrong")
    func ciphertexts() async throws {
        let fixture = try await KeyServiceFixture()
        let (key, _) = try await Self.arn(fixture)
        let context = JSONValue.object(["tenant": .string("blue")])
        let sealed = try await fixture.ask(
            "Encrypt", ["KeyId": key, "Plaintext": Self.plaintext, "EncryptionContext": context])
        let text = try #require(sealed.string("CiphertextBlob"))
        let blob = try #require(PaddedBase64.decode(text))
        var flipped = blob
        flipped[blob.count - 1] ^= 1
        for (bytes, context) in [
            (blob, JSONValue.object([:])), (blob, .object(["tenant": .string("red")])), (flipped, context),
            (blob + [0], context), (Array(blob.dropLast()), context), ([1, 2, 3], context),
        ] {
            let reply = try await fixture.ask(
                "Decrypt", ["CiphertextBlob": .string(PaddedBase64.encode(bytes)), "EncryptionContext": context])
            Self.expect(reply, "InvalidCiphertextException", "")
        }
        #expect(try await fixture.ask("RotateKeyOnDemand", ["KeyId": key]).status == 200)
        let opened = try await fixture.ask("Decrypt", ["CiphertextBlob": .string(text), "EncryptionContext": context])
        #expect(opened.members["Plaintext"] == Self.plaintext && opened.string("KeyMaterialId") != nil)
        let (other, _) = try await Self.arn(fixture)
        let message = "The key ID in the request does not identify a CMK that can perform this operation."
        let wrong: [String: JSONValue] = [
            "CiphertextBlob": .string(text), "EncryptionContext": context, "KeyId": other,
        ]
        Self.expect(try await fixture.ask("Decrypt", wrong), "IncorrectKeyException", message)
        Self.expect(
            try await fixture.ask(
                "ReEncrypt",
                [
                    "CiphertextBlob": .string(text), "SourceEncryptionContext": context, "SourceKeyId": other,
                    "DestinationKeyId": other,
                ]), "IncorrectKeyException", message)
    }

    @Test("what was only tried, and what keys of this kind do not do")
    func unsupported() async throws {
        let fixture = try await KeyServiceFixture()
        let (key, text) = try await Self.arn(fixture)
        Self.expect(
            try await fixture.ask("Encrypt", ["KeyId": key, "Plaintext": Self.plaintext, "DryRun": .boolean(true)]),
            "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
        let (foreign, name) = try await Self.arn(fixture, ["Origin": .string("EXTERNAL")])
        Self.expect(
            try await fixture.ask("EnableKeyRotation", ["KeyId": foreign]), "UnsupportedOperationException",
            "\(name) origin is EXTERNAL which is not valid for this operation.")
        Self.expect(
            try await fixture.ask("ReplicateKey", ["KeyId": key, "ReplicaRegion": .string("eu-west-1")]),
            "UnsupportedOperationException", "\(text) is not a multi-region primary key.")
        Self.expect(
            try await fixture.ask(
                "Encrypt",
                ["KeyId": key, "Plaintext": Self.plaintext, "EncryptionAlgorithm": .string("RSAES_OAEP_SHA_256")]),
            "InvalidKeyUsageException", "")
    }

    @Test("rotations on demand have an end")
    func rotations() async throws {
        let fixture = try await KeyServiceFixture()
        let (key, _) = try await Self.arn(fixture)
        var reply = try await fixture.ask("RotateKeyOnDemand", ["KeyId": key])
        var count = 0
        while reply.status == 200, count < 100 {
            count += 1
            reply = try await fixture.ask("RotateKeyOnDemand", ["KeyId": key])
        }
        Self.expect(reply, "LimitExceededException", "The on-demand rotations limit has been reached")
        #expect(count == 25)
    }

    @Test("tags")
    func tags() async throws {
        let fixture = try await KeyServiceFixture()
        let (key, _) = try await Self.arn(fixture)
        func put(_ names: [String]) async throws -> KeyServiceFixture.Reply {
            let tags = names.map { JSONValue.object(["TagKey": .string($0), "TagValue": .string("1")]) }
            return try await fixture.ask("TagResource", ["KeyId": key, "Tags": .array(tags)])
        }
        Self.expect(try await put(["a", "a"]), "TagException", "Duplicate tag keys")
        for name in ["aws:a", "AWS:a"] {
            Self.expect(try await put([name]), "TagException", "Tags beginning with aws: are reserved")
        }
        Self.expect(try await put((0...50).map { "t\($0)" }), "TagException", "Too many tags")
        #expect(try await put((0..<50).map { "t\($0)" }).status == 200)
        Self.expect(try await put(["one more"]), "TagException", "Too many tags")
    }
}
