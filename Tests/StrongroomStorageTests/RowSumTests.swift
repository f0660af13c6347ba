import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// Sums that the index keeps over rows, held against the rows.
@Suite struct RowSumTests {
    @Test(arguments: StoreKind.allCases)
    func everyKindOfStoreAddsUpItsRows(kind: StoreKind) async throws {
        let store = try await kind.open()
        var generator = SeededGenerator(seed: 3)
        for round in 0..<6 {
            for _ in 0..<100 {
                let key = key(Int.random(in: 0..<60, using: &generator))
                if generator.chance(1, in: 3) {
                    try await store.metadata.delete(key)
                } else {
                    let count = Int.random(in: 0..<40, using: &generator)
                    let value = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    let length = [0, 10, 600].randomElement(using: &generator)!
                    try await store.metadata.put(key, value, .attachment(0), attachments: [payload(length)])
                }
            }
            try await store.metadata.checkSums()
            if round.isMultiple(of: 2) { try await store.settle() }
            try await store.metadata.checkSums()
        }
        try await store.close()
    }

    /// Lives that end by a power failure, some of them those of a program that knows nothing of sums.
    @Test(arguments: Repetitions.some(of: 0..<12))
    func theyAreExactAfterCrashesAndOlderPrograms(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let machine = try await SimulatedMachine(
            seed: UInt64(seed), sums: seed.isMultiple(of: 2) ? TestSums.definition : nil)
        for life in 0..<6 {
            let knowsSums = generator.chance(2, in: 3)
            let storage = try await machine.open(
                seed: UInt64(life), sums: knowsSums ? TestSums.definition : nil)
            machine.fileSystem.failPower(afterMutations: Int.random(in: 1..<1_500, using: &generator))
            try await work(storage, checkingSums: knowsSums, seed: generator.next())
            machine.crash(seed: generator.next())

            let recovered = try await machine.open(seed: generator.next(), sums: TestSums.definition)
            try await recovered.metadata.checkSums()
            try await recovered.settle()
            try await recovered.metadata.checkSums()
            #expect(try await recovered.verify(readingBlobs: false).findings.map(\.error.message) == [])
            try await recovered.close()
            machine.reopenIndex()
        }
    }

    /// Works until power fails or all is done, and asks for the sums meanwhile.
    private func work(_ storage: EmbeddedStorage, checkingSums: Bool, seed: UInt64) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    var workload = RandomWorkload(
                        storage: storage, model: StoreModel(), seed: seed &+ UInt64(writer), blobPercentage: 3)
                    _ = await workload.run(150)
                }
            }
            group.addTask {
                for _ in 0..<10 {
                    do {
                        try await storage.checkpoint()
                    } catch {
                        return
                    }
                }
            }
            if checkingSums {
                group.addTask {
                    for _ in 0..<10 {
                        guard let (said, scanned) = try await storage.metadata.sums() else { continue }
                        guard said == scanned else { throw Discrepancy("the sums say \(said), the rows \(scanned)") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Rows change on either side of the place up to which they have been added up.
    @Test func rowsThatChangeWhileTheyAreAddedUpCountOnce() async throws {
        let machine = try await SimulatedMachine(seed: 9)
        let older = try await machine.open()
        for number in 0..<300 { try await older.metadata.put(key(number), [UInt8(number & 0xFF)]) }
        try await older.close()
        machine.reopenIndex()
        let storage = try await machine.open(sums: TestSums.definition)
        #expect(try await storage.metadata.sums() == nil)
        for number in stride(from: 0, to: 300, by: 7) {
            try await storage.metadata.put(key(number), [1, 2, 3])
            try await storage.metadata.delete(key(number + 1))
            try await storage.checkpoint()
            if let (said, scanned) = try await storage.metadata.sums() { #expect(said == scanned) }
        }
        try await storage.metadata.checkSums()
        #expect(try await storage.verify(readingBlobs: false).findings.map(\.error.message) == [])
        try await storage.close()
    }

    @Test func anotherDefinitionIsAddedUpAnew() async throws {
        let machine = try await SimulatedMachine(seed: 10, sums: TestSums.definition)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<50 { try await storage.metadata.put(key(number), [UInt8(number)]) }
        try await storage.close()
        machine.reopenIndex()
        var other = TestSums.definition
        other.number = 8
        let changed = try await machine.open(sums: other)
        for number in 0..<50 { try await changed.metadata.put(key(number), [UInt8(number), 1]) }
        try await changed.close()
        machine.reopenIndex()
        let back = try await machine.open(sums: TestSums.definition)
        try await back.metadata.checkSums()
        #expect(try await back.verify(readingBlobs: false).findings.map(\.error.message) == [])
        try await back.close()
    }

    @Test func verifyingFindsASumThatIsWrong() async throws {
        let machine = try await SimulatedMachine(seed: 11, sums: TestSums.definition)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<20 { try await storage.metadata.put(key(number), [UInt8(number)]) }
        try await storage.checkpoint()
        #expect(try await storage.verify(readingBlobs: false).findings.isEmpty)
        try machine.index.write { (transaction) throws(StorageError) in
            guard var sum = try transaction.value([0x00, 0x05, 1, 3]) else { return }
            sum[0] += 1
            try transaction.put([0x00, 0x05, 1, 3], sum)
        }
        let findings = try await storage.verify(readingBlobs: false).findings
        #expect(findings.map(\.error.message) == ["the rows do not add up to the sums of key usage"])
        try await storage.close()
    }

    /// A sum that would fall below zero keeps no checkpoint from going through: it is the rows that count.
    @Test func sumsThatContradictTheRowsAreAddedUpAnew() async throws {
        let machine = try await SimulatedMachine(seed: 12, sums: TestSums.definition)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<20 { try await storage.metadata.put(key(number), [3]) }
        try await storage.checkpoint()
        try machine.index.write { (transaction) throws(StorageError) in
            try transaction.delete([0x00, 0x05, 1, 3])
        }
        for number in 0..<20 { try await storage.metadata.delete(key(number)) }
        try await storage.checkpoint()
        // Without another opening.
        try await storage.metadata.checkSums()
        #expect(try await storage.verify(readingBlobs: false).findings.isEmpty)
        try await storage.close()
    }
}
