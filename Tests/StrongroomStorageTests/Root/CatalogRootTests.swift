import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// The root of the catalog: a sum over all rows that only the store's keys can make.
@Suite("Catalog root")
struct CatalogRootTests {
    /// A closed store with rows, and the keeper that knows its root.
    private func closedStore(seed: UInt64, rows: Int = 60) async throws -> (SimulatedMachine, TestRootKeeper) {
        let keeper = TestRootKeeper()
        let sums = TestSums.definition(keeper)
        let machine = try await SimulatedMachine(seed: seed, sums: sums)
        let storage = try await machine.open(sums: sums)
        for number in 0..<rows { try await storage.metadata.put(key(number), [UInt8(number)]) }
        try await storage.close()
        machine.reopenIndex()
        return (machine, keeper)
    }

    private func findings(_ machine: SimulatedMachine, _ keeper: TestRootKeeper) async throws -> [String] {
        let storage = try await machine.open(seed: 9, sums: TestSums.definition(keeper))
        let findings = try await storage.verify(readingBlobs: false).findings.map(\.error.message)
        try await storage.close()
        machine.reopenIndex()
        return findings
    }

    @Test("it follows every change, and says so outside after each checkpoint")
    func followed() async throws {
        let (machine, keeper) = try await closedStore(seed: 1, rows: 0)
        var generator = SeededGenerator(seed: 5)
        for life in 0..<8 {
            let storage = try await machine.open(seed: UInt64(life), sums: TestSums.definition(keeper))
            for _ in 0..<3 {
                for _ in 0..<40 {
                    let key = key(Int.random(in: 0..<30, using: &generator))
                    if generator.chance(1, in: 3) {
                        try await storage.metadata.delete(key)
                    } else {
                        try await storage.metadata.put(key, [UInt8.random(in: 0...255, using: &generator)])
                    }
                }
                try await storage.checkpoint()
                #expect(keeper.lastMark?.lsn == (try await storage.statistics().appliedLSN))
            }
            #expect(try await storage.verify(readingBlobs: false).findings.map(\.error.message) == [])
            if generator.chance(1, in: 2) {
                try await storage.close()
                machine.reopenIndex()
            } else {
                machine.crash(seed: generator.next())
            }
        }
    }

    @Test("a row that is put back, taken away or added behind the store's back is found by a verification")
    func changedRows() async throws {
        let changes: [(String, (any OrderedIndexTransaction, [UInt8]) throws(StorageError) -> Void)] = [
            ("put back", { (transaction, older) throws(StorageError) in try transaction.put(key(3), older) }),
            ("taken away", { (transaction, _) throws(StorageError) in try transaction.delete(key(4)) }),
            ("added", { (transaction, older) throws(StorageError) in try transaction.put(key(900), older) }),
        ]
        for (name, change) in changes {
            let (machine, keeper) = try await closedStore(seed: 2)
            let older = try machine.index.read { snapshot throws(StorageError) in try snapshot.value(key(3)) }
            let storage = try await machine.open(seed: 3, sums: TestSums.definition(keeper))
            try await storage.metadata.put(key(3), [200])
            try await storage.close()
            machine.reopenIndex()
            #expect(try await findings(machine, keeper) == [])
            let row = try #require(older)
            try machine.index.write { transaction throws(StorageError) in try change(transaction, row) }
            let found = try await findings(machine, keeper)
            #expect(found.contains { $0.contains("not those that its root says") }, "\(name): \(found)")
        }
    }

    /// Else whoever changes a row need only change what the sums say as well.
    @Test("rows that are added up anew must be those of the root")
    func addedUpAnew() async throws {
        let (machine, keeper) = try await closedStore(seed: 4)
        try machine.index.write { transaction throws(StorageError) in
            try transaction.delete(key(7))
            try transaction.delete([0x00, 0x04])
        }
        let storage = try await machine.open(seed: 5, sums: TestSums.definition(keeper))
        for _ in 0..<20 { try await storage.checkpoint() }
        #expect(try await storage.metadata.sums() == nil, "they were taken for the store's")
        let failure = try await storage.statistics().cleanUpFailure
        #expect(failure?.code == .corrupted && failure?.message.contains("its root") == true)
        try? await storage.close()
    }

    @Test("what a program without keys moves into the catalog leaves it without a root")
    func withoutKeys() async throws {
        let (machine, keeper) = try await closedStore(seed: 6)
        let older = try await machine.open(seed: 7, sums: TestSums.definition)
        try await older.metadata.put(key(1), [1])
        try await older.close()
        machine.reopenIndex()
        await #expect { _ = try await machine.open(seed: 8, sums: TestSums.definition(keeper)) } throws: {
            ($0 as? StorageError)?.code == .rolledBack
        }
        machine.reopenIndex()
        // Without an anchor its rows are taken as they are, and have a root from then on.
        let fresh = TestRootKeeper()
        let storage = try await machine.open(seed: 9, sums: TestSums.definition(fresh))
        #expect(fresh.lastFound?.hasRoot == false)
        try await storage.metadata.checkSums()
        try await storage.checkpoint()
        #expect(fresh.lastMark?.lsn == 61)
        #expect(try await storage.verify(readingBlobs: false).findings.map(\.error.message) == [])
        try await storage.close()
    }

    @Test("a checkpoint that does not come to its end leaves a root of what there is")
    func halfACheckpoint() async throws {
        let (machine, keeper) = try await closedStore(seed: 10)
        let storage = try await machine.open(seed: 11, indexWrites: 1, sums: TestSums.definition(keeper))
        for number in 0..<60 { try await storage.metadata.put(key(number), [UInt8(number), 1]) }
        await #expect(throws: StorageError.self) { try await storage.checkpoint() }
        machine.kill(seed: 1)
        #expect(try await findings(machine, keeper) == [])
        #expect(keeper.lastFound?.hasRoot == true && keeper.lastFound?.marks.isEmpty == true)
        #expect(keeper.lastMark?.lsn == 120)
    }

    @Test("while the store is open, a root that is not its own is not taken over")
    func changedMeanwhile() async throws {
        let (machine, keeper) = try await closedStore(seed: 12)
        let storage = try await machine.open(seed: 13, sums: TestSums.definition(keeper))
        let mark = keeper.lastMark
        try machine.index.write { transaction throws(StorageError) in try transaction.delete([0x00, 0x06]) }
        try await storage.metadata.put(key(1), [9])
        let error = await #expect(throws: StorageError.self) { try await storage.checkpoint() }
        #expect(error?.code == .corrupted && keeper.lastMark == mark)
        #expect(try await storage.verify(readingBlobs: false).findings.contains { $0.error.message.contains("root") })
        try? await storage.close()
    }
}
