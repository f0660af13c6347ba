import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import Testing

/// A roll that stops in the middle, because the process has no descriptor left for the journal's directory.
///
/// The story: the failure was taken for a failed sync, and a store that ran out of descriptors for a moment took
/// no more changes until it was opened again. Then it was forgotten, and the next roll made a second successor
/// of the same segment.
@Suite struct RollFaultTests {
    private enum Aftermath: CaseIterable {
        case goOn, idle, crash, closeAndReopen, crashLater
    }

    private static let lackOfDescriptors = SimulatedFault(
        [.synchronizeDirectory], failures: 2, code: .descriptorLimit)

    /// Commits until a roll fails for want of descriptors.
    private func commitUntilTheRollFails(_ model: inout JournalModel) throws {
        try model.commit(1, bodyBytesMaximum: 100)
        model.disk.inject(Self.lackOfDescriptors)
        var failure: StorageError?
        while failure == nil {
            do throws(StorageError) {
                try model.commit(1, bodyBytesMaximum: 20_000)
            } catch {
                failure = error
            }
        }
        try #require(failure?.code == .descriptorLimit)
        // And once more, with the segment already begun.
        let again = storageError { () throws(StorageError) in
            try model.commit(1, bodyBytesMaximum: model.journal.maximumBodyBytes)
        }
        #expect(again?.code == .descriptorLimit)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func theJournalGoesOnAndLosesNothing(seed: UInt64) throws {
        for aftermath in Aftermath.allCases {
            var model = try JournalModel(seed: seed)
            try commitUntilTheRollFails(&model)
            let count = model.journal.segments().count
            switch aftermath {
            case .goOn:
                try model.commit(1, bodyBytesMaximum: 100)
                #expect(model.journal.segments().count == count + 1)
            case .idle:
                try model.journal.writeIdleFrame()
                #expect(model.journal.segments().count == count + 1)
            case .crash: try model.crashAndReopen()
            case .closeAndReopen:
                try model.journal.close()
                try model.reopen(model.disk.kill(seed: seed))
            case .crashLater:
                try model.commit(3, bodyBytesMaximum: 9000)
                try model.crashAndReopen()
            }
            try model.commit(12, bodyBytesMaximum: 20_000)
            try model.crashAndReopen()
            try model.checkPayloads()
            let report = try Journal.inspect(
                directory: JournalModel.directory, fileSystem: model.disk, storeID: JournalModel.storeID, appliedLSN: 0
            ) { (_, _) throws(StorageError) in }
            #expect(report.findings.map(\.description) == [])
        }
    }

    /// A segment begun with the last reserve for a commit that frees space stays that commit's, although the
    /// roll goes on with another one.
    @Test func aRollThatGoesOnDoesNotGiveTheReserveAway() throws {
        var fixture = try JournalFixture(capacityBytes: 400 << 10)
        var configuration = JournalModel.smallConfiguration()
        configuration.maximumSegmentBytes = 64 << 10
        let journal = try fixture.open(configuration: configuration).journal
        var refusal: StorageError?
        while refusal == nil {
            refusal = storageError { () throws(StorageError) in
                _ = try JournalFixture.fill(journal, through: journal.lastLSN + 2)
            }
        }
        #expect(refusal?.code == .diskFull)
        try journal.writeGroup()
        let last = journal.lastLSN

        let body = JournalFixture.body(last + 1)
        fixture.disk.inject(SimulatedFault([.synchronizeDirectory], code: .descriptorLimit))
        let lack = storageError { () throws(StorageError) in
            _ = try journal.add(lsn: last + 1, pieces: [body], mayUseReserve: true)
        }
        #expect(lack?.code == .descriptorLimit)
        for _ in 0..<3 {
            let full = storageError { () throws(StorageError) in _ = try journal.add(lsn: last + 1, pieces: [body]) }
            #expect(full?.code == .diskFull)
        }
        #expect(try journal.add(lsn: last + 1, pieces: [body], mayUseReserve: true) != nil)
        try journal.writeGroup()
        fixture.disk = fixture.disk.crash(seed: 1)
        let records = try fixture.open(configuration: configuration).records
        #expect(records.count == Int(last) + 1)
        #expect(records[last + 1] == body)
    }
}
