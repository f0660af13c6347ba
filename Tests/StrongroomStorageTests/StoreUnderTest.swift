import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// An open store and what tests need to know of the kind it is.
struct StoreUnderTest: Sendable {
    let metadata: any MetadataStore
    let blobs: any BlobStore
    let clock: ManualClock
    /// Lets the store do now what it does in its own time: move rows into the index, free what is free.
    let settle: @Sendable () async throws -> Void
    /// How many blob payloads are stored.
    let blobCount: @Sendable () throws -> Int
    let close: @Sendable () async throws -> Void
}

/// Every implementation of the waist that the conformance suite runs on.
enum StoreKind: String, CaseIterable, Sendable {
    case inMemory
    /// Rows stay in the tables.
    case embedded
    /// Rows are moved into the index whenever a test lets the store settle.
    case embeddedCheckpointed
    /// The same on a real disk, with LMDB.
    case posixCheckpointed

    static let storeID = SimulatedMachine.storeID

    func open() async throws -> StoreUnderTest {
        let clock = ManualClock()
        switch self {
        case .inMemory: return Self.inMemory(clock)
        case .embedded, .embeddedCheckpointed: return try await simulated(clock)
        case .posixCheckpointed: return try await Self.posix(clock)
        }
    }

    private static func inMemory(_ clock: ManualClock) -> StoreUnderTest {
        let blobs = InMemoryBlobStore()
        return StoreUnderTest(
            metadata: InMemoryMetadataStore(clock: clock, blobs: blobs), blobs: blobs, clock: clock,
            settle: {}, blobCount: { blobs.count }, close: {})
    }

    private func simulated(_ clock: ManualClock) async throws -> StoreUnderTest {
        let machine = try await SimulatedMachine(seed: 1, clock: clock, sums: TestSums.definition)
        let storage = try await machine.open(sums: TestSums.definition)
        let settles = self == .embeddedCheckpointed
        return StoreUnderTest(
            metadata: storage.metadata, blobs: storage.blobs, clock: clock,
            settle: { if settles { try await storage.settle() } }, blobCount: { try machine.blobFileCount() },
            close: { try await storage.close() })
    }

    private static func posix(_ clock: ManualClock) async throws -> StoreUnderTest {
        let directory = TemporaryDirectory()
        let environment = StorageEnvironment(
            fileSystem: PosixFileSystem(), random: SystemRandom(), clock: clock, sums: TestSums.definition)
        try await EmbeddedStorage.create(directory: directory.path, storeID: storeID, environment: environment)
        let storage = try await EmbeddedStorage.open(
            directory: directory.path, storeID: storeID, environment: environment)
        return StoreUnderTest(
            metadata: storage.metadata, blobs: storage.blobs, clock: clock, settle: { try await storage.settle() },
            blobCount: { try blobFiles(PosixFileSystem(), directory.path).count },
            close: {
                try await storage.close()
                withExtendedLifetime(directory) {}
            })
    }
}
