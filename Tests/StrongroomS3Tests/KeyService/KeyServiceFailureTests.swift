import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// What clients are told where the key service behind the endpoint fails.
@Suite struct KeyServiceFailureTests {
    /// A key service that failed, as on a disk that is full, was told to clients as one that is slow, to be asked again
    /// at once.
    @Test(
        arguments: [
            ("KMSInternal", KeyBackendError.Code.unavailable, 500, "KMSInternalException"),
            ("KMSInternal", .deadlineExceeded, 500, "KMSInternalException"),
            ("KMSInternal", .auditUnavailable, 500, "KMSInternalException"),
            (nil, .moduleFault, 500, "KMSInternalException"),
            (nil, .unavailable, 503, "DependencyTimeoutException"),
            (nil, .deadlineExceeded, 503, "DependencyTimeoutException"),
            ("Validation", .invalidRequest, 400, "ValidationException"),
            (nil, .invalidRequest, 400, "ValidationException"),
        ] as [(String?, KeyBackendError.Code, Int, String)])
    func failures(_ reason: String?, _ code: KeyBackendError.Code, _ status: Int, _ type: String) async throws {
        let fixture = try await KeyServiceFixture(
            backend: ScriptedKeyService.table { (_) throws(KeyBackendError) in
                var failure = KeyBackendError(code, "the disk /secret/place says no")
                failure.reason = reason
                throw failure
            })
        let reply = try await fixture.ask("ListKeys")
        #expect(reply.status == status && reply.type == type)
        #expect(reply.message.contains("/secret/place") == (status == 400))
        if status == 500 { #expect(fixture.log.all.contains("/secret/place")) }
    }

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
