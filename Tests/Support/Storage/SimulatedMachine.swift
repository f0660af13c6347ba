package import StrongroomCatalog
package import StrongroomSimulation
package import StrongroomStorage
package import StrongroomSystem
internal import Synchronization
package import SystemPackage

/// A machine with a simulated disk and a modelled index, on which one store lives and may crash.
package final class SimulatedMachine: Sendable {
    package static let directory = FilePath("/store")
    package static let storeID = [UInt8](repeating: 7, count: 16)
    package let clock: ManualClock
    package let options: EmbeddedStorageOptions
    private let disk: Mutex<SimulatedFileSystem>
    private let storedIndex: Mutex<MemoryIndex>

    package var fileSystem: SimulatedFileSystem { disk.withLock { $0 } }
    package var index: MemoryIndex { storedIndex.withLock { $0 } }

    package init(
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
            directory: Self.directory, storeID: SimulatedMachine.storeID, options: options,
            environment: environment(seed, sums: sums))
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    /// A machine as a crash has left it.
    package init(
        found fileSystem: SimulatedFileSystem, index: MemoryIndex, clock: ManualClock,
        options: EmbeddedStorageOptions = .simulated
    ) {
        self.clock = clock
        self.options = options
        disk = Mutex(fileSystem)
        storedIndex = Mutex(index)
    }

    /// Shows every moment at which power could fail: before each change of the disk, and after each of the index.
    package func watch(_ watcher: (@Sendable (SimulatedMoment, MemoryIndex) -> Void)?) {
        guard let watcher else {
            fileSystem.watch(nil)
            return index.watch(nil)
        }
        let (fileSystem, index) = (fileSystem, index)
        fileSystem.watch { watcher($0, index.surviving()) }
        index.watch { fileSystem.showMoment() }
    }

    /// Of a disk and an index that nobody uses any more nothing is to be shown. They would keep each other, too, and
    /// all that the watcher keeps: after a hundred thousand power failures, thousands of stores with their threads.
    private func leaveDiskAndIndex() { watch(nil) }

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
    ///   - model: what is told of the store's own commits, which take positions of commits that failed.
    package func open(
        seed: UInt64 = 1, storeID: [UInt8] = SimulatedMachine.storeID, indexWrites: Int? = nil,
        sums: RowSumDefinition? = nil, noting model: StoreModel? = nil
    ) async throws(StorageError) -> EmbeddedStorage {
        var options = options
        if let model { options.whenOwnCommitIsDecided = { model.noteOwnCommit(at: $0) } }
        return try await EmbeddedStorage.open(
            directory: Self.directory, storeID: storeID, options: options,
            environment: environment(seed, indexWrites: indexWrites, sums: sums))
    }

    /// Opens with parts of the environment replaced by ones that a test watches or holds up.
    package func open(
        index: (any OrderedIndex)? = nil, fileSystem: any FileSystem
    ) async throws(StorageError) -> EmbeddedStorage {
        let index = index ?? self.index
        return try await EmbeddedStorage.open(
            directory: Self.directory, storeID: SimulatedMachine.storeID, options: options,
            environment: StorageEnvironment(
                fileSystem: fileSystem, random: SeededRandom(seed: 2, for: self.fileSystem), clock: clock,
                makeIndex: { (_, _) throws(StorageError) in index }))
    }

    /// Power fails. The store that ran goes on to run into errors; this machine has the disk as found.
    package func crash(seed: UInt64) {
        leaveDiskAndIndex()
        disk.withLock { $0 = $0.crash(seed: seed) }
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: seed % 2 == 0) }
    }

    /// Power fails in that way. Where no file system leaves such a disk, another one is found.
    package func crash(_ failure: PowerFailure, keepingInFlight: Bool) {
        leaveDiskAndIndex()
        let found = failure.disk(after: fileSystem.moment)
        disk.withLock { disk in
            let other = disk.crash(seed: 0)
            disk = found ?? other
        }
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: keepingInFlight) }
    }

    /// The process is killed: nothing that was written is lost.
    package func kill(seed: UInt64) {
        leaveDiskAndIndex()
        disk.withLock { $0 = $0.kill(seed: seed) }
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    /// The index's file is gone, as if somebody had removed it.
    package func loseIndex() {
        index.watch(nil)
        storedIndex.withLock { $0 = MemoryIndex() }
    }

    /// Repairs the store, which is closed.
    package func repair(
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
            directory: Self.directory, storeID: SimulatedMachine.storeID, options: options, environment: environment)
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
    package func reopenIndex() {
        index.watch(nil)
        storedIndex.withLock { $0 = $0.crash(keepingInFlight: false) }
    }

    package func blobFileCount() throws -> Int { try blobFiles(fileSystem, Self.directory).count }
}
