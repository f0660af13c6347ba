import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

/// A store that a scenario works on step by step, with a model of what it should hold and, while it is recorded, every
/// moment at which power could fail.
final class ScriptedStore: Sendable {
    /// What is known of the store beside what its disk has.
    struct Knowledge: Sendable {
        var model = StoreModel()
        var making = StoreMakingState.notNeeded
        var backups: BackupRecord?
    }

    let machine: SimulatedMachine
    let sums: RowSumDefinition?
    private let known = Mutex(Knowledge())
    private let opened = Mutex<EmbeddedStorage?>(nil)
    private let moments = Mutex<[CrashMoment]>([])
    private let isRecording = Atomic(false)

    /// - Parameter isBlank: the disk is empty, and the scenario makes its store by itself.
    init(
        seed: UInt64 = 1, options: EmbeddedStorageOptions = .simulated, sums: RowSumDefinition? = nil,
        isBlank: Bool = false
    ) async throws {
        self.sums = sums
        if isBlank {
            machine = SimulatedMachine(
                found: SimulatedFileSystem(seed: seed), index: MemoryIndex(), clock: ManualClock(), options: options)
        } else {
            machine = try await SimulatedMachine(seed: seed, options: options, sums: sums)
        }
    }

    /// What the store should hold.
    var model: StoreModel { known.withLock { $0.model } }

    var knowledge: Knowledge { known.withLock { $0 } }

    func learn(_ change: (inout Knowledge) -> Void) { known.withLock { change(&$0) } }

    var storage: EmbeddedStorage {
        get throws { try #require(opened.withLock { $0 }, "the scenario has not opened its store") }
    }

    /// Whether nothing more can be committed: no store is open, or its disk has failed it.
    var isEnded: Bool {
        get async throws {
            guard let storage = opened.withLock({ $0 }) else { return true }
            do throws(StorageError) {
                return try await storage.statistics().poison != nil
            } catch {
                // A poisoned store cannot make its last checkpoint and fails to close, but closed it is.
                guard error.code == .closed else { throw error }
                return true
            }
        }
    }

    // MARK: - Recording

    private func note(_ disk: SimulatedMoment, _ index: MemoryIndex) {
        let known = knowledge
        let moment = CrashMoment(
            disk: disk, index: index, model: known.model.copy(), anchor: sums?.anchor, making: known.making,
            backups: known.backups)
        moments.withLock { $0.append(moment) }
    }

    /// All moments of what `body` does, the last of them after its end.
    func recording(_ body: (ScriptedStore) async throws -> Void) async throws -> [CrashMoment] {
        isRecording.store(true, ordering: .relaxed)
        watch()
        try await body(self)
        machine.watch(nil)
        note(machine.fileSystem.moment, machine.index.surviving())
        return moments.withLock { $0 }
    }

    private func watch() { machine.watch { [self] in note($0, $1) } }

    /// Disk or index are others than before.
    func watchAgain() {
        if isRecording.load(ordering: .relaxed) { watch() }
    }

    // MARK: - Lives

    func open(seed: UInt64 = 1, indexWrites: Int? = nil) async throws {
        let storage = try await machine.open(
            seed: seed, indexWrites: indexWrites, sums: sums, noting: model)
        opened.withLock { $0 = storage }
    }

    func close() async throws {
        try await storage.close()
        opened.withLock { $0 = nil }
        machine.reopenIndex()
        watchAgain()
    }

    /// The process dies.
    func kill(seed: UInt64) { end { machine.kill(seed: seed) } }

    /// Power fails.
    func crash(seed: UInt64) { end { machine.crash(seed: seed) } }

    /// The process dies; the store is opened again by another one.
    func reopenKilled(seed: UInt64 = 2) async throws {
        kill(seed: seed)
        try await reopen(seed)
    }

    /// Power fails; the store is opened again.
    func reopenCrashed(seed: UInt64) async throws {
        crash(seed: seed)
        try await reopen(seed)
    }

    private func end(_ body: () -> Void) {
        body()
        opened.withLock { $0 = nil }
        watchAgain()
    }

    private func reopen(_ seed: UInt64) async throws {
        try await open(seed: seed)
        try await storage.compare(with: model)
    }
}
