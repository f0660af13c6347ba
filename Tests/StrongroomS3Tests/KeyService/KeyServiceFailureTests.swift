import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// What clients are told where the key service behind the endpoint fails.
@Suite struct KeyServiceFailureTests {
    /// A backend that called it done and gave no secret was answered 200 without `Plaintext`, which clients read as an
    /// empty one.
    @Test func withoutASecretThereIsNoPlaintext() async throws {
        let fixture = try await KeyServiceFixture(
            backend: ScriptedKeyService.table { (_) throws(KeyBackendError) in ControlAnswer(json: Array("{}".utf8)) })
        let requests: [(operation: String, members: [String: JSONValue])] = [
            ("Decrypt", ["CiphertextBlob": .string("AAAA")]),
            ("GenerateDataKey", ["KeyId": .string("k"), "KeySpec": .string("AES_256")]),
            ("GenerateRandom", ["NumberOfBytes": .number("8")]),
        ]
        for (operation, members) in requests {
            let reply = try await fixture.ask(operation, members)
            #expect(reply.status == 500 && reply.type == "KMSInternalException", "\(operation)")
        }
        #expect(
            try await fixture.ask(
                "GenerateDataKeyWithoutPlaintext", ["KeyId": .string("k"), "KeySpec": .string("AES_256")]
            ).status == 200)
    }
}
