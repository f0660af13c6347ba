#if RemoteKMS
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomRemoteKMSKeys

/// What a service may answer, and what becomes of it.
@Suite("Remote KMS: answers")
struct ScriptedAnswerTests {
    private let fixture: RemoteFixture

    init() throws { fixture = try RemoteFixture() }

    /// The error of one operation against a service that always answers the same, and how often it was asked.
    private func failing(
        _ reaction: ScriptedService.Reaction,
        _ operation: (RemoteBackend) async throws -> Void = { _ = try await $0.generateDataKey(.patient) }
    ) async throws -> (error: KeyBackendError?, requestCount: Int) {
        var found: KeyBackendError?
        var count = 0
        try await ScriptedService.run({ _, _ in reaction }) { service in
            try await fixture.with(service) { backend in
                found = await failure { try await operation(backend) }
            }
            count = service.requests.count
        }
        return (found, count)
    }

    @Test func aDataKeyIsReadAndOpened() async throws {
        let script: ScriptedService.Script = { request, _ in
            TestAnswer.dataKey(
                more: request.operation == "GenerateDataKey" ? #","KeyMaterialId":"material","Other":[{"a":1}]"# : "")
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service) { backend in
                let generated = try await backend.generateDataKey(.patient)
                #expect(generated.wrapped.keyID == RemoteFixture.arn)
                #expect(generated.wrapped.keyVersion == "material")
                #expect(generated.wrapped.bytes == TestAnswer.wrapped)
                #expect(try isSame(generated.takePlaintext(), TestAnswer.key))
                let opened = try await backend.unwrap(.test, for: .patient)
                #expect(try isSame(opened, TestAnswer.key))
            }
        }
    }

    @Test func aServiceWithoutMaterialsHasOneVersion() async throws {
        try await ScriptedService.run({ request, _ in
            request.operation == "DescribeKey" ? TestAnswer.metadata() : TestAnswer.dataKey()
        }) { service in
            try await fixture.with(service) { backend in
                let generated = try await backend.generateDataKey(.patient)
                let description = try await backend.describe(.patient)
                #expect(generated.wrapped.keyVersion == description.currentVersion)
                #expect(description.health == .ready)
            }
        }
    }

