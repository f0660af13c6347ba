import StrongroomCrypto
import StrongroomKMSKeys
import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomTestSupport
import SystemPackage
import Testing

/// Secrets beside control requests and their answers, reasons of refusals, policies of callers: across the contract.
@Suite struct ControlSecretTests {
    private let folder = TemporaryFolder()

    private func open() async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(
            KMSKeys.table,
            configuration: KMSKeys.configuration(keyring: folder.path.appending("keyring"), creates: true))
    }

    private func request(
        _ members: [String: JSONValue], secret: SecretSize = .none, room: Int = 0, context: KeyRequestContext = .init()
    ) throws -> ControlRequest {
        ControlRequest(
            json: JSONValue.object(members).encoded(), secret: try secret.made(), answerSecretSizeBytesMax: room,
            context: context)
    }

    private enum SecretSize {
        case none
        case bytes(Int)

        func made() throws -> SharedSecret? {
            guard case .bytes(let count) = self else { return nil }
            return SharedSecret(try SecretBytes.random(count: count))
        }
    }

    private func failure(_ body: () async throws -> Void) async throws -> KeyBackendError? {
        do {
            try await body()
            return nil
        } catch let error as KeyBackendError {
            return error
        }
    }

    @Test(arguments: [1, 32, 4_096]) func aSecretComesBackAsItWent(_ count: Int) async throws {
        let instance = try await open()
        let key = JSONValue.string(KMSKeys.defaultKeyID)
        let sealing = try request(["operation": .string("encrypt"), "keyId": key], secret: .bytes(count))
        let sealed = try JSONValue.object(parsing: try await instance.controlWithSecrets(sealing).json)
        let opening: [String: JSONValue] = [
            "operation": .string("decrypt"), "ciphertext": try #require(sealed["ciphertext"]),
        ]
        let opened = try await instance.controlWithSecrets(try request(opening, room: 4_096))
        let (plaintext, found) = (try #require(sealing.secret), try #require(opened.secret))
        #expect(try found.bytes.isEqual(to: plaintext.bytes))
        // What has no room for it does not get it.
        for room in Set([0, count - 1, count]) {
            let refused = try await failure {
                _ = try await instance.controlWithSecrets(try request(opening, room: room))
            }
            #expect(refused?.code == (room == count ? nil : .invalidRequest))
        }
        #expect(try await failure { _ = try await instance.control(try request(opening, room: 4_096)) } != nil)
        try await instance.close()
    }

    @Test(arguments: ["generate-data-key", "generate-random"]) func newSecretsNeedTheirRoom(
        _ operation: String
    ) async throws {
        let instance = try await open()
        let cases: [(count: Int, room: Int, isMade: Bool)] = [
            (1, 1, true), (32, 32, true), (1_024, 1_024, true), (33, 32, false), (1_024, 1_023, false), (1, 0, false),
            // As many as there never are.
            (0, 0, false), (1_025, 1_024, false), (1_025, 4_096, false),
        ]
        for (count, room, isMade) in cases {
            var members: [String: JSONValue] = [
                "operation": .string(operation), "numberOfBytes": .number("\(count)"),
            ]
            if operation == "generate-data-key" { members["keyId"] = .string(KMSKeys.defaultKeyID) }
            var found: Int?
            let refused = try await failure {
                found = try await instance.controlWithSecrets(try request(members, room: room)).secret?.bytes.count
            }
            #expect(refused?.code == (isMade ? nil : .invalidRequest), "\(count) bytes, room for \(room)")
            #expect(found == (isMade ? count : nil))
        }
        try await instance.close()
    }

    @Test func secretsThatNobodyAskedForAreRefused() async throws {
        let instance = try await open()
        let status: [String: JSONValue] = ["operation": .string("status")]
        for (secret, room) in [(SecretSize.bytes(1), 0), (.bytes(4_097), 0), (.none, 4_097), (.none, -1)] {
            let refused = try await failure {
                _ = try await instance.controlWithSecrets(try request(status, secret: secret, room: room))
            }
            #expect(refused?.code == .invalidRequest)
        }
        #expect(try await instance.controlWithSecrets(try request(status, room: 4_096)).secret == nil)
        try await instance.close()
    }

    @Test func refusalsHaveTheReasonsOfKMS() async throws {
        let instance = try await open()
        let cases: [(members: [String: JSONValue], reason: String?)] = [
            (["operation": .string("describe-key"), "keyId": .string("none")], "NotFound"),
            (
                ["operation": .string("create-alias"), "aliasName": .string("x"), "targetKeyId": .string("y")],
                "InvalidAliasName"
            ), (["operation": .string("none")], nil),
            // What cannot be read was called a failure of the service itself.
            (["operation": .string("describe-key"), "keyId": .number("1")], "Validation"),
            (["operation": .string("describe-key")], "Validation"),
            (["operation": .string("list-keys"), "limit": .string("many")], "Validation"),
            (["operation": .string("tag-key"), "keyId": .string("k"), "tags": .array([])], "Validation"),
        ]
        for (members, reason) in cases {
            let refused = try await failure { _ = try await instance.control(try request(members)) }
            #expect(refused != nil && refused?.reason == reason)
        }
        try await instance.close()
    }

    @Test func policiesOfTheCallerCross() async throws {
        let instance = try await open()
        let list: [String: JSONValue] = ["operation": .string("list-keys")]
        func refusal(_ policies: [String]?) async throws -> KeyBackendError.Code? {
            let caller = Caller(
                principal: "arn:aws:iam::000000000000:user/bob", account: "000000000000", policies: policies)
            return try await failure {
                _ = try await instance.control(try request(list, context: KeyRequestContext(caller: caller)))
            }?.code
        }
        func policy(_ effect: String) -> String {
            #"{"Version":"2012-10-17","Statement":[{"Effect":"\#(effect)","Action":"kms:ListKeys","Resource":"*"}]}"#
        }
        #expect(try await refusal(nil) == nil)
        #expect(try await refusal([]) == .accessDenied)
        #expect(try await refusal([policy("Allow")]) == nil)
        #expect(try await refusal([policy("Allow"), policy("Deny")]) == .accessDenied)
        for unreadable in ["", "{"] { #expect(try await refusal([policy("Allow"), unreadable]) == .accessDenied) }
        // More than a request has room for.
        let large = policy("Allow") + String(repeating: " ", count: 70_000)
        #expect(try await refusal([large]) == .invalidRequest)
        try await instance.close()
    }

    @Test func aBackendThatHasNoPoliciesIsAskedNothingForWhoHasSome() async throws {
        let instance = try await KeyBackendInstance.open(
            S3ManagedKeys.table,
            configuration: S3ManagedKeys.configuration(keyring: folder.path.appending("other"), creates: true))
        let status: [String: JSONValue] = ["operation": .string("status")]
        for (policies, code) in [(nil, nil), ([], .unsupported)] as [([String]?, KeyBackendError.Code?)] {
            let caller = Caller(principal: "arn:aws:iam::000000000000:user/bob", account: "", policies: policies)
            let refused = try await failure {
                _ = try await instance.control(try request(status, context: KeyRequestContext(caller: caller)))
            }
            #expect(refused?.code == code)
        }
        try await instance.close()
    }
}
