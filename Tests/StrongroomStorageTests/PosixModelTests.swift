import StrongroomJournal
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// The random work of the simulations on a real disk with LMDB: smaller, and without power failures.
@Suite struct PosixModelTests {
    private let directory = TemporaryDirectory()

    private var environment: StorageEnvironment {
        StorageEnvironment(fileSystem: PosixFileSystem(), random: SystemRandom(), clock: PosixClock())
    }

    private func open() async throws -> EmbeddedStorage {
        var options = EmbeddedStorageOptions()
        options.memtableSizeBytes = 1 << 20
        options.checkpointRowsPerTransaction = 64
        options.checkpointIntervalSeconds = 1
        options.ioThreadCount = 2
        options.journal.initialSegmentBytes = 256 << 10
        options.journal.maximumSegmentBytes = 1 << 20
        let environment = environment
        // A store whose last reference is gone takes a moment to end its threads.
        for _ in 0..<500 {
            let result = await attempt(options, environment)
            if case .failure(let error) = result, error.code == .locked {
                try await Task.sleep(for: .milliseconds(10))
            } else {
                return try result.get()
            }
        }
        throw Discrepancy("the lock was never freed")
    }

    private func attempt(
        _ options: EmbeddedStorageOptions, _ environment: StorageEnvironment
    ) async -> Result<EmbeddedStorage, StorageError> {
        do throws(StorageError) {
            return .success(
                try await EmbeddedStorage.open(
                    directory: directory.path, storeID: StoreKind.storeID, options: options, environment: environment))
        } catch {
            return .failure(error)
        }
    }

    @Test func randomWorkIsThereAfterClosingAndAfterDropping() async throws {
        try await EmbeddedStorage.create(
            directory: directory.path, storeID: StoreKind.storeID, environment: environment)
        let model = StoreModel()
        for life in 0..<6 {
            let storage = try await open()
            try await storage.compare(with: model)
            let failures = await work(storage, model, seed: UInt64(life * 100))
            #expect(failures.map(\.description) == [])
            if life % 2 == 0 { try await storage.close() }
        }
        let storage = try await open()
        let blobCount = try await storage.compare(with: model)
        try await storage.settle()
        #expect(try blobFiles(PosixFileSystem(), directory.path).count == blobCount)
        let report = try await storage.verify(readingBlobs: true)
        #expect(report.findings.map(\.error.description) == [])
        #expect(model.acknowledgedCount > 1_000)
        try await storage.close()
    }

    private func work(_ storage: EmbeddedStorage, _ model: StoreModel, seed: UInt64) async -> [StorageError] {
        await withTaskGroup(of: StorageError?.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var workload = RandomWorkload(storage: storage, model: model, seed: seed + UInt64(writer))
                    return await workload.run(150)
                }
            }
            return await group.reduce(into: []) { failures, failure in
                if let failure { failures.append(failure) }
            }
        }
    }

    @Test func creatingTwiceIsRefused() async throws {
        try await EmbeddedStorage.create(
            directory: directory.path, storeID: StoreKind.storeID, environment: environment)
        let refused = await #expect(throws: StorageError.self) {
            try await EmbeddedStorage.create(
                directory: directory.path, storeID: StoreKind.storeID, environment: environment)
        }
        #expect(refused?.code == .alreadyExists)
    }
}
