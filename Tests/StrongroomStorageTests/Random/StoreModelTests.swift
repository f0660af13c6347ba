import StrongroomStorage
import StrongroomTestSupport
import Testing

@Suite("Store model")
struct StoreModelTests {
    /// A put failed as the next segment could not be prepared, compaction's commits took its position, and the marathon
    /// missed a key that nobody had been promised.
    @Test("a commit that failed is not expected of whoever has its position now")
    func withdrawn() throws {
        let model = StoreModel()
        let row = StoreModel.Row(value: [1], payload: nil)
        let kept = model.issue([.put(key: [1], row: row)], at: 1)
        let failed = model.issue([.put(key: [2], row: row)], at: 2)
        model.withdraw(failed)
        #expect(try model.copy().recover(at: 2).get() == [[1]: row])

        // A later commit has the position: the one that failed says so late.
        let later = model.issue([.put(key: [3], row: row)], at: 2)
        model.withdraw(failed)
        #expect(Set([kept, failed, later]).count == 3)
        #expect(try model.recover(at: 2).get() == [[1]: row, [3]: row])
    }

    /// A put found no room, and the reaper's commit had its position before the put's task could say so: power failed
    /// between the two, and the marathon missed a row that nobody had been promised.
    @Test("a commit of the store's own takes the position of one that has not yet said that it failed")
    func ownCommit() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let model = StoreModel()
        let storage = try await machine.open(noting: model)
        let blob = StoreModel.Payload(home: .blob, length: 10, seed: 1)
        try await storage.perform(.putBlob(WorkloadKey(number: 1), blob), noting: model)
        try await storage.perform(.delete(WorkloadKey(number: 1)), noting: model)
        let failed = model.issue([.put(key: [2], row: StoreModel.Row(value: [1], payload: nil))], at: 3)
        try await storage.settle()
        for _ in 0..<1_000 where try await storage.statistics().lastLSN < 3 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await storage.statistics().lastLSN == 3)
        try await storage.compare(with: model)
        model.withdraw(failed)
        try await storage.close()
    }
}
