import StrongroomCatalog
import StrongroomJournal
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage

/// A machine with a simulated disk and a modelled index, on which one store lives and may crash.
final class SimulatedMachine: Sendable {
    static let directory = FilePath("/store")
    let clock: ManualClock
    let options: EmbeddedStorageOptions
    private let disk: Mutex<SimulatedFileSystem>
    private let storedIndex: Mutex<MemoryIndex>

    var fileSystem: SimulatedFileSystem { disk.withLock { $0 } }
    var index: MemoryIndex { storedIndex.withLock { $0 } }

    init(
        seed: UInt64, clock: ManualClock = ManualClock(), options: EmbeddedStorageOptions = .simulated,
        synchronizes: Bool = true, sums: RowSumDefinition? = nil
    ) async throws {
        self.clock = clock
        self.options = options
        let fileSystem = SimulatedFileSystem(seed: seed, synchronizes: synchronizes)
        disk = Mutex(fileSystem)
        storedIndex = Mutex(MemoryIndex())
        try fileSystem.createDirectory(Self.directory)
        try fileSystem.synchronizeDirectory(FilePath("/"))
        try await EmbeddedStorage.create(
            directory: Self.directory, storeID: StoreKind.storeID, options: options,
            environment: environment(seed, sums: sums))
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    /// A machine as a crash has left it.
    init(
        found fileSystem: SimulatedFileSystem, index: MemoryIndex, clock: ManualClock,
        options: EmbeddedStorageOptions = .simulated
    ) {
        self.clock = clock
        self.options = options
        disk = Mutex(fileSystem)
        storedIndex = Mutex(index)
    }

    /// Shows every moment at which power could fail: before each change of the disk, and after each of the index.
    func watch(_ watcher: (@Sendable (SimulatedMoment, MemoryIndex) -> Void)?) {
        guard let watcher else {
            fileSystem.watch(nil)
            return index.watch(nil)
        }
        let (fileSystem, index) = (fileSystem, index)
        fileSystem.watch { watcher($0, index.surviving()) }
        index.watch { fileSystem.showMoment() }
    }

    private func environment(
        _ seed: UInt64, indexWrites: Int? = nil, sums: RowSumDefinition?
    ) -> StorageEnvironment {
        let stored = index
        let index: any OrderedIndex = indexWrites.map { InterruptedIndex(stored, writes: $0) } ?? stored
        return StorageEnvironment(
            fileSystem: fileSystem, random: SeededRandom(seed: seed, for: fileSystem), clock: clock,
            makeIndex: { (_, _) throws(StorageError) in index }, sums: sums)
    }

    /// - Parameters:
    ///   - indexWrites: after so many transactions the index is full; nil for never.
    ///   - sums: what is added up; nil as by a program that knows nothing of sums.
    func open(
        seed: UInt64 = 1, storeID: [UInt8] = StoreKind.storeID, indexWrites: Int? = nil,
        sums: RowSumDefinition? = nil
    ) async throws(StorageError) -> EmbeddedStorage {
        try await EmbeddedStorage.open(
            directory: Self.directory, storeID: storeID, options: options,
            environment: environment(seed, indexWrites: indexWrites, sums: sums))
    }

    /// Opens with parts of the environment replaced by ones that a test watches or holds up.
    func open(
        index: (any OrderedIndex)? = nil, fileSystem: any FileSystem
    ) async throws(StorageError) -> EmbeddedStorage {
        let index = index ?? self.index
        return try await EmbeddedStorage.open(
            directory: Self.directory, storeID: StoreKind.storeID, options: options,
            environment: StorageEnvironment(
                fileSystem: fileSystem, random: SeededRandom(seed: 2, for: self.fileSystem), clock: clock,
                makeIndex: { (_, _) throws(StorageError) in index }))
    }

    /// Power fails. The store that ran goes on to run into errors; this machine has the disk as found.
    func crash(seed: UInt64) {
        disk.withLock { $0 = $0.crash(seed: seed) }
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: seed % 2 == 0) }
    }

    /// The process is killed: nothing that was written is lost.
    func kill(seed: UInt64) {
        disk.withLock { $0 = $0.kill(seed: seed) }
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    /// The index's file is gone, as if somebody had removed it.
    func loseIndex() {
        storedIndex.withLock { $0 = MemoryIndex() }
    }

    /// Repairs the store, which is closed.
    func repair(
        catalog verdict: StorageRepair.CatalogVerdict = .walked, isDryRun: Bool = false,
        sums: RowSumDefinition? = nil
    ) throws(StorageError) -> StorageRepairReport {
        let environment = StorageEnvironment(
            fileSystem: fileSystem, random: SeededRandom(seed: 3, for: fileSystem), clock: clock,
            // Each opening after the first finds what the one before it has closed.
            makeIndex: { (_, _) throws(StorageError) in
                self.reopenIndex()
                return self.index
            }, sums: sums)
        let repair = StorageRepair(
            directory: Self.directory, storeID: StoreKind.storeID, options: options, environment: environment)
        do throws(StorageError) {
            let report = try repair.run(catalog: verdict, isDryRun: isDryRun)
            reopenIndex()
            return report
        } catch {
            // The index of a store that is open is not this function's.
            if error.code != .locked { reopenIndex() }
            throw error
        }
    }

    /// Makes the index usable again after an orderly close, as opening its file would.
    func reopenIndex() {
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    func blobFileCount() throws -> Int { try blobFiles(fileSystem, Self.directory).count }
}
