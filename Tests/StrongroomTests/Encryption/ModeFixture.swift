import Logging
import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// Every mode in which an object can be, and a store that knows all of them.
enum TestMode: CaseIterable, Sendable, CustomTestStringConvertible {
    case none, s3Managed, kms, kmsWithContext, kmsBucketKey, kmsDualLayer, customerKey

    var testDescription: String { "\(self)" }

    func request(_ fixture: ModeFixture) -> EncryptionRequest {
        switch self {
        case .none: .none
        case .s3Managed: .s3Managed
        case .kms: .kms(key: "alias/app")
        case .kmsWithContext: .kms(context: ["tenant": "blue", "é": ""])
        case .kmsBucketKey: .kms(key: "app", context: ["tenant": "blue"], bucketKey: true)
        case .kmsDualLayer: .kmsDualLayer(key: "alias/app", context: ["tenant": "blue"])
        case .customerKey: .customerKey(fixture.customerKey)
        }
    }

    /// Whether what follows from the bytes is told to nobody who has not opened them.
    var hidesChecksums: Bool {
        switch self {
        case .none, .s3Managed: false
        case .kms, .kmsWithContext, .kmsBucketKey, .kmsDualLayer, .customerKey: true
        }
    }

    func isMode(_ descriptor: EncryptionDescriptor) -> Bool {
        switch (self, descriptor) {
        case (.none, .none), (.s3Managed, .s3Managed), (.customerKey, .customerKey): true
        case (.kms, .kms(let kms)):
            kms.keyID == TestKeyService.arn("app") && kms.context.isEmpty && !kms.usesBucketKey
        case (.kmsBucketKey, .kms(let kms)): kms.keyID == TestKeyService.arn("app") && kms.usesBucketKey
        case (.kmsWithContext, .kms(let kms)):
            kms.keyID == TestKeyService.arn("default") && kms.context == ["tenant": "blue", "é": ""]
        case (.kmsDualLayer, .kmsDualLayer(let dual)): dual.keyID == TestKeyService.arn("app")
        default: false
        }
    }
}

struct ModeFixture {
    let directory: TemporaryDirectory
    let service: TestKeyService
    let customerKey: CustomerKey
    let otherCustomerKey: CustomerKey
    /// Long, because a machine may be busy; short where a test waits for it.
    var deadlineSeconds = 120

    init(_ name: String = #function) throws {
        directory = try TemporaryDirectory()
        service = try TestKeyService("\(name) \(directory.path)", keys: ["default", "app", "other"])
        service.state.withLock { $0.aliases["alias/app"] = TestKeyService.arn("app") }
        customerKey = try Self.key()
        otherCustomerKey = try Self.key()
    }

    static func key() throws -> CustomerKey { try CustomerKey(SharedSecret(try SecretBytes.random(count: 32))) }

    var options: StoreOptions {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(
            .linked(TestKeyService.table), settings: ["name": service.name], deadlineSeconds: deadlineSeconds)
        options.smallObjectLimitBytes = 8 << 10
        options.partMinimumBytes = 1
        return options
    }

    /// An engine over stores in memory, with the key service; requests present the customer's key in its mode.
    func memory(_ mode: TestMode) async throws -> MemoryEngine {
        let backend = try await OpenedBackend.open(
            TestKeyService.table, KeyBackendConfiguration(settings: ["name": service.name]), logger: .current,
            metrics: StoreMetrics(StoreOptions()))
        var memory = try await MemoryEngine(
            service: KeyServiceLink(options.keyService!) { () async throws(StoreError) in backend })
        if mode == .customerKey { memory.customerKey = customerKey }
        return memory
    }

    func open() async throws -> Store { try await Store.open(at: directory.store, options: options) }

    /// The bucket as one sees it who has what the mode needs.
    func handle(_ bucket: Bucket, _ mode: TestMode) -> Bucket {
        mode == .customerKey ? bucket.presenting(customerKey) : bucket
    }
}
