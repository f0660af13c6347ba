#if RemoteKMS
import NIOHTTP1
import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import StrongroomSystem
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomRemoteKMSKeys

/// A service that is slow, down, overloaded, or somebody else.
@Suite("Remote KMS: faults")
struct ScriptedFaultTests {
    private let fixture: RemoteFixture

    init() throws { fixture = try RemoteFixture() }

    // MARK: - Who answers

    @Test(arguments: [
        (TestCertificates.server, "other-authority.pem"), (TestCertificates.elsewhere, "authority.pem"),
        (TestCertificates.expired, "authority.pem"),
    ])
    func whoProvesNothingIsSentNothing(_ certificate: String, _ authority: String) async throws {
        try await ScriptedService.run(certificate: certificate, { _, _ in TestAnswer.dataKey() }) { service in
            let settings = ["ca-file": fixture.folder.appending(authority).string]
            try await fixture.with(service, settings) { backend in
                let error = await failure { _ = try await backend.generateDataKey(.patient) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("ca-file") == true)
            }
            #expect(service.requests.isEmpty)
            #expect(service.connectionCount == 1, "a second attempt would end the same way")
        }
    }

    @Test func aServiceInTheClearIsNoServiceOverTLS() async throws {
        try await ScriptedService.run(certificate: nil, { _, _ in TestAnswer.dataKey() }) { service in
            let backend = try fixture.open(fixture.settings("https://127.0.0.1:\(service.port)"))
            let error = await failure { _ = try await backend.generateDataKey(.patient) }
            #expect(error?.code == .unavailable)
            #expect(service.requests.isEmpty)
            try await backend.close()
        }
    }

    @Test func theClearIsForTestsOnThisMachine() async throws {
        try await ScriptedService.run(certificate: nil, { _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                let generated = try await backend.generateDataKey(.patient)
                #expect(try isSame(generated.takePlaintext(), TestAnswer.key))
            }
        }
    }

    /// The port of a service that had ended was another test's before long, which then kept this one waiting.
    @Test func nobodyThereIsUnavailable() async throws {
        let place = try ClosedPort()
        let backend = try fixture.open(fixture.settings("https://127.0.0.1:\(place.port)"))
        let error = await failure { _ = try await backend.generateDataKey(.patient) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("cannot be reached") == true)
        try await backend.close()
    }

    /// As one does that is starting, or has too many connections: that may pass.
    @Test func whoHangsUpAtOnceIsAskedAgain() async throws {
        try await ScriptedService.run(hangsUpOn: 2, { _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                let generated = try await backend.generateDataKey(.patient)
                #expect(try isSame(generated.takePlaintext(), TestAnswer.key))
            }
            #expect(service.connectionCount == 3)
            #expect(service.requests.count == 1)
        }
    }

    // MARK: - Another attempt

    private static let passing: [ScriptedService.Reaction] = [
        TestAnswer.error("KMSInternalException", status: 500), TestAnswer.error("ThrottlingException"),
        .answer(status: 503, ""), .answer(status: 429, ""), .close, .bytes([]),
        .bytes(Array("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".utf8)),
    ]

    @Test(arguments: passing.indices)
    func whatMayPassIsTriedAgain(_ index: Int) async throws {
        let reaction = Self.passing[index]
        try await ScriptedService.run({ _, count in count < 2 ? reaction : TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                let opened = try await backend.unwrap(.test, for: .patient)
                #expect(try isSame(opened, TestAnswer.key))
            }
            #expect(service.requests.count == 3)
        }
    }

    @Test(arguments: passing.indices, [1, 4])
    func whatDoesNotPassIsGivenUp(_ index: Int, _ attempts: Int) async throws {
        let reaction = Self.passing[index]
        try await ScriptedService.run({ _, _ in reaction }) { service in
            try await fixture.with(service, ["attempts": String(attempts)]) { backend in
                let error = await failure { _ = try await backend.unwrap(.test, for: .patient) }
                #expect(error?.code == .unavailable || error?.code == .throttled)
            }
            #expect(service.requests.count == attempts)
        }
    }

