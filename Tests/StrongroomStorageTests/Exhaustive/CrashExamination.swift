import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization

/// Opens a store in the states that power failures at recorded moments leave, and looks whether all is there.
struct CrashExamination: Sendable {
    let sums: RowSumDefinition?
    var options = EmbeddedStorageOptions.simulated
    /// One state in so many is looked at, chosen by the seed.
    let share: UInt64
    let seed: UInt64

    /// Returns how many states were looked at, of how many that there are. Throws what was found wrong.
    func run(_ moments: [CrashMoment]) async throws -> (examined: Int, all: Int) {
        var generator = SeededGenerator(seed: seed)
        var (examined, all) = (0, 0)
        for (number, moment) in moments.enumerated() {
            for failure in moment.disk.powerFailures(seed: UInt64(number)) {
                guard let disk = failure.disk(after: moment.disk) else { continue }
                all += 1
                guard share == 1 || generator.chance(1, in: share) else { continue }
                do {
                    examined += 1
                    let recovery = try await examine(
                        moment, disk, recordsRecovery: generator.chance(1, in: moment.recoveryShare))
                    for again in recovery {
                        guard let disk = PowerFailure(drawnFrom: &generator).disk(after: again.disk) else { continue }
                        all += 1
                        examined += 1
                        _ = try await examine(again, disk, recordsRecovery: false)
                    }
                } catch {
                    throw Discrepancy("at moment \(number) of \(moments.count), \(failure): \(error)")
                }
            }
        }
        return (examined, all)
    }

    // MARK: - One state

    /// Opens, compares, cleans up, and does so again: a second opening changes nothing. A store that was not one yet is
    /// made anew before; backups are looked at in the end.
    ///
    /// - Returns: the moments of the recovery, if they are wanted.
    @discardableResult
    func examine(
        _ moment: CrashMoment, _ disk: SimulatedFileSystem, recordsRecovery: Bool
    ) async throws -> [CrashMoment] {
        let model = moment.model.copy()
        let sums = sums?.anchored(at: moment.anchor)
        let machine = SimulatedMachine(
            found: disk, index: moment.index.surviving(), clock: ManualClock(), options: options)
        let recorder = recordsRecovery ? RecoveryRecorder(machine, of: moment, model, sums) : nil
        try await moment.making.finish(machine, sums: sums) { recorder?.watch() }
        recorder?.noteMade()
        let storage = try await machine.open(seed: seed, sums: sums, noting: model)
        let recovery = recorder?.end() ?? []
        try await storage.compare(with: model)
        try await storage.waitForReaders()
        try await storage.settle()
        let blobCount = try await storage.compare(with: model)
        let fileCount = try machine.blobFileCount()
        guard fileCount == blobCount else { throw Discrepancy("\(fileCount) blob files for \(blobCount) rows") }
        if sums != nil { try await storage.metadata.checkSums() }
        try await storage.close()
        machine.reopenIndex()

        let again = try await machine.open(seed: seed &+ 1, sums: sums, noting: model)
        try await again.compare(with: model)
        let findings = try await again.verify(readingBlobs: false).findings
        guard findings.isEmpty else { throw Discrepancy("verify finds \(findings.map(\.error.description))") }
        try await again.close()
        if let backups = moment.backups {
            machine.reopenIndex()
            try await BackupExamination(machine: machine, sums: sums, seed: seed &+ 2).run(backups, model)
        }
        return recovery
    }
}

/// The moments of a recovery: power may fail again.
private final class RecoveryRecorder: Sendable {
    private let machine: SimulatedMachine
    private let found: CrashMoment
    private let model: StoreModel
    private let sums: RowSumDefinition?
    private let making: Mutex<StoreMakingState>
    private let moments = Mutex<[CrashMoment]>([])

    init(_ machine: SimulatedMachine, of found: CrashMoment, _ model: StoreModel, _ sums: RowSumDefinition?) {
        self.machine = machine
        self.found = found
        self.model = model
        self.sums = sums
        making = Mutex(found.making)
        watch()
    }

    func watch() {
        machine.watch { [self] disk, index in
            let moment = CrashMoment(
                disk: disk, index: index, model: model.copy(), anchor: sums?.anchor, making: making.withLock { $0 },
                backups: found.backups)
            moments.withLock { $0.append(moment) }
        }
    }

    /// From here on there is a store.
    func noteMade() {
        if case .notNeeded = found.making { return }
        making.withLock { $0 = .done }
    }

    func end() -> [CrashMoment] {
        machine.watch(nil)
        return moments.withLock { $0 }
    }
}
