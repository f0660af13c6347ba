#if RemoteKMS
import NIOHTTP1
import StrongroomCrypto
import StrongroomKeys
import StrongroomSignature
import Testing

@testable import StrongroomRemoteKMSKeys

extension ScriptedService.Request {
    /// Whether the service, from what arrived, comes to the same signature.
    func isSigned(with secretAccessKey: String) throws -> Bool {
        let authorization = try #require(head.headers.first(name: "authorization"))
        let date = try #require(head.headers.first(name: "x-amz-date"))
        let scope = CredentialScope(date: String(date.prefix(8)), region: "eu-central-1", service: "kms")
        #expect(authorization.contains("/\(scope.text)"))
        let list = try #require(authorization.split(separator: "SignedHeaders=").last?.split(separator: ",").first)
        let names = list.split(separator: ";").map { String($0) }
        #expect(names.contains("x-amz-target"), "what is asked for is signed")
        let signable = SignableRequest(
            method: "POST", path: "/", headers: names.map { ($0, head.headers.first(name: $0) ?? "") },
            payloadHash: try PayloadHash.hexadecimal(body))
        let secret = Array(secretAccessKey.utf8)
        let key = try SigningKey(secretAccessKey: try SecretBytes(copying: unsafe secret.span.bytes), scope: scope)
        let signature = try key.signature(of: signable, at: try #require(Self.time(date)))
        return authorization.hasSuffix("Signature=\(signature)")
    }

    /// The moment that has this text, near now.
    private static func time(_ text: String) -> SigningTime? {
        let now = ProcessKeyBackendHost.silent.wallMilliseconds()
        return (-600...600).lazy.map { SigningTime(wallMilliseconds: now + Int64($0) * 1000) }.first { $0.text == text }
    }
}

/// What the service is sent.
@Suite("Remote KMS: requests")
struct RequestTests {
    private let fixture: RemoteFixture

    init() throws { fixture = try RemoteFixture() }

    private func members(_ request: ScriptedService.Request) throws -> [String: JSONValue] {
        try JSONValue.object(parsing: request.body)
    }

