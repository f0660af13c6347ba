import StrongroomCrypto
import Testing

@testable import StrongroomKeys

/// Entries of a request that a backend written in Swift would read and not heed: this host sends none of them, others
/// might.
@Suite struct UnheededEntriesTests {
    private static let functions: [(function: ModuleFunction, room: HostOperation.Room)] = [
        (.generateDataKey, .generate), (.unwrap, .unwrap), (.rewrap, .rewrap), (.describe, .describe),
        (.control, .control),
    ]

    /// How a backend answers a block that is sent as it stands; nil where it does not refuse it.
    private func refusal(
        _ function: ModuleFunction, _ room: HostOperation.Room, _ block: [UInt8],
        _ capabilities: KeyBackendCapabilities = [.returnsPromptly]
    ) async throws -> KeyBackendError.Code? {
        let instance = try await ScriptedBackend.open(capabilities: capabilities) { (_, _) throws(KeyBackendError) in
            ScriptedBackend(
                generate: { (_) throws(KeyBackendError) in
                    GeneratedDataKey(plaintext: try ScriptedBackend.key(), wrapped: ScriptedBackend.wrapped)
                }, unwrap: { (_, _) throws(KeyBackendError) in try ScriptedBackend.key() })
        }
        let (operation, start) = try instance.prepareRaw(
            function, block, input: Array("{}".utf8), room: room, cancellation: .never)
        start()
        guard case .completed(let status) = await instance.waitRaw(operation, deadlineSeconds: 10) else {
            Issue.record("not completed")
            return nil
        }
        try await instance.close()
        return status == 0 ? nil : KeyBackendError.Code(status: status)
    }

    private func block(_ caller: Caller? = nil, _ more: (inout TLVWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = TLVWriter(
            continuing: TLVWriter.operation(
                KeyRequestContext(caller: caller), keyID: "scripted", keyVersion: "1", deadlineNanoseconds: .max))
        more(&writer)
        return writer.bytes
    }

    /// Every backend in Swift decoded a user's policies, though most let anybody of the account do everything: a host
    /// that did not look at the capability first would have had them do it for users whom nothing allows it.
    @Test func aBackendThatDoesNotHeedPoliciesSaysSo() async throws {
        for (function, room) in Self.functions {
            for policies in [nil, [], ["{}"]] as [[String]?] {
                let caller = Caller(principal: "user/bob", account: "1", policies: policies)
                #expect(
                    try await refusal(function, room, block(caller)) == (policies == nil ? nil : .unsupported),
                    "\(function)")
                #expect(
                    try await refusal(function, room, block(caller), [.returnsPromptly, .heedsPolicies]) == nil,
                    "\(function)")
            }
        }
    }

    /// A secret that came with another operation than `control`, or beside a customer's key, was taken and ignored.
    @Test func aControlSecretIsForControlAlone() async throws {
        let secret = block { $0.append(0x8024, [UInt8](repeating: 7, count: 32)) }
        let both = block {
            $0.append(0x8024, [UInt8](repeating: 7, count: 32))
            $0.append(0x8023, [UInt8](repeating: 8, count: 32))
        }
        for (function, room) in Self.functions where function != .control {
            #expect(try await refusal(function, room, secret) == .invalidRequest, "\(function)")
        }
        #expect(try await refusal(.control, .control, both) == .invalidRequest)
        // It is the backend that has no operation with one.
        #expect(try await refusal(.control, .control, secret) == .unsupported)
    }

    /// The host let the one displace the other, and said nothing.
    @Test func theHostSendsNoTwoSecrets() async throws {
        let instance = try await ScriptedBackend.open { (_, _) throws(KeyBackendError) in ScriptedBackend() }
        let secret = SharedSecret(try ScriptedBackend.key())
        let refused = await #expect(throws: KeyBackendError.self) {
            _ = try await instance.controlWithSecrets(
                ControlRequest(
                    json: Array("{}".utf8), secret: secret, context: KeyRequestContext(customerKey: secret)))
        }
        #expect(refused?.code == .invalidRequest)
        _ = try await instance.controlWithSecrets(
            ControlRequest(json: Array("{}".utf8), context: KeyRequestContext(customerKey: secret)))
        try await instance.close()
    }
}
