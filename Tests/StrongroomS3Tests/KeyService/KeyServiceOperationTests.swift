import StrongroomCrypto
import StrongroomKMSKeys
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomS3Protocol

@Suite("The key service: each operation") struct KeyServiceOperationTests {
    private static func base64(_ text: String) -> JSONValue { .string(PaddedBase64.encode(Array(text.utf8))) }

    private static func tag(_ name: String, _ value: String) -> JSONValue {
        .object(["TagKey": .string(name), "TagValue": .string(value)])
    }

    @Test("keys are made, described, listed, disabled and deleted")
    func keys() async throws {
        let fixture = try await KeyServiceFixture()
        let made = try await fixture.ask(
            "CreateKey", ["Description": .string("of a test"), "Tags": .array([Self.tag("a", "b")])])
        let metadata = try #require(made.members["KeyMetadata"])
        #expect(made.headers["content-type"] == "application/x-amz-json-1.1")
        #expect(made.headers["x-amzn-requestid"] == "TEST")
        #expect(metadata["KeyState"] == .string("Enabled") && metadata["Enabled"] == .boolean(true))
        #expect(metadata["Description"] == .string("of a test") && metadata["KeyManager"] == .string("CUSTOMER"))
        #expect(metadata["MultiRegion"] == .boolean(false) && metadata["Origin"] == .string("AWS_KMS"))
        #expect(metadata["AWSAccountId"] == .string("000000000000"))
        guard case .number(let created)? = metadata["CreationDate"] else { preconditionFailure("a date") }
        #expect((try #require(Double(created))) > 1.7e9)
        let key = try #require(metadata["KeyId"])
        #expect(try await fixture.ask("DescribeKey", ["KeyId": try #require(metadata["Arn"])]).members == made.members)
        let page = try await fixture.ask("ListKeys", ["Limit": .number("1")])
        #expect(page.members["Keys"]?.count == 1 && page.members["Truncated"] == .boolean(true))
        let next = try await fixture.ask("ListKeys", ["Marker": try #require(page.members["NextMarker"])])
        #expect(next.members["Keys"]?.count == 1 && next.members["Truncated"] == .boolean(false))
        let described = try await fixture.ask("UpdateKeyDescription", ["KeyId": key, "Description": .string("x")])
        #expect(described.status == 200 && described.body.isEmpty)
        #expect(try await fixture.ask("DisableKey", ["KeyId": key]).status == 200)
        #expect(
            try await fixture.refusal("Encrypt", ["KeyId": key, "Plaintext": Self.base64("x")]) == "DisabledException")
        #expect(try await fixture.ask("EnableKey", ["KeyId": key]).status == 200)
        let deletion = try await fixture.ask(
            "ScheduleKeyDeletion", ["KeyId": key, "PendingWindowInDays": .number("7")])
        #expect(deletion.string("KeyState") == "PendingDeletion" && deletion.members["DeletionDate"] != nil)
        #expect(deletion.members["PendingWindowInDays"] == .number("7"))
        #expect(try await fixture.refusal("EnableKey", ["KeyId": key]) == "KMSInvalidStateException")
        #expect(try await fixture.ask("CancelKeyDeletion", ["KeyId": key]).string("KeyId") == metadata["Arn"]?.text)
        #expect(
            try await fixture.refusal("ScheduleKeyDeletion", ["KeyId": key, "PendingWindowInDays": .number("1000")])
                == "ValidationException")
    }

