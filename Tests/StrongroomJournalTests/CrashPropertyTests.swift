import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@Suite struct CrashPropertyTests {
    @Test(arguments: Repetitions.some(of: 0..<60 as Range<UInt64>))
    func acknowledgedRecordsSurviveAnyCrash(seed: UInt64) throws {
        var model = try JournalModel(seed: seed)
        for _ in 0..<60 {
            switch model.generator.next(upperBound: 10 as UInt64) {
            case 0..<4:
                try model.commit(Int.random(in: 1...8, using: &model.generator), bodyBytesMaximum: 9000)
            case 4, 5:
                try model.commit(1, bodyBytesMaximum: model.journal.maximumBodyBytes)
            case 6:
                try model.journal.writeIdleFrame()
            case 7:
                try model.checkpoint()
                try model.checkPayloads()
            case 8:
                try model.journal.close()
                try model.reopen(model.disk.kill(seed: seed))
            default:
                try model.crashAndReopen()
            }
        }
        try model.crashAndReopen()
        try model.checkPayloads()
    }

    /// Power fails before the nth change of the disk, whatever that is: in the middle of a group, of a
    /// change of segments, of a recovery.
    @Test(arguments: Repetitions.some(of: 0..<60 as Range<UInt64>))
    func powerMayFailAnywhere(seed: UInt64) throws {
        var model = try JournalModel(seed: seed)
        for round in 0..<25 as Range<UInt64> {
            model.disk.failPower(afterMutations: Int.random(in: 0...40, using: &model.generator))
            do throws(StorageError) {
                while true {
                    try model.commit(Int.random(in: 1...6, using: &model.generator), bodyBytesMaximum: 12_000)
                    if model.generator.chance(1, in: 3) { try model.journal.writeIdleFrame() }
                    if model.generator.chance(1, in: 3) { try model.checkpoint() }
                    if model.generator.chance(1, in: 10) {
                        try model.journal.close()
                        try model.reopen(model.disk.kill(seed: round))
                        model.disk.failPower(afterMutations: Int.random(in: 0...10, using: &model.generator))
                    }
                }
            } catch {
                #expect(error.code == .durabilityUnknown || error.code == .inputOutput)
            }
            // The record that was being added may have reached the disk.
            let disk = model.disk.crash(seed: model.generator.next())
            try reopenThroughFailures(&model, disk)
        }
    }

    private func reopenThroughFailures(_ model: inout JournalModel, _ disk: SimulatedFileSystem) throws {
        disk.failPower(afterMutations: Int.random(in: 0...6, using: &model.generator))
        do throws(StorageError) {
            try model.reopen(disk)
            try model.reopen(model.disk.kill(seed: 1))
        } catch {
            try #require(error.code == .inputOutput, "\(error)")
            try model.reopen(disk.crash(seed: model.generator.next()))
        }
    }

    /// The control: a disk whose syncs do nothing must make the model fail, else it proves nothing.
    @Test func disksThatLieAreFoundOut() throws {
        var losses = 0
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed, synchronizes: false)
            try disk.createDirectory(JournalModel.directory)
            let journal = try open(disk, seed)
            for lsn in 1...10 as ClosedRange<UInt64> {
                _ = try journal.add(lsn: lsn, pieces: [[UInt8](repeating: 7, count: 5000)])
                try journal.writeGroup()
            }
            let after = disk.crash(seed: seed)
            guard try after.status(JournalModel.directory) != nil, let found = try? open(after, seed).lastLSN,
                found == 10
            else {
                losses += 1
                continue
            }
        }
        #expect(losses > 10)
    }

    private func open(_ disk: SimulatedFileSystem, _ seed: UInt64) throws(StorageError) -> Journal {
        try Journal.open(
            directory: JournalModel.directory, fileSystem: disk, storeID: JournalModel.storeID, appliedLSN: 0,
            random: SeededRandom(seed: seed, for: disk), configuration: JournalModel.smallConfiguration()
        ) { (_, _) throws(StorageError) in }
    }
}
