import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

extension CrashScript {
    /// Works until power fails, recovers, compares; several times on one store.
    ///
    /// - Returns: how many operations were acknowledged. Throws what was found wrong.
    func run() async throws -> Int {
        let machine = try await SimulatedMachine(seed: seed)
        let model = StoreModel()
        for (steps, crash) in lives {
            let storage = try await machine.open(seed: crash.openingSeed, noting: model)
            if lies { machine.fileSystem.setSynchronizes(false) }
            machine.fileSystem.failPower(afterMutations: crash.mutationsBefore)
            if isInTurn {
                await Self.perform(steps, storage, model)
            } else {
                await workAtOnce(steps, storage, model)
            }
            machine.crash(seed: crash.diskSeed)
            try await Self.check(machine, model, seed: crash.recoverySeed)
        }
        return model.acknowledgedCount
    }

    private func workAtOnce(_ steps: [Action], _ storage: EmbeddedStorage, _ model: StoreModel) async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writerCount {
                let own = steps.filter { if case .work(_, writer: writer) = $0 { true } else { false } }
                group.addTask { await Self.perform(own, storage, model) }
            }
            let checkpoints = steps.filter { if case .checkpoint = $0 { true } else { false } }
            group.addTask { await Self.perform(checkpoints, storage, model) }
        }
    }

    /// Until power fails, or all is done.
    private static func perform(_ steps: [Action], _ storage: EmbeddedStorage, _ model: StoreModel) async {
        for step in steps {
            do throws(StorageError) {
                switch step {
                case .work(let step, _): try await storage.perform(step, noting: model)
                case .checkpoint:
                    try await storage.checkpoint()
                    _ = try await storage.compact()
                case .crash: return
                }
            } catch {
                return
            }
        }
    }

    /// Recovers, compares, and looks for what nobody owns; then closes in order.
    private static func check(
        _ machine: SimulatedMachine, _ model: StoreModel, seed: UInt64
    ) async throws {
        let storage = try await machine.open(seed: seed, noting: model)
        try await storage.compare(with: model)
        try await storage.waitForReaders()
        try await storage.settle()
        let blobCount = try await storage.compare(with: model)
        let fileCount = try machine.blobFileCount()
        guard fileCount == blobCount else { throw Discrepancy("\(fileCount) blob files for \(blobCount) rows") }
        try await storage.close()
        machine.reopenIndex()
    }
}
