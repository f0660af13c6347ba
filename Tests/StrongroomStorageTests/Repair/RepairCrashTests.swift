import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

/// Power fails while images are taken, and while a store is repaired.
@Suite struct RepairCrashTests {
    /// At every moment image and journal are enough: whenever power fails, an index that is lost besides comes back.
    @Test(arguments: UInt64(1)...3)
    func aLostIndexComesBackWheneverPowerFails(seed: UInt64) async throws {
        let machine = try await SimulatedMachine(seed: seed, options: CatalogRebuildTests.options)
        let model = StoreModel()
        let storage = try await machine.open(seed: seed)
        let moments = Mutex<[CrashMoment]>([])
        machine.watch { disk, index in
            let moment = CrashMoment(disk: disk, index: index, model: model.copy())
            moments.withLock { $0.append(moment) }
        }
        var workload = RandomWorkload(storage: storage, model: model, seed: seed)
        for _ in 0..<3 {
            #expect(await workload.run(60) == nil)
            try await storage.settle()
            try await storage.takeImage()
        }
        try await storage.settle()
        machine.watch(nil)
        try await storage.close()

        var generator = SeededGenerator(seed: seed)
        var examined = 0
        for moment in Repetitions.spread(over: moments.withLock { $0 }) {
            guard let disk = PowerFailure(drawnFrom: &generator).disk(after: moment.disk) else { continue }
            let found = SimulatedMachine(
                found: disk, index: moment.index.surviving(), clock: ManualClock(),
                options: CatalogRebuildTests.options)
            found.loseIndex()
            // Before the first segment nobody knows whether there was one.
            let journal = try found.fileSystem.list(SimulatedMachine.directory.appending("journal"))
            let hasSegment = journal.contains { !$0.contains("-") }
            let report = try found.repair()
            #expect(report.isLossy != hasSegment)
            let recovered = try await found.open(seed: seed)
            if hasSegment {
                try await recovered.compare(with: moment.model.copy())
            } else {
                #expect(try await recovered.metadata.keys() == [])
            }
            let findings = try await recovered.verify(readingBlobs: false).findings
            #expect(findings.filter { $0.kind != .orphan }.map(\.error.description) == [])
            try await recovered.close()
            examined += 1
        }
        #expect(examined > Repetitions.some(of: 300))
    }

    /// A salvage that is interrupted is repeated, and comes to the same.
    @Test func anInterruptedSalvageIsRepeated() async throws {
        let machine = try await SimulatedMachine(seed: 1, options: CatalogRebuildTests.options)
        let storage = try await machine.open()
        for number in 0..<20 {
            try await storage.metadata.put(
                key(number), bytes("row \(number)"), .attachment(0), attachments: [payload(700 + number)])
        }
        machine.kill(seed: 1)
        try JournalSalvageTests.damage("row 7", in: machine)
        let moments = Mutex<[CrashMoment]>([])
        machine.fileSystem.watch { disk in
            let moment = CrashMoment(disk: disk, index: machine.index.surviving(), model: StoreModel())
            moments.withLock { $0.append(moment) }
        }
        let report = try machine.repair()
        #expect(report.lostLSNs == [8...8])
        machine.fileSystem.watch(nil)

        let expected = Set((0..<20).filter { $0 != 7 }.map { key($0) })
        var examined = 0
        for moment in Repetitions.spread(over: moments.withLock { $0 }) {
            for failure in moment.disk.powerFailures(seed: 1) {
                guard let disk = failure.disk(after: moment.disk) else { continue }
                let found = SimulatedMachine(
                    found: disk, index: moment.index.surviving(), clock: ManualClock(),
                    options: CatalogRebuildTests.options)
                _ = try found.repair()
                let recovered = try await found.open(seed: 5)
                #expect(Set(try await recovered.metadata.keys()) == expected)
                #expect(try await recovered.metadata.pinnedRow(key(19))?.payloadBytes() == payload(719))
                try await recovered.close()
                examined += 1
            }
        }
        #expect(examined > 10)
    }

    /// The story: the file with the end of the log was put away first. Whoever repaired again after a power failure
    /// found nothing to mend, and the LSNs of the commits that had been in it were given to others.
    @Test func aLostEndIsNotForgottenByARepairThatWasInterrupted() async throws {
        let machine = try await SimulatedMachine(seed: 1, options: CatalogRebuildTests.options)
        for (seed, name) in [(UInt64(2), "early"), (3, "late")] {
            let storage = try await machine.open(seed: seed)
            try await storage.metadata.put(key(name), [])
            machine.kill(seed: seed)
        }
        let journal = SimulatedMachine.directory.appending("journal")
        let segments = try machine.fileSystem.list(journal).filter { !$0.contains("-") }.sorted()
        #expect(segments.count == 2)
        let newest = journal.appending(try #require(segments.last))
        machine.fileSystem.overwrite(newest, at: 0, with: [UInt8](repeating: 0, count: 8200))
        let moments = Mutex<[CrashMoment]>([])
        machine.fileSystem.watch { disk in
            let moment = CrashMoment(disk: disk, index: machine.index.surviving(), model: StoreModel())
            moments.withLock { $0.append(moment) }
        }
        #expect(try machine.repair().isLossy)
        machine.fileSystem.watch(nil)
        for moment in Repetitions.spread(over: moments.withLock { $0 }) {
            for failure in moment.disk.powerFailures(seed: 1) {
                guard let disk = failure.disk(after: moment.disk) else { continue }
                let found = SimulatedMachine(
                    found: disk, index: moment.index.surviving(), clock: ManualClock(),
                    options: CatalogRebuildTests.options)
                _ = try found.repair()
                let recovered = try await found.open(seed: 5)
                #expect(try await recovered.metadata.keys() == [key("early")])
                #expect(try await recovered.metadata.put(key("new"), []).lsn > 1 << 32)
                try await recovered.close()
            }
        }
    }
}