    @Test("what was sealed opens again, under the context and the key that sealed it")
    func cryptography() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let context = JSONValue.object(["tenant": .string("blue")])
        let sealed = try await fixture.ask(
            "Encrypt", ["KeyId": key, "Plaintext": Self.base64("secret"), "EncryptionContext": context])
        #expect(sealed.status == 200 && sealed.string("EncryptionAlgorithm") == "SYMMETRIC_DEFAULT")
        let blob = try #require(sealed.members["CiphertextBlob"])
        let opened = try await fixture.ask("Decrypt", ["CiphertextBlob": blob, "EncryptionContext": context])
        #expect(opened.members["Plaintext"] == Self.base64("secret"))
        #expect(opened.string("KeyId") == sealed.string("KeyId") && opened.string("KeyMaterialId")?.count == 64)
        #expect(try await fixture.refusal("Decrypt", ["CiphertextBlob": blob]) == "InvalidCiphertextException")
        let other = try await fixture.key()
        #expect(
            try await fixture.refusal(
                "Decrypt", ["CiphertextBlob": blob, "EncryptionContext": context, "KeyId": other])
                == "IncorrectKeyException")
        let moved = try await fixture.ask(
            "ReEncrypt", ["CiphertextBlob": blob, "SourceEncryptionContext": context, "DestinationKeyId": other])
        #expect(moved.string("SourceKeyId") == sealed.string("KeyId"))
        #expect(moved.string("KeyId")?.hasSuffix(other.text ?? "-") == true)
        let again = try await fixture.ask("Decrypt", ["CiphertextBlob": try #require(moved.members["CiphertextBlob"])])
        #expect(again.members["Plaintext"] == Self.base64("secret"))
        #expect(
            try await fixture.refusal(
                "Encrypt", ["KeyId": key, "Plaintext": Self.base64("x"), "DryRun": .boolean(true)])
                == "DryRunOperationException")
        let usage = try await fixture.ask("GetKeyLastUsage", ["KeyId": key])
        #expect(usage.member("KeyLastUsage", "Operation") == .string("ReEncrypt"))
        #expect(usage.member("KeyLastUsage", "KmsRequestId") == .string("TEST"))
        let unused = try await fixture.ask("GetKeyLastUsage", ["KeyId": try await fixture.key()])
        #expect(unused.members["KeyLastUsage"] == nil && unused.members["TrackingStartDate"] != nil)
    }

    @Test("data keys of every size, and random bytes")
    func dataKeys() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        let sizes: [(name: String, value: JSONValue, count: Int)] = [
            ("KeySpec", .string("AES_256"), 32), ("KeySpec", .string("AES_128"), 16),
            ("NumberOfBytes", .number("1"), 1), ("NumberOfBytes", .number("1024"), 1_024),
        ]
        for size in sizes {
            let made = try await fixture.ask("GenerateDataKey", ["KeyId": key, size.name: size.value])
            #expect(PaddedBase64.decode(made.string("Plaintext") ?? "")?.count == size.count)
            let opened = try await fixture.ask(
                "Decrypt", ["CiphertextBlob": try #require(made.members["CiphertextBlob"])])
            #expect(opened.members["Plaintext"] == made.members["Plaintext"])
        }
        let sealed = try await fixture.ask(
            "GenerateDataKeyWithoutPlaintext", ["KeyId": key, "KeySpec": .string("AES_256")], isSecure: false)
        #expect(sealed.status == 200 && sealed.members["Plaintext"] == nil)
        for wrong: [String: JSONValue] in [
            ["KeyId": key], ["KeyId": key, "NumberOfBytes": .number("1025")],
            ["KeyId": key, "NumberOfBytes": .number("0")], ["KeyId": key, "NumberOfBytes": .number("-1")],
            ["KeyId": key, "KeySpec": .string("RSA")],
            ["KeyId": key, "KeySpec": .string("AES_256"), "NumberOfBytes": .number("32")],
        ] {
            #expect(try await fixture.refusal("GenerateDataKey", wrong) == "ValidationException")
        }
        let random = try await fixture.ask("GenerateRandom", ["NumberOfBytes": .number("64")])
        #expect(PaddedBase64.decode(random.string("Plaintext") ?? "")?.count == 64)
        #expect(random.members.count == 1)
        #expect(try await fixture.refusal("GenerateRandom") == "ValidationException")
    }

    @Test("aliases and tags")
    func naming() async throws {
        let fixture = try await KeyServiceFixture()
        let (first, second) = (try await fixture.key(), try await fixture.key())
        let name = JSONValue.string("alias/photos")
        #expect(try await fixture.ask("CreateAlias", ["AliasName": name, "TargetKeyId": first]).status == 200)
        #expect(
            try await fixture.refusal("CreateAlias", ["AliasName": name, "TargetKeyId": first])
                == "AlreadyExistsException")
        #expect(try await fixture.ask("UpdateAlias", ["AliasName": name, "TargetKeyId": second]).status == 200)
        #expect(try await fixture.ask("DescribeKey", ["KeyId": name]).member("KeyMetadata", "KeyId") == second)
        let aliases = try await fixture.ask("ListAliases", ["KeyId": second]).members["Aliases"]
        #expect(aliases?.count == 1 && aliases?[0]?["AliasName"] == name && aliases?[0]?["TargetKeyId"] == second)
        #expect(try await fixture.ask("DeleteAlias", ["AliasName": name]).status == 200)
        #expect(try await fixture.refusal("DescribeKey", ["KeyId": name]) == "NotFoundException")
        #expect(
            try await fixture.refusal("CreateAlias", ["AliasName": .string("alias/a b"), "TargetKeyId": first])
                == "InvalidAliasNameException")
        let tags = JSONValue.array([Self.tag("a", "1"), Self.tag("b", "2"), Self.tag("c", "3")])
        #expect(try await fixture.ask("TagResource", ["KeyId": first, "Tags": tags]).status == 200)
        #expect(
            try await fixture.ask("UntagResource", ["KeyId": first, "TagKeys": .array([.string("b")])]).status == 200)
        let page = try await fixture.ask("ListResourceTags", ["KeyId": first, "Limit": .number("1")])
        #expect(page.members["Tags"] == .array([Self.tag("a", "1")]) && page.members["Truncated"] == .boolean(true))
        let rest = try await fixture.ask(
            "ListResourceTags", ["KeyId": first, "Marker": try #require(page.members["NextMarker"])])
        #expect(rest.members["Tags"] == .array([Self.tag("c", "3")]) && rest.members["Truncated"] == .boolean(false))
        for wrong in [[Self.tag("x", "1"), Self.tag("x", "2")], [Self.tag("aws:x", "1")]] {
            #expect(
                try await fixture.refusal("TagResource", ["KeyId": first, "Tags": .array(wrong)]) == "TagException")
        }
    }

    @Test("rotation, on demand and by itself")
    func rotation() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key()
        #expect(
            try await fixture.ask("GetKeyRotationStatus", ["KeyId": key]).members["KeyRotationEnabled"]
                == .boolean(false))
        let period = JSONValue.number("90")
        #expect(
            try await fixture.ask("EnableKeyRotation", ["KeyId": key, "RotationPeriodInDays": period]).status == 200)
        let status = try await fixture.ask("GetKeyRotationStatus", ["KeyId": key])
        #expect(status.members["RotationPeriodInDays"] == period && status.members["NextRotationDate"] != nil)
        #expect(try await fixture.ask("DisableKeyRotation", ["KeyId": key]).status == 200)
        #expect(try await fixture.ask("RotateKeyOnDemand", ["KeyId": key]).string("KeyId") != nil)
        let rotations = try await fixture.ask("ListKeyRotations", ["KeyId": key]).members["Rotations"]
        #expect(rotations?.count == 1 && rotations?[0]?["RotationType"] == .string("ON_DEMAND"))
        #expect(rotations?[0]?["KeyId"] == key)
        let all = try await fixture.ask(
            "ListKeyRotations", ["KeyId": key, "IncludeKeyMaterial": .string("ALL_KEY_MATERIAL")])
        #expect(all.members["Rotations"]?.count == 2)
    }

    @Test("key material from elsewhere")
    func importing() async throws {
        let fixture = try await KeyServiceFixture()
        let key = try await fixture.key(["Origin": .string("EXTERNAL")])
        let terms: [String: JSONValue] = [
            "KeyId": key, "WrappingAlgorithm": .string("RSAES_OAEP_SHA_256"), "WrappingKeySpec": .string("RSA_2048"),
        ]
        let parameters = try await fixture.ask("GetParametersForImport", terms)
        #expect(parameters.members["ParametersValidTo"] != nil)
        let publicKey = try #require(PaddedBase64.decode(parameters.string("PublicKey") ?? ""))
        let wrapped = try PublicKeyEncryption.encrypt([UInt8](repeating: 7, count: 32), for: publicKey, usesSHA1: false)
        let material: [String: JSONValue] = [
            "KeyId": key, "ImportToken": try #require(parameters.members["ImportToken"]),
            "EncryptedKeyMaterial": .string(PaddedBase64.encode(wrapped)),
        ]
        #expect(try await fixture.refusal("ImportKeyMaterial", material) == "ValidationException")
        let lasting = material.merging(["ExpirationModel": .string("KEY_MATERIAL_DOES_NOT_EXPIRE")]) { $1 }
        let imported = try await fixture.ask("ImportKeyMaterial", lasting)
        #expect(imported.status == 200 && imported.string("KeyMaterialId")?.count == 64)
        let metadata = try await fixture.ask("DescribeKey", ["KeyId": key]).members["KeyMetadata"]
        #expect(metadata?["KeyState"] == .string("Enabled"))
        #expect(metadata?["ExpirationModel"] == .string("KEY_MATERIAL_DOES_NOT_EXPIRE"))
        let deleted = try await fixture.ask("DeleteImportedKeyMaterial", ["KeyId": key])
        #expect(deleted.status == 200 && deleted.string("KeyMaterialId") == imported.string("KeyMaterialId"))
        #expect(
            try await fixture.refusal("GenerateDataKey", ["KeyId": key, "KeySpec": .string("AES_256")])
                == "KMSInvalidStateException")
        let last = PosixClock().wallMilliseconds() / 1_000 + 300 * 86_400
        let ending = material.merging(["ValidTo": .number("\(last).5")]) { $1 }
        #expect(try await fixture.ask("ImportKeyMaterial", ending).status == 200)
        let expiring = try await fixture.ask("DescribeKey", ["KeyId": key]).members["KeyMetadata"]
        #expect(expiring?["ValidTo"] == .number("\(last).500"))
        #expect(expiring?["ExpirationModel"] == .string("KEY_MATERIAL_EXPIRES"))
        // Other material waits, and comes again without a word of which it is.
        let second = try PublicKeyEncryption.encrypt([UInt8](repeating: 8, count: 32), for: publicKey, usesSHA1: false)
        let waiting = lasting.merging(["EncryptedKeyMaterial": .string(PaddedBase64.encode(second))]) { $1 }
        let new = waiting.merging(["ImportType": .string("NEW_KEY_MATERIAL")]) { $1 }
        let pending = try await fixture.ask("ImportKeyMaterial", new)
        #expect(pending.status == 200 && pending.string("KeyMaterialId") != imported.string("KeyMaterialId"))
        let again = try await fixture.ask("ImportKeyMaterial", waiting)
        #expect(again.status == 200 && again.string("KeyMaterialId") == nil)
        let foreign = terms.merging(["WrappingAlgorithm": .string("RSA_AES_KEY_WRAP_SHA_256")]) { $1 }
        #expect(try await fixture.refusal("GetParametersForImport", foreign) == "UnsupportedOperationException")
    }

    @Test("keys in several regions")
    func regions() async throws {
        let fixture = try await KeyServiceFixture()
        let folder = TemporaryFolder()
        let other = try await KeyBackendInstance.open(
            KMSKeys.table,
            configuration: KMSKeys.configuration(
                keyring: folder.path.appending("keyring"), creates: true, region: "eu-west-1"))
        let key = try await fixture.key(["MultiRegion": .boolean(true)])
        let region = JSONValue.string("eu-west-1")
        let replica = try await fixture.ask("ReplicateKey", ["KeyId": key, "ReplicaRegion": region])
        #expect(replica.member("ReplicaKeyMetadata", "KeyId") == key && replica.string("ReplicaPolicy") != nil)
        let configuration = replica.member("ReplicaKeyMetadata", "MultiRegionConfiguration")
        #expect(configuration?["MultiRegionKeyType"] == .string("REPLICA"))
        #expect(configuration?["PrimaryKey"]?["Region"] == .string("us-east-1"))
        #expect(try await fixture.ask("UpdatePrimaryRegion", ["KeyId": key, "PrimaryRegion": region]).status == 200)
        let now = try await fixture.ask("DescribeKey", ["KeyId": key])
        #expect(
            now.member("KeyMetadata", "MultiRegionConfiguration")?["PrimaryKey"]?["Region"] == region)
        try await other.close()
    }

    @Test("what KMS has and is not here is refused by name")
    func notOffered() async throws {
        let fixture = try await KeyServiceFixture()
        for operation in KeyServiceOperation.notOffered {
            #expect(try await fixture.refusal(operation) == "UnsupportedOperationException", "\(operation)")
        }
        for (name, value) in [("KeySpec", "RSA_2048"), ("KeyUsage", "SIGN_VERIFY"), ("Origin", "AWS_CLOUDHSM")] {
            #expect(
                try await fixture.refusal("CreateKey", [name: .string(value)]) == "UnsupportedOperationException")
        }
        let custom = JSONValue.string("store")
        #expect(try await fixture.refusal("CreateKey", ["CustomKeyStoreId": custom]) == "UnsupportedOperationException")
        #expect(try await fixture.refusal("CreateKey", ["NoSuchMember": custom]) == "ValidationException")
        for operation in ["NoSuchOperation", "", "createKey"] {
            #expect(try await fixture.refusal(operation) == "UnknownOperationException")
        }
        let without = try await KeyServiceFixture(hasKeyService: false)
        #expect(try await without.refusal("ListKeys") == "UnsupportedOperationException")
    }
}