    @Test(arguments: ["Disabled", "PendingDeletion", "PendingImport", "Unavailable", "Something"])
    func aKeyThatIsNotEnabledIsNotReady(_ state: String) async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.metadata(state: state) }) { service in
            try await fixture.with(service) { backend in
                let description = try await backend.describe(.patient)
                #expect(description.health == .unavailable)
                #expect(description.message.contains(state))
            }
        }
    }

    /// The key that a service names is the one that was asked for, and no other.
    @Test func aForeignKeyIsRefused() async throws {
        let foreign = "arn:aws:kms:eu-central-1:000000000000:key/foreign"
        let generated = try await failing(TestAnswer.dataKey(arn: foreign))
        #expect(generated.error?.code == .moduleFault)
        #expect(generated.error?.message.contains(foreign) == true)
        let unwrap = try await failing(TestAnswer.dataKey(arn: foreign)) {
            _ = try await $0.unwrap(.test, for: .patient)
        }
        #expect(unwrap.error?.code == .incorrectKey)
        let described = try await failing(TestAnswer.metadata(foreign)) { _ = try await $0.describe(.patient) }
        #expect(described.error?.code == .moduleFault)
        let answer = #"{"CiphertextBlob":"AAAA","KeyId":"\#(foreign)","SourceKeyId":"\#(RemoteFixture.arn)"}"#
        let rewrap = try await failing(.answer(status: 200, answer)) {
            _ = try await $0.rewrap(.test, for: .patient)
        }
        #expect(rewrap.error?.code == .incorrectKey)
        #expect([generated, unwrap, described, rewrap].allSatisfy { $0.requestCount == 1 })
    }

    private static let noKeyAnswers = [
        "", "{", "[]", "null", #"{"Plaintext":"AAAA"}"#, #"{"KeyId":7}"#,
        // Cut off, doubled, followed by something.
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","Plaintext":"AAAA"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","KeyId":"\#(RemoteFixture.arn)"}"#,
        #"{"Plaintext":"AAAA","\u0050laintext":"AAAA","KeyId":"\#(RemoteFixture.arn)","CiphertextBlob":"AAAA"}"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)"}{}"#,
        // No key, one that is no text, one that is not in base64, none of 32 bytes, one without its wrapped form.
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)"}"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","Plaintext":7}"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","Plaintext":"=AAA"}"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","Plaintext":""}"#,
        #"{"CiphertextBlob":"AAAA","KeyId":"\#(RemoteFixture.arn)","Plaintext":"AAAA"}"#,
        #"{"KeyId":"\#(RemoteFixture.arn)","Plaintext":"\#(PaddedBase64.encode(TestAnswer.key))"}"#,
        #"{"CiphertextBlob":"A","KeyId":"\#(RemoteFixture.arn)","Plaintext":"\#(PaddedBase64.encode(TestAnswer.key))"}"#,
    ]

    @Test(arguments: noKeyAnswers)
    func whatIsNoAnswerIsRefused(_ text: String) async throws {
        let (error, count) = try await failing(.answer(status: 200, text))
        #expect(error?.code == .moduleFault)
        #expect(count == 1, "what is answered wrongly would be answered wrongly again")
    }

    @Test(arguments: [15, 31, 33, 64])
    func aKeyOfAnotherLengthIsRefused(_ count: Int) async throws {
        let answer = TestAnswer.dataKey([UInt8](repeating: 1, count: count))
        let generated = try await failing(answer)
        #expect(generated.error?.code == .moduleFault)
        #expect(generated.error?.message.contains("\(count) bytes") == true)
        let unwrapped = try await failing(answer) { _ = try await $0.unwrap(.test, for: .patient) }
        #expect(unwrapped.error?.code == .moduleFault)
    }

    @Test func aHugeAnswerIsNotRead() async throws {
        let (error, count) = try await failing(.endless(pieceSizeBytes: 4096, pauseMilliseconds: 0))
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("longer than") == true)
        #expect(count == 1)
    }

    /// Each piece keeps a buffer alive that may be far larger.
    @Test func anAnswerInCrumbsIsNotRead() async throws {
        let (error, count) = try await failing(.endless(pieceSizeBytes: 1, pauseMilliseconds: 0))
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("pieces") == true)
        #expect(count == 1)
    }

    @Test func anAnswerAboutADataKeyIsShort() async throws {
        let arn = RemoteFixture.arn
        let long = String(repeating: " ", count: 32 << 10)
        let answer = #"{"CiphertextBlob":"AAAA","KeyId":"\#(arn)","SourceKeyId":"\#(arn)"\#(long)}"#
        let (error, _) = try await failing(.answer(status: 200, answer)) {
            _ = try await $0.rewrap(.test, for: .patient)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("longer than") == true)
    }

    @Test(arguments: ["HELLO\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])
    func whatIsNoHTTPIsRefused(_ text: String) async throws {
        let (error, count) = try await failing(.bytes(Array(text.utf8)))
        #expect(error?.code == .unavailable)
        #expect((1...3).contains(count))
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func aRedirectIsNotFollowed(_ status: Int) async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { other in
            let (error, count) = try await failing(
                .answer(status: status, "", headers: ["location: \(other.url)/"]))
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("redirect") == true)
            #expect(count == 1)
            #expect(other.requests.isEmpty)
        }
    }

    private static let errors: [(String, KeyBackendError.Code)] = [
        ("NotFoundException", .keyNotFound), ("DisabledException", .keyDisabled),
        ("KMSInvalidStateException", .invalidKeyState), ("InvalidKeyUsageException", .invalidKeyState),
        ("InvalidCiphertextException", .invalidCiphertext), ("IncorrectKeyException", .incorrectKey),
        ("AccessDeniedException", .accessDenied), ("UnrecognizedClientException", .accessDenied),
        ("ThrottlingException", .throttled), ("ValidationException", .invalidRequest),
        ("com.amazonaws.kms#NotFoundException", .keyNotFound), ("UnsupportedOperationException", .unsupported),
        ("UnheardOfException", .unavailable), ("", .unavailable),
    ]

    @Test(arguments: errors)
    func anErrorHasItsCode(_ type: String, _ code: KeyBackendError.Code) async throws {
        let (error, count) = try await failing(TestAnswer.error(type, "because"))
        #expect(error?.code == code)
        #expect(error?.message.contains("because") == true)
        #expect(count == (code == .throttled ? 3 : 1))
    }

    @Test func anErrorInAHeaderCountsToo() async throws {
        let (error, _) = try await failing(
            .answer(
                status: 400, "<html>",
                headers: ["x-amzn-errortype: DisabledException:http://x/", "x-amzn-requestid: id-7"]))
        #expect(error?.code == .keyDisabled)
        #expect(error?.message.contains("id-7") == true)
    }

    /// What a service says is shown to people: it forges no line and is no flood.
    @Test func whatAServiceSaysIsMadePrintable() async throws {
        let flood = "e" + String(repeating: "\u{301}", count: 10_000)
        for text in [#"a\nb\u001b[2J\u202ec\u2028d\u0085"#, flood] {
            for reaction in [TestAnswer.error("Odd\(text)", "b\(text)"), TestAnswer.metadata(state: text)] {
                var message: String?
                let (error, _) = try await failing(reaction) { message = try await $0.describe(.patient).message }
                let shown = try #require(error?.message ?? message)
                #expect(shown.utf8.count < 1500)
                #expect(
                    !shown.unicodeScalars.contains {
                        [.control, .format, .lineSeparator].contains($0.properties.generalCategory)
                    })
            }
        }
    }

    @Test func aDescriptionWithoutAProperNameIsRefused() async throws {
        let version = String(repeating: "v", count: 129)
        for (id, more) in [(#"a\nb"#, ""), ("", ""), ("a", #","CurrentKeyMaterialId":"\#(version)""#)] {
            let metadata = #""Arn":"\#(RemoteFixture.arn)","KeyId":"\#(id)","KeyState":"Enabled"\#(more)"#
            let (error, _) = try await failing(.answer(status: 200, #"{"KeyMetadata":{\#(metadata)}}"#)) {
                _ = try await $0.describe(.patient)
            }
            #expect(error?.code == .moduleFault)
        }
    }

    @Test(arguments: [
        ("InvalidSignatureException", "Signature expired: 20150830T123600Z is now earlier than 20150830T124600Z"),
        ("RequestTimeTooSkewed", "no"),
    ])
    func aWrongClockIsNamed(_ type: String, _ message: String) async throws {
        let (error, count) = try await failing(
            TestAnswer.error(type, message, headers: ["date: Sun, 30 Aug 2015 12:46:00 GMT"]))
        #expect(error?.code == .accessDenied)
        #expect(error?.message.contains("clock") == true)
        #expect(error?.message.contains("Sun, 30 Aug 2015") == true)
        #expect(count == 1)
    }
}
#endif