    /// A key that may have been made must not be made twice; one that has certainly not been made may.
    @Test func whatDoesHarmIsNotRepeated() async throws {
        let request = ControlRequest(json: Array(#"{"operation":"create-key"}"#.utf8), context: .patient)
        for (reaction, count) in [
            (TestAnswer.error("KMSInternalException", status: 500), 1), (.close, 1),
            (TestAnswer.error("ThrottlingException"), 3),
        ] {
            try await ScriptedService.run({ _, _ in reaction }) { service in
                try await fixture.with(service) { backend in
                    let error = await failure { _ = try await backend.control(request) }
                    #expect(error != nil)
                }
                #expect(service.requests.count == count)
            }
        }
    }

    @Test func credentialsThatHaveExpiredAreReadAgain() async throws {
        let script: ScriptedService.Script = { request, _ in
            let isFresh = request.head.headers.first(name: "authorization")?.contains("Credential=FRESH/") == true
            return isFresh ? TestAnswer.dataKey() : TestAnswer.error("ExpiredTokenException")
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service) { backend in
                // The same ones: the answer stands.
                let error = await failure { _ = try await backend.generateDataKey(.patient) }
                #expect(error?.code == .accessDenied)
                #expect(service.requests.count == 1)
                try fixture.write(
                    "[default]\naws_access_key_id=FRESH\naws_secret_access_key=x\naws_session_token=token",
                    to: "credentials")
                _ = try await backend.generateDataKey(.patient)
                #expect(service.requests.count == 3)
                #expect(service.requests[2].head.headers.first(name: "x-amz-security-token") == "token")
            }
        }
    }

    /// Whoever is refused after another has read the new ones uses them, too.
    @Test func manyWhoseCredentialsExpireTogetherAllGoOn() async throws {
        let count = 16
        let script: ScriptedService.Script = { request, _ in
            let isFresh = request.head.headers.first(name: "authorization")?.contains("Credential=FRESH/") == true
            // All are on their way before the first is refused.
            return isFresh
                ? TestAnswer.dataKey() : .once(requestCount: count, TestAnswer.error("ExpiredTokenException"))
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service, ["connections": String(count), "attempts": "1"]) { backend in
                try fixture.write(
                    "[default]\naws_access_key_id=FRESH\naws_secret_access_key=x", to: "credentials")
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<count {
                        group.addTask { try isSame(try await backend.unwrap(.test, for: .patient), TestAnswer.key) }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
            #expect(service.requests.count == 2 * count)
        }
    }

    @Test func aSecretThatWasCorrectedIsUsed() async throws {
        let script: ScriptedService.Script = { _, count in
            count == 0 ? TestAnswer.error("InvalidSignatureException") : TestAnswer.dataKey()
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service, ["attempts": "1"]) { backend in
                try fixture.write(
                    "[default]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key=corrected", to: "credentials")
                _ = try await backend.generateDataKey(.patient)
            }
            let requests = service.requests
            try #require(requests.count == 2)
            #expect(try requests[0].isSigned(with: RemoteFixture.secretAccessKey))
            #expect(try requests[1].isSigned(with: "corrected"))
        }
    }

    // MARK: - Time

    private static let stalling: [ScriptedService.Reaction] = [
        .silence, .endless(pieceSizeBytes: 1, pauseMilliseconds: 20),
    ]

    @Test(arguments: stalling.indices)
    func aDeadlineHolds(_ index: Int) async throws {
        let reaction = Self.stalling[index]
        try await ScriptedService.run({ _, _ in reaction }) { service in
            let host = ProcessKeyBackendHost.silent
            try await fixture.with(service, ["attempts": "10"], host: host) { backend in
                let error = await failure {
                    _ = try await backend.unwrap(.test, for: .init(context: .within(seconds: 0.4)))
                }
                #expect(error?.code == .deadlineExceeded, "the setting allows more: to raise it would not help")
            }
            #expect(service.requests.count <= 1)
        }
    }

    @Test func anAttemptEndsBeforeTheDeadline() async throws {
        try await ScriptedService.run({ _, count in count == 0 ? .silence : TestAnswer.dataKey() }) { service in
            try await fixture.with(service, ["request-timeout-seconds": "2", "attempts": "10"]) { backend in
                let opened = try await backend.unwrap(.test, for: .init(context: .within(seconds: 60)))
                #expect(try isSame(opened, TestAnswer.key))
            }
            #expect(service.requests.count >= 2)
        }
    }

    @Test func whatIsLateOrCancelledIsNotSent() async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                let late = KeyRequestContext(deadlineNanoseconds: 1)
                let lateError = await failure { _ = try await backend.generateDataKey(.init(context: late)) }
                #expect(lateError?.code == .deadlineExceeded)
                let cancelled = KeyRequestContext(cancellation: KeyCancellation { true })
                let error = await failure { _ = try await backend.generateDataKey(.init(context: cancelled)) }
                #expect(error?.code == .cancelled)
            }
            #expect(service.requests.isEmpty)
        }
    }

    @Test func whoGivesUpIsNotKeptWaiting() async throws {
        let isCancelled = Mutex(false)
        let script: ScriptedService.Script = { _, _ in
            isCancelled.withLock { $0 = true }
            return .silence
        }
        try await ScriptedService.run(script) { service in
            try await fixture.with(service, ["request-timeout-seconds": "300"]) { backend in
                let context = KeyRequestContext.within(
                    seconds: 300, cancellation: KeyCancellation { isCancelled.withLock { $0 } })
                let error = await failure { _ = try await backend.unwrap(.test, for: .init(context: context)) }
                #expect(error?.code == .cancelled)
            }
            #expect(service.requests.count == 1)
        }
    }

    // MARK: - Connections

    @Test func connectionsAreUsedAgain() async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service) { backend in
                for _ in 0..<50 { _ = try await backend.unwrap(.test, for: .patient) }
                #expect(service.connectionCount < 25)
                // Whatever the service does with idle connections, the next request is answered.
                for _ in 0..<5 {
                    try await service.closeConnections()
                    _ = try await backend.unwrap(.test, for: .patient)
                }
            }
        }
    }

    @Test func thereAreNoMoreConnectionsThanAllowed() async throws {
        try await ScriptedService.run({ _, _ in TestAnswer.dataKey() }) { service in
            try await fixture.with(service, ["connections": "3"]) { backend in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<200 {
                        group.addTask { try isSame(try await backend.unwrap(.test, for: .patient), TestAnswer.key) }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
            #expect(service.requests.count == 200)
            #expect(service.openCountMax <= 3)
        }
    }

    @Test func aServiceThatClosesEachConnectionIsServed() async throws {
        let answer = #"{"Plaintext":"\#(PaddedBase64.encode(TestAnswer.key))","KeyId":"\#(RemoteFixture.arn)"}"#
        let text = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: \(answer.utf8.count)\r\n\r\n\(answer)"
        try await ScriptedService.run({ _, _ in .bytes(Array(text.utf8)) }) { service in
            try await fixture.with(service, ["connections": "2"]) { backend in
                for _ in 0..<10 { _ = try await backend.unwrap(.test, for: .patient) }
            }
            #expect(service.connectionCount == 10)
        }
    }

    @Test func closingEndsWhatWaits() async throws {
        try await ScriptedService.run({ _, _ in .silence }) { service in
            let backend = try fixture.open(fixture.settings(service.url, ["connections": "1", "attempts": "1"]))
            let waiting = (0..<3).map { _ in
                Task { await failure { _ = try await backend.unwrap(.test, for: .patient) } }
            }
            while service.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await backend.close()
            for task in waiting { #expect(await task.value?.code == .unavailable) }
        }
    }
}
#endif
