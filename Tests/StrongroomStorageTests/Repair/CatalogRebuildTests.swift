import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// An index that is lost comes back from image and journal, equal to what it was.
@Suite struct CatalogRebuildTests {
    static var options: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        options.images = ImagePolicy()
        return options
    }

    private static func imageNames(_ machine: SimulatedMachine) throws -> [String] {
        try machine.fileSystem.list(SimulatedMachine.directory.appending("catalog")).filter { $0.hasPrefix("image-") }
    }

    /// Works, with images at random moments, then loses the index; several times on one store.
    @Test(arguments: Repetitions.some(of: UInt64(1)...8))
    func aLostIndexComesBack(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machine = try await SimulatedMachine(seed: seed, options: Self.options, sums: TestSums.definition)
        let model = StoreModel()
        for life in 0..<4 {
            let storage = try await machine.open(seed: seed &* 100 &+ UInt64(life), sums: TestSums.definition)
            try await storage.compare(with: model)
            var workload = RandomWorkload(storage: storage, model: model, seed: generator.next())
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                #expect(await workload.run(Int.random(in: 0...150, using: &generator)) == nil)
                if generator.chance(1, in: 2) { try await storage.checkpoint() }
                if generator.chance(1, in: 2) { try await storage.takeImage() }
            }
            if generator.chance(1, in: 2) {
                try await storage.close()
                machine.reopenIndex()
            } else {
                machine.kill(seed: generator.next())
            }
            machine.loseIndex()
            let plan = try machine.repair(isDryRun: true, sums: TestSums.definition)
            #expect(plan.steps.map(\.kind) == [.catalogRebuilt])
            let report = try machine.repair(sums: TestSums.definition)
            #expect(report.steps.map(\.kind) == [.catalogRebuilt])
            #expect(!report.isLossy)
            #expect(try machine.repair(sums: TestSums.definition).steps == [])
        }
        let storage = try await machine.open(seed: seed, sums: TestSums.definition)
        try await storage.compare(with: model)
        try await storage.settle()
        let verified = try await storage.verify(readingBlobs: true)
        #expect(verified.findings.map(\.error.description) == [])
        try await storage.close()
    }

    /// Without images segments that hold nothing are recycled, and an index that is lost is lost.
    @Test func theJournalIsKeptSinceTheImageAndNoLonger() async throws {
        func segmentCount(_ options: EmbeddedStorageOptions, images: Bool) async throws -> (before: Int, after: Int) {
            let machine = try await SimulatedMachine(seed: 2, options: options)
            let storage = try await machine.open()
            for number in 0..<400 {
                try await storage.metadata.put(key(number % 7), payload(2000), .none)
            }
            try await storage.settle()
            let before = try await storage.statistics().segments.count
            if images { try await storage.takeImage() }
            try await storage.settle()
            let after = try await storage.statistics().segments.count
            try await storage.close()
            machine.loseIndex()
            if images {
                try #expect(machine.repair().steps.map(\.kind) == [.catalogRebuilt])
            } else {
                let error = #expect(throws: StorageError.self) { try machine.repair() }
                #expect(error?.code == .corrupted)
            }
            return (before, after)
        }
        let with = try await segmentCount(Self.options, images: true)
        let without = try await segmentCount(EmbeddedStorageOptions.simulated, images: false)
        #expect(without.before == 1)
        #expect(with.before > 3)
        #expect(with.after == 1)
    }

    @Test func onlyTheNewestImageStays() async throws {
        let machine = try await SimulatedMachine(seed: 3, options: Self.options)
        let storage = try await machine.open()
        for number in 0..<5 {
            try await storage.metadata.put(key(number), [])
            try await storage.checkpoint()
            let summary = try await storage.takeImage()
            #expect(summary.appliedLSN == UInt64(number + 1))
            #expect(try Self.imageNames(machine).count == 1)
        }
        let image = try await storage.statistics().image
        #expect(image?.appliedLSN == 5)
        try await storage.close()
    }

    /// An index whose rows do not add up is no image to keep: the one before stays.
    @Test func noImageIsTakenOfADamagedIndex() async throws {
        let machine = try await SimulatedMachine(seed: 4, options: Self.options)
        let storage = try await machine.open()
        try await storage.metadata.put(key(1), bytes("row"))
        try await storage.checkpoint()
        try await storage.takeImage()
        try machine.index.write { (transaction) throws(StorageError) in try transaction.delete(key(1)) }
        let error = await #expect(throws: StorageError.self) { try await storage.takeImage() }
        #expect(error?.code == .corrupted)
        #expect(try Self.imageNames(machine) == ["image-0000000000000001"])
        let failure = try await storage.statistics().imageFailure
        #expect(failure?.code == .corrupted)
        try await storage.close()
        machine.reopenIndex()
        // Repair sees what is wrong, and the row is back.
        #expect(try machine.repair().steps.map(\.kind) == [.catalogRebuilt])
        let reopened = try await machine.open()
        #expect(try await reopened.metadata.value(key(1)) == bytes("row"))
        try await reopened.close()
    }

    /// Damage of the image is found by `verify`; repair puts it away, and the store takes another one.
    @Test func aDamagedImageIsNamedAndReplaced() async throws {
        let machine = try await SimulatedMachine(seed: 5, options: Self.options)
        let storage = try await machine.open()
        for number in 0..<100 { try await storage.metadata.put(key(number), bytes("row")) }
        try await storage.checkpoint()
        try await storage.takeImage()
        let path = SimulatedMachine.directory.appending("catalog/image-0000000000000064")
        machine.fileSystem.damage(path, at: 5000)
        let report = try await storage.verify(readingBlobs: false)
        #expect(report.findings.map(\.kind) == [.image])
        #expect(report.findings.first?.error.path == path)
        try await storage.close()
        machine.reopenIndex()
        let repaired = try machine.repair()
        #expect(repaired.steps.map(\.kind) == [.imageSetAside])
        #expect(repaired.setAside == [FilePath("\(path).aside-1")])
        let reopened = try await machine.open(seed: 2)
        #expect(try await reopened.statistics().image == nil)
        try await reopened.takeImage()
        #expect(try await reopened.verify(readingBlobs: false).findingCount == 0)
        try await reopened.close()
    }

    /// Index and image both gone: nothing is left that the journal goes on from, and nothing is made up.
    @Test func withoutAnyImageNothingIsRebuilt() async throws {
        let machine = try await SimulatedMachine(seed: 5, options: Self.options)
        let storage = try await machine.open()
        for number in 0..<100 { try await storage.metadata.put(key(number), bytes("row")) }
        try await storage.checkpoint()
        try await storage.takeImage()
        try await storage.close()
        let path = SimulatedMachine.directory.appending("catalog/image-0000000000000064")
        machine.fileSystem.damage(path, at: 5000)
        machine.loseIndex()
        let error = #expect(throws: StorageError.self) { try machine.repair() }
        #expect(error?.code == .corrupted)
        #expect(error?.path == path)
    }

    /// A full disk takes precedence: the image goes, its journal goes, and deleting works.
    @Test func aFullDiskTakesTheImage() async throws {
        let machine = try await SimulatedMachine(seed: 6, options: Self.options)
        let storage = try await machine.open()
        for number in 0..<50 { try await storage.metadata.put(key(number), payload(1000), .none) }
        try await storage.checkpoint()
        try await storage.takeImage()
        machine.fileSystem.setCapacity(bytes: 1 << 20)
        var failure: StorageError?
        var written = 0
        while failure == nil, written < 5_000 {
            do throws(StorageError) {
                let number = written
                let _: CommitOutcome<TestRefusal> = try await storage.metadata.commit(reads: [], attachments: []) { _ in
                    .commit([RowMutation(key: key(number % 50), change: .put(value: payload(3000), payload: .none))])
                }
                written += 1
            } catch {
                failure = error
            }
        }
        // Rows are replaced, so that segments hold nothing once they are in the index: with the image given up and
        // again and again, writing goes on for ever.
        #expect(failure == nil)
        for number in 0..<50 { try await storage.metadata.delete(key(number)) }
        try await storage.close()
    }
}
