import Logging
import Strongroom
import StrongroomCrypto
import StrongroomKMSKeys
import StrongroomKeys
import StrongroomSignature
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage

@testable import StrongroomS3Protocol
@testable import StrongroomTesting

/// A service on a store of its own, without a connection, and users who sign.
struct S3Fixture: Sendable {
    /// Whoever signs.
    struct Signer: Sendable {
        var accessKeyID: String
        var secret: SharedSecret
        /// Of temporary credentials.
        var token: String?
    }

    struct Response: Sendable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The text of the first element of that name.
        func element(_ name: String) -> String? {
            guard let start = text.firstRange(of: "<\(name)>")?.upperBound,
                let end = text[start...].firstRange(of: "</\(name)>")?.lowerBound
            else { return nil }
            return String(text[start..<end])
        }

        var code: String? { element("Code") }
    }

    static let now: Int64 = 1_800_000_000_000
    static let region = "us-east-1"

    let folder: TemporaryFolder
    let store: Store
    var service: S3Service
    let administrator: Signer
    /// What the service takes for the time, and requests are signed at.
    private(set) var now = Self.now

    /// - Parameters:
    ///   - hasKeyService: whether the store has one.
    ///   - keyService: its backend; nil for the KMS keys.
    ///   - keepsTrail: whether the key service keeps its audit trail; then the store has to be closed.
    ///   - logger: where requests are logged; by default nowhere.
    init(
        hasKeyService: Bool = false, keyService: KeyBackendTable? = nil, keepsTrail: Bool = false,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) async throws {
        let folder = TemporaryFolder()
        var options = StoreOptions()
        options.allowedEncryption = [.customerKeys]
        if hasKeyService {
            // Without the trail, which would be signed when the folder is gone.
            options.keyService = KeyServiceOptions(
                .linked(keyService ?? KMSKeys.table), settings: ["audit": keepsTrail ? "on" : "off"],
                deadlineSeconds: 120)
        }
        let store = try await Store.open(at: folder.path.appending("store"), options: options)
        try await self.init(store, in: folder, logger: logger)
    }

    /// A store in memory that notes what it asks of its storage.
    init(_ notes: StorageNotes) async throws {
        let blobs = InMemoryBlobStore()
        let store = try await Store.assemble(
            metadata: NotedMetadataStore(InMemoryMetadataStore(clock: PosixClock(), blobs: blobs), notes),
            blobs: NotedBlobStore(blobs, notes), keyBackend: EphemeralKeyBackend.table, options: StoreOptions())
        try await self.init(
            store, in: TemporaryFolder(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private init(_ store: Store, in folder: TemporaryFolder, logger: Logger) async throws {
        (self.store, self.folder) = (store, folder)
        let settings = S3Settings(region: Self.region, domains: ["s3.test"], account: "000000000000")
        service = S3Service(store, settings, logger: logger) { Self.now }
        administrator = try await Self.signer("ada", isAdministrator: true, in: store)
    }

    /// The same store, served at another time.
    func at(_ milliseconds: Int64, nanoseconds: UInt64 = 0) -> S3Fixture {
        var later = self
        later.now = milliseconds
        later.service = S3Service(
            store, service.settings, logger: service.logger, nanoseconds: { nanoseconds }, clock: { milliseconds })
        return later
    }

    private static func signer(_ name: String, isAdministrator: Bool, in store: Store) async throws -> Signer {
        _ = try await store.createUser(named: name, isAdministrator: isAdministrator)
        let key = try await store.createAccessKey(of: name)
        return Signer(accessKeyID: key.id, secret: key.secret)
    }

    /// A user with a policy of their own, or with none.
    func user(_ name: String, policy: String? = nil) async throws -> Signer {
        let signer = try await Self.signer(name, isAdministrator: false, in: store)
        if let policy { _ = try await store.setUserPolicy(policy, named: "own", of: name) }
        return signer
    }

    /// Sends a request and gets its answer, whole.
    ///
    /// - Parameters:
    ///   - target: path and query, percent-encoded.
    ///   - signer: nil for nobody.
    func send(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        as signer: Signer?, isSecure: Bool = true
    ) async throws -> Response {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count == 2 ? parts[1] : ""
        var all = [(name: "host", value: "localhost")] + headers
        if !body.isEmpty || method == "PUT" || method == "POST" { all.append(("content-length", String(body.count))) }
        if let signer {
            all = try Self.signed(method, parts[0], query, all, body, signer, atMilliseconds: now)
        }
        let rest = Mutex<[UInt8]?>(body.isEmpty ? nil : body)
        let request = S3Request(
            method: method, rawPath: parts[0], rawQuery: query, headers: RequestHeaders(all),
            connection: ConnectionFacts(
                sourceAddress: "127.0.0.1", transport: isSecure ? .transportLayerSecurity(version: "1.3") : .plain),
            id: "TEST", body: RequestBodyStream { rest.withLock { $0.take() }.map { $0[...] } })
        return try await Self.response(await service.answer(request))
    }

    /// The same by the administrator.
    func send(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        isSecure: Bool = true
    ) async throws -> Response {
        try await send(method, target, headers, body: body, as: administrator, isSecure: isSecure)
    }

    static func signed(
        _ method: String, _ path: String, _ query: String, _ headers: [(name: String, value: String)], _ body: [UInt8],
        _ signer: Signer, atMilliseconds: Int64 = now, service: String = "s3", region: String = region
    ) throws -> [(name: String, value: String)] {
        let time = SigningTime(wallMilliseconds: atMilliseconds)
        var hash = try PayloadHash.hexadecimal(body)
        var all = headers
        if let given = headers.first(where: { $0.name == "x-amz-content-sha256" }) {
            hash = given.value
        } else {
            all.append(("x-amz-content-sha256", hash))
        }
        all.append(("x-amz-date", time.text))
        if let token = signer.token { all.append(("x-amz-security-token", token)) }
        let incoming = try IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: all)
        let key = try SigningKey(
            secretAccessKey: signer.secret.bytes,
            scope: CredentialScope(date: time.date, region: region, service: service))
        let request = SignableRequest(
            method: method, path: incoming.path, query: incoming.query, headers: incoming.headers, payloadHash: hash)
        return all + [("authorization", try key.authorization(of: request, at: time, accessKeyID: signer.accessKeyID))]
    }

    static func response(_ answer: S3Answer) async throws -> Response {
        var headers: [String: String] = [:]
        for (name, value) in answer.headers.fields { headers[name] = value }
        let body: [UInt8] =
            switch answer.body {
            case .none: []
            case .bytes(let bytes): bytes
            case .secret(let secret):
                try secret.bytes.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
            case .object(let body): try await body.collect(upTo: 64 << 20)
            }
        return Response(status: answer.status, headers: headers, body: body)
    }
}
