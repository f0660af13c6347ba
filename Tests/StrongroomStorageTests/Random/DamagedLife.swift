import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// A store's life in which it is damaged, and the one after it.
struct DamagedLife {
    let damage: SilentDamage
    let machine: SimulatedMachine
    private(set) var storage: EmbeddedStorage
    private(set) var misdirection: SimulatedMisdirection?
    var outcome = SilentDamage.Outcome()
    private var model = StoreModel()
    private var generator: SeededGenerator
    private var steps: RandomSteps
    /// Whether segments are damaged, or blobs.
    private var isJournalDamaged = false
    /// How far the first life came.
    private var lastLSN: UInt64 = 0

    init(_ damage: SilentDamage) async throws {
        self.damage = damage
        generator = SeededGenerator(seed: damage.seed)
        steps = RandomSteps(seed: generator.next(), blobPercentage: 15)
        machine = try await SimulatedMachine(seed: generator.next())
        storage = try await machine.open(seed: generator.next(), noting: model)
    }

    // MARK: - The first life

    /// Works, is damaged meanwhile if that is how, and reads all.
    mutating func begin() async throws {
        let blob = StoreModel.Payload(home: .blob, length: 9_000, seed: 1)
        try await storage.perform(.putBlob(WorkloadKey(number: 0), blob), noting: model)
        try await perform(Int.random(in: 20...60, using: &generator))
        guard damage.kind == .misdirection else { return }
        try await misdirect()
        // Often it is the last write, of which no later one can say that it was durable.
        if generator.chance(1, in: 2) { try await perform(Int.random(in: 1...30, using: &generator)) }
        // A copy: some of it may be lost yet.
        try await look(model.copy())
    }

    private mutating func misdirect() async throws {
        let isOfBlob = generator.chance(1, in: 4)
        let skips = Int.random(in: 0..<(isOfBlob ? 2 : 10), using: &generator)
        machine.fileSystem.inject(
            SimulatedFault(
                [.write], pathSuffix: isOfBlob ? ".blob" : ".wal", skips: skips, effect: .misdirection))
        isJournalDamaged = !isOfBlob
        var count = 0
        while machine.fileSystem.misdirections.isEmpty, count < 400 {
            try await perform(1)
            count += 1
        }
        misdirection = machine.fileSystem.misdirections.first
        guard misdirection != nil else { throw Discrepancy("nothing was written that could land elsewhere") }
        outcome.strikes += 1
    }

    private mutating func perform(_ count: Int) async throws {
        for _ in 0..<count {
            do throws(StorageError) {
                switch Int.random(in: 0..<20, using: &generator) {
                case 0: try await storage.checkpoint()
                case 1: _ = try await storage.compact()
                default: try await storage.perform(steps.next(), noting: model)
                }
            } catch {
                try hear(error)
            }
        }
    }

    /// In order, by a kill or by a power failure; then bits rot if that is how it is damaged.
    mutating func end() async throws {
        let statistics = try await storage.statistics()
        lastLSN = statistics.lastLSN
        let isOrderly = generator.chance(1, in: 3)
        if isOrderly {
            try await close()
        } else if generator.chance(1, in: 2) {
            machine.kill(seed: generator.next())
        } else {
            machine.crash(seed: generator.next())
        }
        if damage.kind == .rot { try rot() }
        // After an orderly end the catalog says what must be there.
        if !isOrderly { model = model.copy(upTo: try promisedLSN(appliedLSN: statistics.appliedLSN)) }
    }

    private mutating func close() async throws {
        try await storage.close()
        machine.reopenIndex()
    }

    private mutating func rot() throws {
        let suffix = generator.chance(1, in: 4) ? ".blob" : ".wal"
        let bitCount = generator.chance(1, in: 8) ? 40 : Int.random(in: 1...3, using: &generator)
        let seed = generator.next()
        var places = machine.fileSystem.rot(bitCount: bitCount, pathSuffix: suffix, seed: seed)
        // All blobs may be gone by then.
        if places.isEmpty { places = machine.fileSystem.rot(bitCount: bitCount, pathSuffix: ".wal", seed: seed) }
        guard !places.isEmpty else { throw Discrepancy("there is nothing that could rot") }
        isJournalDamaged = places.contains { $0.path.string.hasSuffix(".wal") }
        outcome.strikes += places.count
    }

    /// Only of damage, and only where there is some.
    mutating func hear(_ error: StorageError) throws {
        let isDamaged = outcome.strikes > 0 || !machine.fileSystem.misdirections.isEmpty
        guard isDamaged, error.speaksOfDamage else { throw Discrepancy("what no damage explains: \(error)") }
        outcome.errors += 1
    }

    // MARK: - The second life

    /// Whether the store opens. Only damage of the journal keeps it from that, and does so again.
    mutating func reopen() async throws -> Bool {
        guard let refusal = await openingFailure() else { return true }
        guard isJournalDamaged, refusal.speaksOfDamage else { throw Discrepancy("it does not open: \(refusal)") }
        guard let again = await openingFailure() else { throw Discrepancy("it opens at last, after \(refusal)") }
        guard again.speaksOfDamage else { throw Discrepancy("after \(refusal): \(again)") }
        outcome.refusals += 1
        return false
    }

    private mutating func openingFailure() async -> StorageError? {
        do throws(StorageError) {
            storage = try await machine.open(seed: generator.next(), noting: model)
            return nil
        } catch {
            machine.reopenIndex()
            return error
        }
    }

    /// Reads all, works on, and opens once more: nothing is damaged any more, and nothing is lost.
    mutating func goOn() async throws {
        if try await storage.statistics().lastLSN < lastLSN { outcome.tornTails += 1 }
        try await look(model)
        try await perform(10)
        try await look(model)
        try await close()
        if let refusal = await openingFailure() { throw Discrepancy("what had opened does not: \(refusal)") }
        try await look(model)
        try await close()
    }
}

extension StorageError {
    /// Of a blob the number of the format stands before its checksum: damage can make it one that nobody knows.
    fileprivate var speaksOfDamage: Bool { code == .corrupted || code == .unsupportedFormat }
}
