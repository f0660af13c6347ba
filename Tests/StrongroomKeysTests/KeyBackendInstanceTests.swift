import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

/// Attack 15: what the host does with a backend that answers badly, late, twice, or never.
@Suite struct KeyBackendInstanceTests {
    let folder = TemporaryFolder()

    private func open(_ module: FilePath, host: any KeyBackendHost = ProcessKeyBackendHost.silent) async throws
        -> KeyBackendInstance
    {
        try await KeyBackendInstance.open(
            try ModuleBuilder.load(module).table,
            configuration: KeyBackendConfiguration(keyring: folder.path, creates: true), host: host)
    }

    private func deadline(milliseconds: UInt64) -> KeyRequestContext {
        KeyRequestContext(deadlineNanoseconds: PosixClock().bootNanoseconds() + milliseconds * 1_000_000)
    }

    // MARK: - What crosses the contract

    @Test func everythingInARequestArrives() async throws {
        let seen = Mutex<DataKeyRequest?>(nil)
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(generate: { (request) throws(KeyBackendError) in
                seen.withLock { $0 = request }
                #expect(!request.context.cancellation.isCancelled)
                return GeneratedDataKey(plaintext: try ScriptedBackend.key(), wrapped: ScriptedBackend.wrapped)
            })
        }
        let caller = Caller(
            principal: "arn:aws:iam::1:user/ana", account: "1", tags: ["team": "é", "": "x"], multiFactorAgeSeconds: 0,
            sourceAddress: "2001:db8::1", transport: .transportLayerSecurity(version: "1.3"), viaService: "s3")
        let request = DataKeyRequest(
            keyID: "scripted", encryptionContext: try EncryptionContext(["b": "2", "a": "", "é": "3"]),
            context: KeyRequestContext(
                caller: caller, grantTokens: ["one", "", "one"], requestID: "r-1",
                deadlineNanoseconds: PosixClock().bootNanoseconds() + 5_000_000_000))
        let generated = try await instance.generateDataKey(request)
        #expect(generated.wrapped == ScriptedBackend.wrapped)
        let arrived = try #require(seen.withLock { $0 })
        #expect(arrived.keyID == "scripted")
        #expect(arrived.encryptionContext == request.encryptionContext)
        #expect(arrived.context.caller == caller)
        #expect(arrived.context.grantTokens == ["one", "", "one"])
        #expect(arrived.context.requestID == "r-1")
        #expect(arrived.context.deadlineNanoseconds == request.context.deadlineNanoseconds)
        // Nobody waits any more.
        #expect(arrived.context.cancellation.isCancelled)
    }

    @Test func aCallerWithoutSecondFactorIsNotOneWithAFreshSecondFactor() async throws {
        let seen = Mutex<[Caller?]>([])
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(controlAnswer: { (request) throws(KeyBackendError) in
                seen.withLock { $0.append(request.context.caller) }
                return Array("{}".utf8)
            })
        }
        for caller in [nil, Caller(principal: "p", account: "a", transport: .plain)] {
            _ = try await instance.control(
                ControlRequest(json: Array("{}".utf8), context: KeyRequestContext(caller: caller)))
        }
        #expect(seen.withLock { $0 } == [nil, Caller(principal: "p", account: "a", transport: .plain)])
    }

    @Test func everyErrorCodeCrossesTheContract() async throws {
        let codes: [KeyBackendError.Code] = [
            .keyNotFound, .keyDisabled, .invalidKeyState, .invalidCiphertext, .incorrectKey, .accessDenied, .throttled,
            .unavailable, .deadlineExceeded, .cancelled, .invalidRequest, .unsupported, .moduleFault, .wrongSecret,
            .keyringDamaged, .keyringMissing, .keyringExists, .unsafePermissions, .auditUnavailable,
        ]
        for code in codes {
            let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
                ScriptedBackend(generate: { (_) throws(KeyBackendError) in throw KeyBackendError(code, "because é") })
            }
            let error = await #expect(throws: KeyBackendError.self) {
                _ = try await instance.generateDataKey(DataKeyRequest())
            }
            #expect(error?.code == code)
            #expect(error?.message.contains("because é") == true)
        }
    }

    @Test func aConfigurationArrivesWithItsSecret() async throws {
        let seen = Mutex<(FilePath?, Bool, [String: String], [UInt8])>((nil, false, [:], []))
        let bytes: [UInt8] = [1, 2, 3]
        // Safe: bytes have no padding to be read.
        let secret = try SecretBytes(copying: unsafe bytes.span.bytes)
        _ = try await ScriptedBackend.open(
            configuration: KeyBackendConfiguration(
                keyring: "/k", creates: true, settings: ["a": "1", "b": ""], secret: secret)
        ) { (configuration, _) throws(KeyBackendError) in
            var bytes: [UInt8] = []
            switch configuration.secret {
            case .some(let secret):
                bytes = try secret.withBytes { (span) throws(KeyBackendError) in span.bytes(in: 0..<span.byteCount) }
            case .none: break
            }
            let values = (configuration.keyring, configuration.creates, configuration.settings, bytes)
            seen.withLock { $0 = values }
            return ScriptedBackend()
        }
        let values = seen.withLock { $0 }
        #expect(values.0 == "/k")
        #expect(values.1)
        #expect(values.2 == ["a": "1", "b": ""])
        #expect(values.3 == [1, 2, 3])
    }

    @Test func theHostServesTheBackend() async throws {
        let log = RecordingLog()
        let host = ProcessKeyBackendHost(
            log: { log.append("\($0): \($1)") },
            audit: { (record) throws(KeyBackendError) in log.append("audit: " + String(decoding: record, as: UTF8.self))
            })
        let instance = try await ScriptedBackend.open(host: host) { (_, host) throws(KeyBackendError) in
            ScriptedBackend(controlAnswer: { (_) throws(KeyBackendError) in
                host.log(.warning, "hello é")
                try await host.appendAudit(Array("{\"who\":1}".utf8))
                return Array("{\"wall\":\(host.wallMilliseconds()),\"boot\":\(host.bootNanoseconds())}".utf8)
            })
        }
        let answer = try await instance.control(ControlRequest(json: Array("{}".utf8)))
        let members = try JSONValue.object(parsing: answer)
        guard case .number(let boot)? = members["boot"] else { throw KeyBackendError(.moduleFault, "no boot time") }
        #expect(try #require(UInt64(boot)) <= PosixClock().bootNanoseconds())
        #expect(log.lines == ["warning: scripted: hello é", "audit: {\"who\":1}"])
    }

    @Test func withoutAnAuditTrailNobodyIsToldThatThereIsARecord() async throws {
        let instance = try await ScriptedBackend.open { (_, host) throws(KeyBackendError) in
            ScriptedBackend(controlAnswer: { (_) throws(KeyBackendError) in
                try await host.appendAudit(Array("{}".utf8))
                return Array("{}".utf8)
            })
        }
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.control(ControlRequest(json: Array("{}".utf8)))
        }
        #expect(error?.code == .auditUnavailable)
    }

    // MARK: - Bad answers

    @Test(arguments: ["short_key", "zero_key", "huge_blob", "plain_blob"])
    func aBadDataKeyIsAModuleFault(_ name: String) async throws {
        let log = RecordingLog()
        let instance = try await open(try ModuleBuilder.broken(name), host: log.host)
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.generateDataKey(DataKeyRequest())
        }
        #expect(error?.code == .moduleFault)
        #expect(log.lines.count == 1)
        try await instance.close()
    }

    /// A module that claimed a larger secret than there was room for was taken for one that had given none.
    @Test(arguments: [(0, 1), (32, 33), (4_096, 4_097), (32, Int.max)])
    func aSecretThatDoesNotFitIsAModuleFault(_ room: Int, _ claimed: Int) async throws {
        let instance = try await open(try claimant(of: claimed))
        let request = ControlRequest(
            json: Array(#"{"operation":"status"}"#.utf8), answerSecretSizeBytesMax: room)
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.controlWithSecrets(request)
        }
        #expect(error?.code == .moduleFault && error?.message.contains("secret of \(claimed) bytes") == true)
        #expect(instance.faultCount == 1)
        try await instance.close()
    }

    @Test(arguments: [(32, 32), (4_096, 32), (32, 0)])
    func aSecretThatFitsIsTaken(_ room: Int, _ claimed: Int) async throws {
        let instance = try await open(try claimant(of: claimed))
        let answer = try await instance.controlWithSecrets(
            ControlRequest(json: Array(#"{"operation":"status"}"#.utf8), answerSecretSizeBytesMax: room))
        #expect(answer.secret.map { $0.bytes.count } == (claimed == 0 ? nil : claimed))
        #expect(instance.faultCount == 0)
        try await instance.close()
    }

    /// A module that says that it has put so many bytes beside its answer.
    private func claimant(of size: Int) throws -> FilePath {
        let text = """
            #include "\(ModuleBuilder.packageRoot)/Tests/Modules/broken/broken.h"
            OPERATION(control) {
                int32_t status = do_control(instance, request, answer, operation);
                answer->plaintext.size = \(size)ull;
                complete(instance, operation, status);
            }
            ENTRY(broken.control = control)
            """
        return try ModuleBuilder.compile(text, in: folder.path, named: "claims\(size)", ["-lcrypto"])
    }

    @Test func theSameKeyTwiceIsAModuleFault() async throws {
        let instance = try await open(try ModuleBuilder.broken("same_key"))
        _ = try await instance.generateDataKey(DataKeyRequest())
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.generateDataKey(DataKeyRequest())
        }
        #expect(error?.code == .moduleFault)
    }

    @Test func anotherKeyIdIsAModuleFault() async throws {
        let instance = try await open(try ModuleBuilder.broken("other_key_id"))
        let generated = try await instance.generateDataKey(DataKeyRequest())
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.unwrap(generated.wrapped, for: UnwrapRequest())
        }
        #expect(error?.code == .moduleFault)
        #expect(error?.message.contains("sample/other") == true)
    }

    /// An alias may answer with what it points to, and a short id with its full name; nothing else.
    @Test(arguments: [
        ("alias/app", "key/1", true), ("arn:aws:kms:eu:1:alias/app", "arn:aws:kms:eu:1:key/1", true),
        ("1234", "arn:aws:kms:eu:1:key/1234", true), ("1234", "1234", true), ("1234", "12345", false),
        ("234", "arn:aws:kms:eu:1:key/1234", false), ("key/1", "key/2", false), ("", "key/1", false),
        // One letter, or a letter and its accent: to Swift the same text, to a backend two keys. The first was taken
        // for the second, and objects were then sealed under a key that nobody had asked for.
        ("\u{E9}", "e\u{301}", false), ("e\u{301}", "a/\u{E9}", false), ("\u{E9}", "\u{E9}", true),
    ])
    func theAnswerNamesTheKeyThatWasAsked(_ asked: String, _ answered: String, _ isAccepted: Bool) async throws {
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(generate: { (_) throws(KeyBackendError) in
                GeneratedDataKey(
                    plaintext: try ScriptedBackend.key(),
                    wrapped: WrappedDataKey(keyID: answered, keyVersion: "1", bytes: [1]))
            })
        }
        var code: KeyBackendError.Code?
        do throws(KeyBackendError) {
            _ = try await instance.generateDataKey(DataKeyRequest(keyID: asked))
        } catch {
            code = error.code
        }
        #expect(code == (isAccepted ? nil : .moduleFault))
    }

    /// What a backend says when it is opened, the ids of its keys and its own lines of the log went to terminals and
    /// logs with their line ends: only the messages of calls had lost them.
    @Test func nothingThatABackendSaysForgesLines() async throws {
        let log = RecordingLog()
        let refused = await #expect(throws: KeyBackendError.self) {
            _ = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
                throw KeyBackendError(.unavailable, "a\nb")
            }
        }
        #expect(refused?.message == "a b")
        let instance = try await ScriptedBackend.open(host: log.host) { (_, host) throws(KeyBackendError) in
            ScriptedBackend(generate: { (_) throws(KeyBackendError) in
                host.log(.info, "c\nd")
                return GeneratedDataKey(
                    plaintext: try ScriptedBackend.key(),
                    wrapped: WrappedDataKey(keyID: "e\nf", keyVersion: "1", bytes: [1]))
            })
        }
        let fault = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.generateDataKey(DataKeyRequest(keyID: "key"))
        }
        #expect(fault?.code == .moduleFault)
        #expect(fault?.message.contains("'e f'") == true)
        #expect(log.lines.first == "info: scripted: c d")
        #expect(log.lines.allSatisfy { !$0.contains("\n") })
    }

    @Test func messagesCannotForgeLinesOnATerminal() async throws {
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(generate: { (_) throws(KeyBackendError) in
                throw KeyBackendError(.throttled, "a\nb\u{1B}[31mc" + String(repeating: "é", count: 2000))
            })
        }
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.generateDataKey(DataKeyRequest())
        }
        #expect(error?.message.hasPrefix("a b [31mc") == true)
        #expect((error?.message.utf8.count ?? 0) <= 1024)
    }

    // MARK: - Time

    @Test func aBackendThatNeverAnswersMeetsTheDeadline() async throws {
        let instance = try await open(try ModuleBuilder.broken("hangs"))
        let request = DataKeyRequest(context: deadline(milliseconds: 50))
        let error = await #expect(throws: KeyBackendError.self) { _ = try await instance.generateDataKey(request) }
        #expect(error?.code == .deadlineExceeded)
        // What hangs is one call, not the instance.
        #expect(try await instance.describe(DescribeRequest()).health == .ready)
    }

    @Test func aBackendThatNeverReturnsMeetsTheDeadline() async throws {
        let instance = try await open(try ModuleBuilder.broken("blocks"))
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.describe(DescribeRequest(context: deadline(milliseconds: 50)))
        }
        #expect(error?.code == .deadlineExceeded)
        _ = try await instance.generateDataKey(DataKeyRequest())
    }

    @Test func aDeadlineInThePastIsNotEvenAsked() async throws {
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(controlAnswer: { (_) throws(KeyBackendError) in
                Issue.record("the backend was called")
                return Array("{}".utf8)
            })
        }
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.control(
                ControlRequest(json: Array("{}".utf8), context: KeyRequestContext(deadlineNanoseconds: 1)))
        }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func cancellingTheTaskEndsTheCall() async throws {
        let instance = try await open(try ModuleBuilder.broken("hangs"))
        let task = Task { try await instance.generateDataKey(DataKeyRequest()).takePlaintext().count }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        let result = await task.result
        #expect(throws: KeyBackendError.self) { try result.get() }
        guard case .failure(let error as KeyBackendError) = result else { return }
        #expect(error.code == .cancelled)
    }

    /// The module polls, sees that it was cancelled, and answers when nobody waits any more: into memory
    /// that is still there. Run under the address sanitizer this would show a use after free.
    @Test func lateAnswersReachNobodyAndNothing() async throws {
        let instance = try await open(try ModuleBuilder.broken("answers_late"))
        for _ in 0..<20 {
            let error = await #expect(throws: KeyBackendError.self) {
                _ = try await instance.generateDataKey(DataKeyRequest(context: deadline(milliseconds: 5)))
            }
            #expect(error?.code == .deadlineExceeded)
        }
        // Closing waits for the late answers, so all of them have come when it returns.
        try await instance.close()
        #expect(instance.faultCount == 0)
    }

    @Test func aSecondCompletionIsCountedAndIgnored() async throws {
        let log = RecordingLog()
        let instance = try await open(try ModuleBuilder.broken("completes_twice"), host: log.host)
        for _ in 0..<10 { #expect(try await instance.describe(DescribeRequest()).keyID == "sample/key") }
        _ = try await instance.generateDataKey(DataKeyRequest())
        try await instance.close()
        #expect(instance.faultCount == 10)
        #expect(log.lines.count { $0.contains("broke the contract") } == 10)
    }

    @Test func aBackendThatAnswersNothingGetsNoFurtherCalls() async throws {
        let instance = try await open(try ModuleBuilder.broken("hangs"))
        var codes: Set<KeyBackendError.Code> = []
        // More than 64: on a busy machine a deadline passes before its call has begun, which leaves nothing behind.
        for _ in 0..<10_000 where !codes.contains(.moduleFault) {
            do throws(KeyBackendError) {
                _ = try await instance.generateDataKey(DataKeyRequest(context: deadline(milliseconds: 1)))
            } catch {
                codes.insert(error.code)
            }
        }
        #expect(codes == [.deadlineExceeded, .moduleFault])
    }

    /// 64 control requests that went on after their deadlines had every object's key refused.
    @Test func controlRequestsNeverKeepKeysFromBeingUsed() async throws {
        let work = Task { _ = try? await Task.sleep(for: .seconds(600)) }
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in
            ScriptedBackend(
                generate: { (_) throws(KeyBackendError) in
                    GeneratedDataKey(plaintext: try ScriptedBackend.key(), wrapped: ScriptedBackend.wrapped)
                },
                controlAnswer: { (_) async throws(KeyBackendError) in
                    await work.value
                    return Array("{}".utf8)
                })
        }
        var codes: Set<KeyBackendError.Code> = []
        // More than 64: on a busy machine a deadline passes before its call has begun, which leaves nothing behind.
        for _ in 0..<10_000 where !codes.contains(.throttled) {
            do throws(KeyBackendError) {
                let request = ControlRequest(json: Array("{}".utf8), context: deadline(milliseconds: 1))
                _ = try await instance.control(request)
            } catch {
                codes.insert(error.code)
            }
        }
        #expect(codes == [.deadlineExceeded, .throttled])
        #expect(try await instance.generateDataKey(DataKeyRequest()).wrapped == ScriptedBackend.wrapped)
        work.cancel()
        while (try? await instance.control(ControlRequest(json: Array("{}".utf8)))) == nil { await Task.yield() }
        try await instance.close()
    }

    @Test func openThatHangsMeetsItsDeadlineAndIsClosedWhenItComes() async throws {
        let gate = Monitor(false)
        let table = exportKeyBackend(name: "slow", version: "0") { (_, _) throws(KeyBackendError) in
            gate.wait(until: { $0 }, { _ in })
            return ScriptedBackend()
        }
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await KeyBackendInstance.open(
                table, configuration: KeyBackendConfiguration(), deadlineSeconds: 0)
        }
        #expect(error?.code == .deadlineExceeded)
        gate.withLock { $0 = true }
        gate.broadcast()
    }

    // MARK: - Many at once, and from within

    @Test func sixtyFourTasksGetTheirOwnKeys() async throws {
        for path in [try ModuleBuilder.sample()] {
            let instance = try await open(path)
            try await withThrowingTaskGroup { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<10 {
                            let generated = try await instance.generateDataKey(DataKeyRequest())
                            let opened = try await instance.unwrap(generated.wrapped, for: UnwrapRequest())
                            #expect(try opened.isEqual(to: generated.plaintext))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await instance.close()
        }
    }

    /// A backend that asks its own instance, and the host, while it is being asked: no lock is held.
    @Test func aBackendMayCallBackWhileItIsCalled() async throws {
        let shared = Mutex<KeyBackendInstance?>(nil)
        let instance = try await ScriptedBackend.open { (_, host) throws(KeyBackendError) in
            ScriptedBackend(generate: { (_) throws(KeyBackendError) in
                host.log(.info, "asked")
                let instance = shared.withLock { $0 }
                guard let description = try await instance?.describe(DescribeRequest()) else {
                    throw KeyBackendError(.moduleFault, "no instance")
                }
                return GeneratedDataKey(
                    plaintext: try ScriptedBackend.key(),
                    wrapped: WrappedDataKey(keyID: description.keyID, keyVersion: "1", bytes: [1]))
            })
        }
        shared.withLock { $0 = instance }
        #expect(try await instance.generateDataKey(DataKeyRequest()).wrapped.keyID == "scripted")
    }

    @Test func closedMeansClosed() async throws {
        let instance = try await open(try ModuleBuilder.sample())
        try await instance.close()
        try await instance.close()
        let error = await #expect(throws: KeyBackendError.self) { _ = try await instance.describe(DescribeRequest()) }
        #expect(error?.code == .closed)
    }

    @Test func whatIsTooLargeIsRefusedBeforeItIsSent() async throws {
        let instance = try await open(try ModuleBuilder.sample())
        for size in [0, 8193] {
            let wrapped = WrappedDataKey(
                keyID: "sample/key", keyVersion: "1", bytes: [UInt8](repeating: 1, count: size))
            let error = await #expect(throws: KeyBackendError.self) {
                _ = try await instance.unwrap(wrapped, for: UnwrapRequest())
            }
            #expect(error?.code == .invalidCiphertext)
        }
        let tokens = [String](repeating: String(repeating: "t", count: 1000), count: 70)
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.describe(DescribeRequest(context: KeyRequestContext(grantTokens: tokens)))
        }
        #expect(error?.code == .invalidRequest)
        let control = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.control(ControlRequest(json: [UInt8](repeating: 0x20, count: 1_048_577)))
        }
        #expect(control?.code == .invalidRequest)
    }
}