    /// The service's side of the signature, from what arrived.
    @Test func aRequestIsSignedAsItArrives() async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                _ = try await backend.generateDataKey(
                    DataKeyRequest(encryptionContext: try .init(["é": "ü"]), context: .patient))
            }
            let request = try #require(service.requests.first)
            let headers = request.head.headers
            #expect(request.head.method == .POST && request.head.uri == "/")
            #expect(headers.first(name: "authorization")?.contains("Credential=AKIDEXAMPLE/") == true)
            #expect(headers.first(name: "content-type") == "application/x-amz-json-1.1")
            #expect(headers.first(name: "x-amz-target") == "TrentService.GenerateDataKey")
            #expect(headers.first(name: "host") == "127.0.0.1:\(service.port)")
            #expect(try request.isSigned(with: RemoteFixture.secretAccessKey))
        }
    }

    @Test func contextAndGrantTokensPassAsTheyAre() async throws {
        let pairs = ["aws:s3:arn": "arn:aws:s3:::b/\"\\\u{1}\n é", "tenant": "", "\u{1F511}": "\u{E9}"]
        let context = try EncryptionContext(pairs)
        let expected = JSONValue.object(pairs.mapValues { .string($0) })
        let rewrapped =
            #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","SourceKeyId":"\#(RemoteFixture.arn)"}"#
        let script: ScriptedService.Script = { request, _ in
            request.operation == "ReEncrypt" ? .answer(status: 200, rewrapped) : TestAnswer.dataKey()
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service) { backend in
                let tokens = KeyRequestContext.patient(["one", "two"])
                _ = try await backend.generateDataKey(.init(encryptionContext: context, context: tokens))
                _ = try await backend.unwrap(.test, for: .init(encryptionContext: context, context: .patient))
                _ = try await backend.rewrap(.test, for: .init(encryptionContext: context, context: .patient))
                _ = try await backend.unwrap(.test, for: .patient)
            }
            let requests = try service.requests.map { try members($0) }
            #expect(requests[0]["EncryptionContext"] == expected)
            #expect(requests[0]["GrantTokens"] == .array([.string("one"), .string("two")]))
            #expect(requests[0]["NumberOfBytes"] == .number("32"))
            #expect(requests[1]["EncryptionContext"] == expected)
            #expect(requests[1]["KeyId"] == .string(RemoteFixture.arn), "the expected key is named")
            #expect(requests[1]["CiphertextBlob"] == .string(PaddedBase64.encode(TestAnswer.wrapped)))
            for name in ["SourceEncryptionContext", "DestinationEncryptionContext"] {
                #expect(requests[2][name] == expected)
            }
            for name in ["SourceKeyId", "DestinationKeyId"] {
                #expect(requests[2][name] == .string(RemoteFixture.arn), "a rewrap stays under its key")
            }
            #expect(Set(requests[3].keys) == ["KeyId", "CiphertextBlob"])
        }
    }

    /// Neither of the two may be lost on the way.
    @Test func namesThatAreTheSameToUnicodeAreRefused() async throws {
        let context = try EncryptionContext([(name: "\u{E9}", value: "1"), (name: "e\u{301}", value: "2")])
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                let error = await failure {
                    _ = try await backend.generateDataKey(.init(encryptionContext: context, context: .patient))
                }
                #expect(error?.code == .invalidRequest)
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test func aKeyIsNamedAsItWasAskedFor() async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service, ["default-key-id": "alias/app"]) { backend in
                for keyID in [nil, "1234abcd-12ab-34cd-56ef-1234567890ab", RemoteFixture.arn, "alias/x"] {
                    let generated = try await backend.generateDataKey(.init(keyID: keyID))
                    #expect(generated.wrapped.keyID == RemoteFixture.arn)
                }
                let error = await failure { _ = try await backend.generateDataKey(.init(keyID: "a\nb")) }
                #expect(error?.code == .invalidRequest)
            }
            let names = try service.requests.map { try members($0)["KeyId"] }
            #expect(names.first == .string("alias/app"))
            #expect(names.count == 4)
        }
    }

    @Test func withoutAKeyThereIsNoRequest() async throws {
        var settings = fixture.settings("https://127.0.0.1:1")
        settings["default-key-id"] = nil
        let backend = try fixture.open(settings)
        #expect(await failure { _ = try await backend.generateDataKey(.patient) }?.code == .invalidRequest)
        let large = WrappedDataKey(keyID: RemoteFixture.arn, keyVersion: "1", bytes: .init(repeating: 0, count: 6145))
        #expect(await failure { _ = try await backend.unwrap(large, for: .patient) }?.code == .invalidCiphertext)
        try await backend.close()
    }

    // MARK: - Administration

    private func control(_ backend: RemoteBackend, _ json: String) async throws -> [String: JSONValue] {
        try JSONValue.object(
            parsing: try await backend.control(ControlRequest(json: Array(json.utf8), context: .patient)))
    }

    @Test func administrationIsPassedOn() async throws {
        let script: ScriptedService.Script = { request, _ in
            switch request.operation {
            case "ListKeys":
                .answer(
                    status: 200,
                    #"{"Keys":[{"KeyId":"a","KeyArn":"arn:a"}],"Truncated":true,"NextMarker":"next"}"#)
            case "CreateKey", "DescribeKey": TestAnswer.metadata()
            case "EnableKey", "RotateKeyOnDemand", "CreateAlias": .answer(status: 200, "")
            default: TestAnswer.error("UnsupportedOperationException")
            }
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service) { backend in
                let page = try await control(backend, #"{"operation":"list-keys","limit":1,"marker":"m"}"#)
                #expect(page["nextMarker"] == .string("next"))
                #expect(page["keys"] == .array([.object(["id": .string("a"), "keyId": .string("arn:a")])]))
                let key = try await control(backend, #"{"operation":"create-key","description":"d"}"#)
                #expect(key["keyId"] == .string(RemoteFixture.arn))
                #expect(key["createdMilliseconds"] == .number("1500000000000"))
                _ = try await control(backend, #"{"operation":"enable-key","keyId":"\#(RemoteFixture.arn)"}"#)
                _ = try await control(backend, #"{"operation":"rotate-key","keyId":"\#(RemoteFixture.arn)"}"#)
                let alias = try await control(
                    backend, #"{"operation":"create-alias","aliasName":"alias/a","targetKeyId":"k"}"#)
                #expect(alias["targetKeyId"] == .string("k"))
                let status = try await control(backend, #"{"operation":"status"}"#)
                #expect(status["isReachable"] == .boolean(true))
            }
            #expect(
                service.requests.map(\.operation) == [
                    "ListKeys", "CreateKey", "EnableKey", "DescribeKey", "RotateKeyOnDemand", "DescribeKey",
                    "CreateAlias", "DescribeKey",
                ])
            #expect(try members(service.requests[0]) == ["Limit": .number("1"), "Marker": .string("m")])
        }
    }

    /// Who is told that a rotation failed asks for another.
    @Test(arguments: ["rotate-key", "disable-key"])
    func whatWasDoneIsNotToldAsAFailure(_ operation: String) async throws {
        let script: ScriptedService.Script = { request, _ in
            request.operation == "DescribeKey"
                ? TestAnswer.error("AccessDeniedException") : .answer(status: 200, "")
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service) { backend in
                let error = await failure {
                    _ = try await control(backend, #"{"operation":"\#(operation)","keyId":"\#(RemoteFixture.arn)"}"#)
                }
                #expect(error?.code == .accessDenied)
                #expect(error?.message.contains("has done what was asked") == true)
            }
            #expect(service.requests.count == 2)
        }
    }

    @Test(arguments: [
        (#"{"operation":"schedule-deletion","keyId":"k"}"#, KeyBackendError.Code.unsupported),
        (#"{"operation":"replace-root-key"}"#, .unsupported), (#"{"operation":"describe-key"}"#, .invalidRequest),
        (#"{"operation":"list-keys","limit":1001}"#, .invalidRequest),
        (#"{"operation":"status","verbose":true}"#, .invalidRequest), ("[]", .invalidRequest),
    ])
    func whatIsNotThereIsRefusedByName(_ json: String, _ code: KeyBackendError.Code) async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.metadata() }) { service in
            try await fixture.with(service) { backend in
                #expect(await failure { _ = try await control(backend, json) }?.code == code)
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test func theStatusOfAServiceThatIsDownIsToldAndHoldsNoSecret() async throws {
        try await ScriptedService.run({ _, _ in .close }) { service in
            try await fixture.with(service, ["attempts": "1"]) { backend in
                let json = try await backend.control(
                    ControlRequest(json: Array(#"{"operation":"status"}"#.utf8), context: .patient))
                let status = try JSONValue.object(parsing: json)
                #expect(status["isReachable"] == .boolean(false))
                #expect(status["accessKeyId"] == .string("AKIDEXAMPLE"))
                #expect(!String(decoding: json, as: UTF8.self).contains(RemoteFixture.secretAccessKey))
            }
        }
    }
}
#endif
