import StrongroomCrypto
import StrongroomKeys
import Synchronization

/// A backend whose answers a test writes; exported through the contract like any other.
struct ScriptedBackend: KeyBackend {
    var host: any KeyBackendHost = ProcessKeyBackendHost.silent
    var generate: @Sendable (DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey = {
        (_) throws(KeyBackendError) in throw KeyBackendError(.unsupported, "not scripted")
    }
    var unwrap: @Sendable (WrappedDataKey, UnwrapRequest) async throws(KeyBackendError) -> SecretBytes = {
        (_, _) throws(KeyBackendError) in throw KeyBackendError(.unsupported, "not scripted")
    }
    var controlAnswer: @Sendable (ControlRequest) async throws(KeyBackendError) -> [UInt8] = {
        (_) throws(KeyBackendError) in Array("{}".utf8)
    }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        try await generate(request)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try await unwrap(wrapped, request)
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        wrapped
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        KeyDescription(keyID: request.keyID ?? "scripted", currentVersion: "1", health: .ready)
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        try await controlAnswer(request)
    }

    func close() async throws(KeyBackendError) {}

    /// Opens it through the C table.
    static func open(
        host: any KeyBackendHost = ProcessKeyBackendHost.silent,
        configuration: consuming KeyBackendConfiguration = KeyBackendConfiguration(),
        capabilities: KeyBackendCapabilities = [.returnsPromptly],
        _ make:
            @escaping @Sendable (borrowing KeyBackendConfiguration, any KeyBackendHost) throws(KeyBackendError) ->
            ScriptedBackend
    ) async throws(KeyBackendError) -> KeyBackendInstance {
        let table = exportKeyBackend(name: "scripted", version: "0", capabilities: capabilities) {
            (configuration, host) throws(KeyBackendError) in try make(configuration, host)
        }
        return try await KeyBackendInstance.open(table, configuration: configuration, host: host)
    }

    static func key(_ byte: UInt8 = 1, count: Int = 32) throws(KeyBackendError) -> SecretBytes {
        try SecretBytes(count: count) { (room: inout MutableRawSpan) throws(KeyBackendError) in
            for offset in 0..<count { room.storeBytes(of: byte &+ UInt8(offset), toByteOffset: offset, as: UInt8.self) }
        }
    }

    static let wrapped = WrappedDataKey(keyID: "scripted", keyVersion: "1", bytes: [1, 2, 3])
}

/// Remembers what a host was told.
final class RecordingLog: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    func append(_ line: String) { recorded.withLock { $0.append(line) } }

    var host: ProcessKeyBackendHost { ProcessKeyBackendHost(log: { [self] in append("\($0): \($1)") }) }
}
