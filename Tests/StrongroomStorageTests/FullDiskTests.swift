import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// A disk that is full, emptied by deleting all that is on it, and full again.
@Suite struct FullDiskTests {
    /// What happens to the process meanwhile.
    enum Interruption: CaseIterable, Sendable {
        case nothing, closedWhileFull, crashedWhileFull, closedOnceEmpty
    }

    /// What the first round did not give back would be missing in the second.
    @Test(arguments: Interruption.allCases)
    func everythingIsDeletedTwice(_ interruption: Interruption) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let model = StoreModel()
        var storage = try await machine.open(noting: model)
        machine.fileSystem.setCapacity(bytes: 3 << 20)
        var counts: [Int] = []
        for round in 1...2 as ClosedRange<UInt8> {
            let count = try await fill(storage, model, seed: round)
            counts.append(count)
            switch interruption {
            case .closedWhileFull: storage = try await reopened(storage, machine, model, seed: UInt64(10 + round))
            case .crashedWhileFull:
                machine.crash(seed: 5)
                storage = try await machine.open(seed: UInt64(10 + round), noting: model)
            case .nothing, .closedOnceEmpty: break
            }
            try await storage.compare(with: model)
            try await empty(storage, model, count: count)
            #expect(try machine.blobFileCount() == 0)
            if interruption == .closedOnceEmpty {
                storage = try await reopened(storage, machine, model, seed: UInt64(20 + round))
            }
        }
        #expect(counts[0] > 30)
        #expect(counts[1] > counts[0] * 2 / 3, "\(counts)")
        try await put(storage, model, 0, seed: 9)
        try await storage.compare(with: model)
        try await storage.expectSound()
        try await storage.close()
    }

    private func reopened(
        _ storage: EmbeddedStorage, _ machine: SimulatedMachine, _ model: StoreModel, seed: UInt64
    ) async throws -> EmbeddedStorage {
        try await storage.close()
        machine.reopenIndex()
        return try await machine.open(seed: seed, noting: model)
    }

    /// Blobs, and then rows in segments until there is no room for another. Returns how many there are.
    private func fill(_ storage: EmbeddedStorage, _ model: StoreModel, seed: UInt8) async throws -> Int {
        var count = 0
        while count < 8 {
            let payload = StoreModel.Payload(home: .blob, length: 60_000, seed: seed)
            try await storage.perform(.putBlob(WorkloadKey(number: count), payload), noting: model)
            count += 1
        }
        var refusals: [StorageError] = []
        // Whoever asks again is told the same.
        while refusals.count < 5, count < WorkloadKey.count {
            do throws(StorageError) {
                try await put(storage, model, count, seed: seed)
                count += 1
            } catch {
                refusals.append(error)
            }
        }
        #expect(refusals.map(\.code) == [StorageError.Code](repeating: .diskFull, count: 5))
        return count
    }

    private func put(
        _ storage: EmbeddedStorage, _ model: StoreModel, _ number: Int, seed: UInt8
    ) async throws(StorageError) {
        let payload = StoreModel.Payload(home: .attachment, length: 40_000, seed: seed)
        let row = StoreModel.Row(value: [seed], payload: payload)
        let entry = WorkloadStep.Entry(key: WorkloadKey(number: number), row: row)
        try await storage.perform(.put([entry]), noting: model)
    }

    /// Deletes all rows, one by one, and has their space given back.
    private func empty(_ storage: EmbeddedStorage, _ model: StoreModel, count: Int) async throws {
        for number in 0..<count {
            try await storage.perform(.delete(WorkloadKey(number: number)), noting: model)
        }
        #expect(try await storage.metadata.keys() == [])
        try await storage.waitForReaders()
        try await storage.settle()
        try await storage.compactAll()
        try await storage.compare(with: model)
        let statistics = try await storage.statistics()
        #expect(statistics.poison == nil && statistics.cleanUpFailure == nil)
        #expect(statistics.segments.filter { !$0.isNewest }.isEmpty, "segments that hold nothing are kept")
    }
}
