import StrongroomCrypto
import StrongroomKeys

/// A key service whose answers a test writes, behind the contract as any other.
struct ScriptedKeyService: KeyBackend {
    typealias Answer = @Sendable (ControlRequest) throws(KeyBackendError) -> ControlAnswer

    let answer: Answer

    static func table(_ answer: @escaping Answer) -> KeyBackendTable {
        exportKeyBackend(name: "scripted", version: "0", capabilities: [.returnsPromptly, .heedsPolicies]) {
            (_, _) throws(KeyBackendError) in ScriptedKeyService(answer: answer)
        }
    }

    func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer {
        try answer(request)
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] { try answer(request).json }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        KeyDescription(keyID: request.keyID ?? "scripted", currentVersion: "1", health: .ready)
    }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        throw KeyBackendError(.unsupported, "not scripted")
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        throw KeyBackendError(.unsupported, "not scripted")
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        wrapped
    }

    func close() async throws(KeyBackendError) {}
}
