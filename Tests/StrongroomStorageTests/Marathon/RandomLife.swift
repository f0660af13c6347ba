import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

/// A life of a store as its seed decides it: work, ends of all kinds, and a disk that fails.
struct RandomLife: Sendable {
    private static let stepCount = 40

    let seed: UInt64
    /// Whether the syncs of the first process do nothing.
    var lies = false

    /// Half of them take images.
    var options: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        if seed % 2 == 1 { options.images = ImagePolicy() }
        return options
    }

    /// Half of them add up their rows, and half of those have a root of the catalog, which an anchor knows.
    var sums: RowSumDefinition? {
        guard seed / 2 % 2 == 1 else { return nil }
        return seed / 4 % 2 == 1 ? TestSums.definition(TestRootKeeper()) : TestSums.definition
    }

    /// One of eight has a slow disk, and writers who meet at it: it is not quite the same each time.
    var isSlow: Bool { seed / 8 % 8 == 3 }

    /// Every moment at which power could have failed.
    func moments() async throws -> [CrashMoment] {
        let store = try await ScriptedStore(seed: seed, options: options, sums: sums)
        try await store.open(seed: seed)
        if lies { store.machine.fileSystem.setSynchronizes(false) }
        return try await store.recording { store in
            var living = Living(store, seed: seed, takesImages: options.images != nil, isSlow: isSlow)
            for _ in 0..<Self.stepCount { try await living.step() }
        }
    }
}

/// What has become of the store so far.
private struct Living {
    let store: ScriptedStore
    let takesImages: Bool
    let isSlow: Bool
    private var generator: SeededGenerator
    private var work: RandomSteps
    /// Whether the disk has failed the process that has the store open: then it may fail, too.
    private var hasFailed = false

    init(_ store: ScriptedStore, seed: UInt64, takesImages: Bool, isSlow: Bool) {
        self.store = store
        self.takesImages = takesImages
        self.isSlow = isSlow
        generator = SeededGenerator(seed: seed)
        work = RandomSteps(seed: generator.next())
    }

    mutating func step() async throws {
        do {
            try await chosenStep()
        } catch let error as StorageError {
            guard hasFailed else { throw Discrepancy("a step fails on a disk that does not: \(error)") }
            // A call that fails changes nothing that was written before.
            guard error.code != .corrupted, error.code != .rolledBack else { throw error }
            try await goOn()
        }
    }

    private mutating func chosenStep() async throws {
        switch generator.next(upperBound: 100 as UInt64) {
        case 0..<64:
            if isSlow { return try await workAtOnce() }
            try await store.storage.perform(work.next(), noting: store.model)
        case 64..<71: try await store.checkpoint()
        case 71..<75: try await store.compact()
        case 75..<79: if takesImages { try await store.storage.takeImage() }
        case 79..<82:
            try await store.close()
            store.machine.fileSystem.clearFaults()
            try await store.open(seed: generator.next())
            hasFailed = false
        case 82..<87: try await dieAndReopen()
        case 87..<97:
            store.machine.fileSystem.inject(.random(&generator))
            hasFailed = true
        default: store.machine.fileSystem.clearFaults()
        }
    }

    /// Three writers, and a disk that is slow for a moment: what comes meanwhile waits and shares the next group.
    private mutating func workAtOnce() async throws {
        let operation: SimulatedOperation = generator.chance(1, in: 2) ? .write : .synchronizeData
        store.machine.fileSystem.inject(SimulatedFault([operation], failures: 2, effect: .delay(milliseconds: 1)))
        let storage = try store.storage
        let model = store.model
        let steps = (0..<3).map { _ in work.next() }
        let errors = await withTaskGroup(of: StorageError?.self) { group in
            for step in steps {
                group.addTask {
                    do throws(StorageError) {
                        try await storage.perform(step, noting: model)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [StorageError]()) { errors, error in
                if let error { errors.append(error) }
            }
        }
        // What says most of the disk comes first.
        let gravest = errors.first { $0.code == .corrupted || $0.code == .rolledBack } ?? errors.first
        if let gravest { throw gravest }
    }

    /// After a failure: with the same process, or with another one.
    private mutating func goOn() async throws {
        store.machine.fileSystem.clearFaults()
        let mustEnd = try await store.isEnded
        if mustEnd || generator.chance(1, in: 2) { try await dieAndReopen() }
    }

    private mutating func dieAndReopen() async throws {
        if generator.chance(1, in: 2) {
            try await store.reopenKilled(seed: generator.next())
        } else {
            try await store.reopenCrashed(seed: generator.next())
        }
        hasFailed = false
    }
}

extension SimulatedFault {
    /// One to three calls of some kind, now or soon.
    static func random(_ generator: inout SeededGenerator) -> SimulatedFault {
        let kinds: [(Set<SimulatedOperation>, StorageError.Code)] = [
            ([.write, .truncate], .inputOutput), ([.write, .truncate], .diskFull),
            ([.synchronizeData], .inputOutput), ([.synchronizeDirectory], .inputOutput), ([.read], .inputOutput),
            ([.remove, .rename], .inputOutput), ([.list, .status], .inputOutput),
            ([.create, .allocate, .createDirectory], .diskFull), ([.open, .create], .descriptorLimit),
            (Set(SimulatedOperation.allCases), .inputOutput),
        ]
        let (operations, code) = kinds[Int(generator.next(upperBound: UInt64(kinds.count)))]
        return SimulatedFault(
            operations, skips: Int(generator.next(upperBound: 6 as UInt64)),
            failures: 1 + Int(generator.next(upperBound: 3 as UInt64)), code: code)
    }
}
