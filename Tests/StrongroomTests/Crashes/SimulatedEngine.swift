import Logging
import StrongroomCatalog
import StrongroomCrypto
import StrongroomCustomerKeys
import StrongroomJournal
import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

@testable import Strongroom

/// An engine whose storage is on a simulated disk. Its keys are real ones, in a keyring that no crash meets.
final class SimulatedEngine: Sendable {
    private static let directory = FilePath("/store")

    let store: Store
    let fileSystem: SimulatedFileSystem
    let index: MemoryIndex
    private let storage: EmbeddedStorage
    private let keys: StoreKeys
    private let storeID: [UInt8]

    /// A new store.
    ///
    /// - Parameter keyService: has to live as long as this.
    convenience init(keyring: FilePath, directory: FilePath, keyService: TestKeyService) async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let storeID = SystemRandom().bytes(16)
        try fileSystem.createDirectory(Self.directory)
        try fileSystem.synchronizeDirectory(FilePath("/"))
        let made = MemoryIndex()
        try await EmbeddedStorage.create(
            directory: Self.directory, storeID: storeID, options: Self.options,
            environment: Self.environment(fileSystem, made))
        let index = made.crash(keepingInFlight: false)
        try await self.init(fileSystem, index, storeID, try await Self.keys(keyring, directory, storeID, keyService))
    }

    /// The store as a power failure has left it.
    convenience init(found fileSystem: SimulatedFileSystem, index: MemoryIndex, of other: SimulatedEngine) async throws
    {
        try await self.init(fileSystem, index, other.storeID, other.keys)
    }

    private init(
        _ fileSystem: SimulatedFileSystem, _ index: MemoryIndex, _ storeID: [UInt8], _ keys: StoreKeys
    ) async throws {
        (self.fileSystem, self.index, self.storeID, self.keys) = (fileSystem, index, storeID, keys)
        storage = try await EmbeddedStorage.open(
            directory: Self.directory, storeID: storeID, options: Self.options,
            environment: Self.environment(fileSystem, index))
        let engine = Engine(
            directory: Self.directory, storeID: storeID,
            storage: OpenedStorage(metadata: storage.metadata, blobs: storage.blobs),
            threads: IOThreadPool(threadCount: 1), random: SystemRandom(),
            settings: EngineSettings(smallObjectLimitBytes: 4 << 10, partMinimumBytes: 1, suite: .aes256GCM),
            logger: Logger(label: "simulated") { _ in SwiftLogNoOpLogHandler() }, keys: keys,
            metrics: StoreMetrics(StoreOptions()), clock: PosixClock())
        try await engine.loadBuckets()
        try await engine.loadLockClock()
        store = Store(engine: engine, requester: .root)
    }

    func checkpoint() async throws { try await storage.checkpoint() }

    func close() async throws { try await storage.close() }

    func verifyRows() async throws -> [String] {
        try await storage.verify(readingBlobs: true).findings.map(\.error.description)
    }

    private static var options: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        // A call has few rows.
        options.checkpointRowsPerTransaction = 8
        return options
    }

    private static func environment(_ fileSystem: SimulatedFileSystem, _ index: MemoryIndex) -> StorageEnvironment {
        StorageEnvironment(
            fileSystem: fileSystem, random: SeededRandom(seed: 1, for: fileSystem), clock: PosixClock(),
            makeIndex: { (_, _) throws(StorageError) in index })
    }

    private static func keys(
        _ keyring: FilePath, _ directory: FilePath, _ storeID: [UInt8], _ keyService: TestKeyService
    ) async throws -> StoreKeys {
        let backend = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: keyring, creates: true))
        let opened = OpenedBackend(
            id: S3ManagedKeys.table.name, backend: backend, mayMakeKeysAhead: false, logger: .current)
        let customer = try await OpenedBackend.open(
            CustomerKeys.table, KeyBackendConfiguration(), logger: .current, metrics: StoreMetrics(StoreOptions()))
        let metadataKey = try await MetadataKeyFile.create(
            in: directory, storeID: storeID, opened, PosixFileSystem(), on: IOThreadPool(threadCount: 1))
        let settings = ["name": keyService.name]
        let service = try await OpenedBackend.open(
            TestKeyService.table, KeyBackendConfiguration(settings: settings), logger: .current,
            metrics: StoreMetrics(StoreOptions()))
        let link = KeyServiceLink(KeyServiceOptions(.linked(TestKeyService.table), settings: settings)) {
            () async throws(StoreError) in service
        }
        return try StoreKeys(opened, service: link, customer: customer, metadataKey: metadataKey)
    }
}
