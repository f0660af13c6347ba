import StrongroomCrypto
import StrongroomKMSKeys
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

/// The whole path an engine takes: Swift → C table → Swift backend, and back.
@Suite struct KMSBackendTests {
    let folder = TemporaryFolder()

    func open(creates: Bool = false) async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(
            KMSKeys.table,
            configuration: KMSKeys.configuration(keyring: folder.path.appending("keyring"), creates: creates))
    }

    func control(
        _ instance: KeyBackendInstance, _ operation: String, _ members: [String: JSONValue] = [:]
    ) async throws -> [String: JSONValue] {
        let request = members.merging(["operation": .string(operation)]) { $1 }
        return try JSONValue.object(
            parsing: try await instance.control(ControlRequest(json: JSONValue.object(request).encoded())))
    }

    func refusal(_ body: () async throws -> Void) async throws -> KeyBackendError.Code? {
        do {
            try await body()
            return nil
        } catch let error as KeyBackendError {
            return error.code
        }
    }

    @Test func withoutAKeyIdTheManagedKeyAnswers() async throws {
        let instance = try await open(creates: true)
        #expect(instance.table.name == "kms" && instance.table.bindsContext)
        let description = try await instance.describe(DescribeRequest())
        #expect(description.keyID.hasPrefix("arn:aws:kms:us-east-1:000000000000:key/"))
        #expect(description.health == .ready)
        #expect(try await instance.describe(DescribeRequest(keyID: KMSKeys.defaultKeyID)) == description)
        let generated = try await instance.generateDataKey(DataKeyRequest())
        #expect(generated.wrapped.keyID == description.keyID)
        #expect(generated.wrapped.keyVersion == description.currentVersion)
        #expect(generated.wrapped.bytes.count == 104)
        try await instance.close()
        let reopened = try await open()
        let key = try await reopened.unwrap(generated.wrapped, for: UnwrapRequest())
        #expect(try key.isEqual(to: generated.plaintext))
    }

    /// Some twenty keys whose descriptions are long had every list of keys fail: an answer has an end.
    @Test func aListTakesAsManyPagesAsItNeeds() async throws {
        let instance = try await open(creates: true)
        let description = JSONValue.string(String(repeating: "\u{1}", count: 8_192))
        for _ in 0..<30 { _ = try await control(instance, "create-key", ["description": description]) }
        var (ids, pages, marker): (Set<String>, Int, JSONValue?) = ([], 0, nil)
        repeat {
            let page = try await control(instance, "list-keys", marker.map { ["marker": $0] } ?? [:])
            guard case .array(let keys)? = page["keys"] else { throw KeyBackendError(.moduleFault, "no keys") }
            for case .object(let key) in keys {
                guard case .string(let id)? = key["keyId"] else { throw KeyBackendError(.moduleFault, "no key id") }
                #expect(ids.insert(id).inserted)
            }
            marker = page["nextMarker"]
            pages += 1
        } while marker != nil
        #expect(pages > 1 && ids.count == 31)
        try await instance.close()
    }

    @Test func keysAreAdministeredByControl() async throws {
        let instance = try await open(creates: true)
        let made = try await control(instance, "create-key", ["description": .string("photos")])
        let arn = try #require(made["keyId"])
        guard case .string(let keyID) = arn else { throw KeyBackendError(.moduleFault, "no key id") }
        #expect(made["state"] == .string("Enabled") && made["versionCount"] == .number("1"))
        #expect(try await control(instance, "describe-key", ["keyId": arn]) == made)
        let alias = try await control(
            instance, "create-alias", ["aliasName": .string("alias/photos"), "targetKeyId": arn])
        #expect(alias["targetKeyId"] == made["id"])
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::photos/1"])
        let generated = try await instance.generateDataKey(
            DataKeyRequest(keyID: "alias/photos", encryptionContext: context))
        #expect(generated.wrapped.keyID == keyID)

        let rotated = try await control(instance, "rotate-key", ["keyId": .string("alias/photos")])
        #expect(rotated["versionCount"] == .number("2"))
        let rewrapped = try await instance.rewrap(generated.wrapped, for: RewrapRequest(encryptionContext: context))
        #expect(JSONValue.string(rewrapped.keyVersion) == rotated["currentVersion"])
        let rotations = try await control(instance, "list-rotations", ["keyId": arn, "limit": .number("1")])
        #expect(rotations["nextMarker"] == rotated["currentVersion"])

        #expect(try await control(instance, "disable-key", ["keyId": arn])["state"] == .string("Disabled"))
        #expect(try await instance.describe(DescribeRequest(keyID: keyID)).health == .unavailable)
        let unwrap = UnwrapRequest(encryptionContext: context)
        for call: () async throws -> Void in [
            { _ = try await instance.unwrap(rewrapped, for: unwrap) },
            { _ = try await instance.generateDataKey(DataKeyRequest(keyID: keyID)) },
            { _ = try await instance.rewrap(generated.wrapped, for: RewrapRequest(encryptionContext: context)) },
        ] { #expect(try await refusal(call) == .keyDisabled) }
        _ = try await control(instance, "enable-key", ["keyId": arn])
        #expect(try await instance.unwrap(rewrapped, for: unwrap).isEqual(to: generated.plaintext))

        _ = try await control(instance, "replace-root-key")
        #expect(try await instance.unwrap(generated.wrapped, for: unwrap).isEqual(to: generated.plaintext))
        _ = try await control(instance, "update-alias", ["aliasName": .string("alias/photos"), "targetKeyId": arn])
        _ = try await control(instance, "delete-alias", ["aliasName": .string("alias/photos")])
        guard case .array(let aliases)? = try await control(instance, "list-aliases")["aliases"],
            case .array(let keys)? = try await control(instance, "list-keys")["keys"]
        else { throw KeyBackendError(.moduleFault, "no lists") }
        #expect(aliases.count == 1 && keys.count == 2)
    }

    @Test func statusCountsRequests() async throws {
        let instance = try await open(creates: true)
        let key = try #require(try await control(instance, "create-key")["keyId"])
        guard case .string(let keyID) = key else { throw KeyBackendError(.moduleFault, "no key id") }
        for _ in 0..<2 { _ = try await instance.generateDataKey(DataKeyRequest(keyID: keyID)) }
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        _ = try await instance.unwrap(wrapped, for: UnwrapRequest())
        let all = try await control(instance, "status")
        #expect(all["backend"] == .string("kms") && all["keyCount"] == .number("2"))
        #expect(
            all["requests"]
                == .object(["CreateKey": .number("1"), "Decrypt": .number("1"), "GenerateDataKey": .number("3")]))
        let one = try await control(instance, "status", ["keyId": key])
        #expect(one["requests"] == .object(["CreateKey": .number("1"), "GenerateDataKey": .number("2")]))
    }

    @Test func errorsCrossTheContract() async throws {
        let instance = try await open(creates: true)
        let other = try await control(instance, "create-key")
        guard case .string(let otherID)? = other["keyId"] else { throw KeyBackendError(.moduleFault, "no key id") }
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::b/k"])
        let wrapped = try await instance.generateDataKey(DataKeyRequest(encryptionContext: context)).wrapped
        #expect(
            try await refusal { _ = try await instance.unwrap(wrapped, for: UnwrapRequest()) } == .invalidCiphertext)
        var swapped = wrapped
        swapped.keyID = otherID
        let request = UnwrapRequest(encryptionContext: context)
        #expect(try await refusal { _ = try await instance.unwrap(swapped, for: request) } == .incorrectKey)
        for keyID in ["no-such", "arn:aws:kms:eu-west-1:000000000000:key/x", "alias/none"] {
            #expect(
                try await refusal { _ = try await instance.generateDataKey(DataKeyRequest(keyID: keyID)) }
                    == .keyNotFound)
        }
    }

    @Test(arguments: [
        (#"{"operation":"no-such"}"#, KeyBackendError.Code.unsupported),
        (#"{"operation":"rotate-key","keyId":"no-such"}"#, .keyNotFound),
        (#"{"operation":"rotate-key"}"#, .invalidRequest), (#"{"operation":"rotate-key","keyId":7}"#, .invalidRequest),
        (#"{"operation":"status","more":1}"#, .invalidRequest),
        (#"{"operation":"list-keys","limit":"1"}"#, .invalidRequest),
        (#"{"operation":"list-keys","limit":1.5}"#, .invalidRequest),
        (#"{"operation":"list-keys","limit":0}"#, .invalidRequest),
        (#"{"operation":"create-key","keyId":"x"}"#, .invalidRequest), (#"{"operation":1}"#, .invalidRequest),
        (#"{"operation":"delete-alias","aliasName":"alias/aws/s3"}"#, .invalidRequest),
        (#"{"operation":"replace-root-key","rootKeyFile":"relative"}"#, .invalidRequest),
        (#"{"operation":"replace-root-key","passphrase":"x"}"#, .invalidRequest), ("{}", .invalidRequest),
        ("[]", .invalidRequest), ("", .invalidRequest),
        (#"{"operation":"status","operation":"create-key"}"#, .invalidRequest),
    ])
    func aControlRequestThatIsNotUnderstoodIsRefused(_ json: String, _ code: KeyBackendError.Code) async throws {
        let instance = try await open(creates: true)
        #expect(try await refusal { _ = try await instance.control(ControlRequest(json: Array(json.utf8))) } == code)
    }
}
