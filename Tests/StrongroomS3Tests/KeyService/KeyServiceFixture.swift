import Logging
import Strongroom
import StrongroomKeys
import Synchronization

@testable import StrongroomS3Protocol

/// The key service's endpoint, on a store of its own with the KMS keys, without a connection.
struct KeyServiceFixture: Sendable {
    var s3: S3Fixture
    let log = LogText()

    struct Reply: Sendable {
        var status: Int
        var headers: [String: String]
        /// Empty where there is no body.
        var members: [String: JSONValue]
        var body: [UInt8]

        var type: String? { string("__type") }
        var message: String { string("message") ?? "" }

        func string(_ name: String) -> String? { members[name]?.text }

        func member(_ path: String...) -> JSONValue? {
            path.dropFirst().reduce(members[path[0]]) { value, name in value?[name] }
        }
    }

    /// - Parameter backend: the key service; nil for the KMS keys.
    init(hasKeyService: Bool = true, backend: KeyBackendTable? = nil, keepsTrail: Bool = false) async throws {
        let log = log
        s3 = try await S3Fixture(
            hasKeyService: hasKeyService, keyService: backend, keepsTrail: keepsTrail,
            logger: Logger(label: "test") { _ in TextLogHandler(text: log) })
    }

    /// Asks as the administrator, unless somebody else is named; nil for nobody.
    func ask(
        _ operation: String, _ members: [String: JSONValue] = [:], as signer: S3Fixture.Signer?? = nil,
        isSecure: Bool = true
    ) async throws -> Reply {
        try await send(
            "TrentService." + operation, JSONValue.object(members).encoded(), as: signer ?? s3.administrator,
            isSecure: isSecure)
    }

    /// - Parameter altering: what happens to the request on its way, behind its signature.
    func send(
        _ target: String, _ body: [UInt8], as signer: S3Fixture.Signer?, isSecure: Bool = true,
        headers: [(name: String, value: String)] = [], contentType: String = "application/x-amz-json-1.1",
        service: String = "kms", region: String = S3Fixture.region, atMilliseconds: Int64 = S3Fixture.now,
        altering: ([UInt8]) -> [UInt8] = { $0 }
    ) async throws -> Reply {
        var all =
            [
                (name: "host", value: "localhost"), (name: "content-type", value: contentType),
                (name: "x-amz-target", value: target), (name: "content-length", value: "\(body.count)"),
            ] + headers
        if let signer {
            all = try S3Fixture.signed(
                "POST", "/", "", all, body, signer, atMilliseconds: atMilliseconds, service: service, region: region)
        }
        let rest = Mutex<[UInt8]?>(altering(body))
        let request = S3Request(
            method: "POST", rawPath: "/", rawQuery: "", headers: RequestHeaders(all),
            connection: ConnectionFacts(
                sourceAddress: "127.0.0.1", transport: isSecure ? .transportLayerSecurity(version: "1.3") : .plain),
            id: "TEST", body: RequestBodyStream { rest.withLock { $0.take() }.map { $0[...] } })
        let response = try await S3Fixture.response(await s3.service.answer(request))
        let members = response.body.isEmpty ? [:] : try JSONValue.object(parsing: response.body)
        return Reply(status: response.status, headers: response.headers, members: members, body: response.body)
    }

    /// A new key's id.
    func key(_ members: [String: JSONValue] = [:]) async throws -> JSONValue {
        let made = try await ask("CreateKey", members)
        return made.member("KeyMetadata", "KeyId") ?? .null
    }

    /// How a request is refused; nil where it is not.
    func refusal(
        _ operation: String, _ members: [String: JSONValue] = [:], as signer: S3Fixture.Signer?? = nil,
        isSecure: Bool = true
    ) async throws -> String? {
        try await ask(operation, members, as: signer, isSecure: isSecure).type
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }

    subscript(name: String) -> JSONValue? { if case .object(let members) = self { members[name] } else { nil } }

    subscript(index: Int) -> JSONValue? {
        if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
    }

    var count: Int { if case .array(let values) = self { values.count } else { 0 } }
}

/// All that was logged, as one text.
final class LogText: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var all: String { lines.withLock { $0.joined(separator: "\n") } }
}

private struct TextLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    let text: LogText

    init(text: LogText) { self.text = text }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { text.add("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
