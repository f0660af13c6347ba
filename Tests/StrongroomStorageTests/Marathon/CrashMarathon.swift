import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization

/// Random lives of stores, power failures at random moments of each, and recoveries that the disk fails or power fails
/// as well: nothing that was acknowledged is lost, and nothing is half there.
final class CrashMarathon: Sendable {
    /// So many states of one life are looked at.
    private static let statesPerLife = 60

    let seed: UInt64
    private let lies: Bool
    private let isOver: @Sendable (_ pointCount: Int) -> Bool
    private let livesBegun = Atomic(0)
    private let points = Atomic(0)
    private let failed = Atomic(false)

    /// How many power failures have been survived.
    var pointCount: Int { points.load(ordering: .relaxed) }
    var lifeCount: Int { livesBegun.load(ordering: .relaxed) }

    /// - Parameter lies: whether each life's first disk makes nothing durable: then losses must be found.
    init(seed: UInt64, lies: Bool = false, until isOver: @escaping @Sendable (_ pointCount: Int) -> Bool) {
        self.seed = seed
        self.lies = lies
        self.isOver = isOver
    }

    /// Throws what was found wrong first.
    func run(runners: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<runners {
                group.addTask {
                    while !self.isOver(self.pointCount), !self.failed.load(ordering: .relaxed) {
                        try await self.oneLife()
                    }
                }
            }
            do {
                // The first that fails ends the others.
                while try await group.next() != nil {}
            } catch {
                failed.store(true, ordering: .relaxed)
                throw error
            }
        }
    }

    private func oneLife() async throws {
        let number = livesBegun.add(1, ordering: .relaxed).oldValue
        let life = RandomLife(seed: seed &+ UInt64(number), lies: lies)
        do {
            try await look(at: life)
        } catch {
            throw Discrepancy("life \(life.seed): \(error)")
        }
    }

    private func look(at life: RandomLife) async throws {
        let moments = try await life.moments()
        var generator = SeededGenerator(seed: ~life.seed)
        for _ in 0..<Self.statesPerLife where !isOver(pointCount) {
            let number = Int(generator.next(upperBound: UInt64(moments.count)))
            let failures = moments[number].disk.powerFailures(seed: generator.next())
            guard let failure = failures.randomElement(using: &generator),
                let disk = failure.disk(after: moments[number].disk)
            else { continue }
            do {
                try await survive(moments[number], disk, life, &generator)
            } catch {
                throw Discrepancy("moment \(number) of \(moments.count), \(failure): \(error)")
            }
        }
    }

    /// One state, and those that recoveries from it leave when they fail.
    private func survive(
        _ moment: CrashMoment, _ disk: SimulatedFileSystem, _ life: RandomLife, _ generator: inout SeededGenerator
    ) async throws {
        points.add(1, ordering: .relaxed)
        var (disk, index, anchor) = (disk, moment.index.surviving(), moment.anchor)
        let model = moment.model.copy()
        while generator.chance(1, in: 3) {
            let sums = life.sums?.anchored(at: anchor)
            (disk, index) = try await failToRecover(disk, index, model, life, sums, &generator)
            anchor = sums?.anchor
            points.add(1, ordering: .relaxed)
        }
        let examination = CrashExamination(sums: life.sums, options: life.options, share: 1, seed: generator.next())
        let state = CrashMoment(disk: disk.moment, index: index, model: model, anchor: anchor)
        try await examination.examine(state, disk, recordsRecovery: false)
    }

    /// An opening that the disk fails, or power fails; it may be over by then. Returns what the next one finds.
    private func failToRecover(
        _ disk: SimulatedFileSystem, _ index: MemoryIndex, _ model: StoreModel, _ life: RandomLife,
        _ sums: RowSumDefinition?, _ generator: inout SeededGenerator
    ) async throws -> (SimulatedFileSystem, MemoryIndex) {
        let machine = SimulatedMachine(found: disk, index: index, clock: ManualClock(), options: life.options)
        if generator.chance(1, in: 2) {
            disk.inject(.random(&generator))
        } else {
            disk.failPower(afterMutations: Int(generator.next(upperBound: 30 as UInt64)))
        }
        do {
            let storage = try await machine.open(seed: generator.next(), sums: sums, noting: model)
            // What one recovery has shown, the next must show as well.
            try await storage.compare(with: model)
            try await storage.checkpoint()
        } catch let error as StorageError {
            guard error.code != .corrupted, error.code != .rolledBack else { throw error }
        }
        machine.crash(seed: generator.next())
        return (machine.fileSystem, machine.index)
    }
}
