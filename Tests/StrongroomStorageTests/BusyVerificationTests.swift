import StrongroomJournal
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

/// How many verifications there were. Writers that wait for none of them make each longer than the one before, where
/// they are faster than it.
private final class Rounds: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
}

/// `verify` of a store that is in use finds nothing where there is nothing, and keeps nobody waiting.
@Suite struct BusyVerificationTests {
    /// The story: the journal's segments were listed once and the last one listed was taken for the newest.
    /// A segment begun meanwhile was then reported as missing, and frames that were just being written as
    /// torn.
    @Test(arguments: [60, 61, 62])
    func writersBesideItAreNoFindings(seed: UInt64) async throws {
        var options = EmbeddedStorageOptions.simulated
        options.journal.initialSegmentBytes = 64 << 10
        options.journal.maximumSegmentBytes = 64 << 10
        let machine = try await SimulatedMachine(seed: seed, options: options)
        let storage = try await machine.open()
        try await verifyBesideWriters(storage, seed: seed)
        try await storage.close()
    }

    @Test func writersOnARealDiskAreNoFindings() async throws {
        let directory = TemporaryDirectory()
        let environment = StorageEnvironment(
            fileSystem: PosixFileSystem(), random: SystemRandom(), clock: PosixClock())
        var options = EmbeddedStorageOptions()
        options.memtableSizeBytes = 1 << 20
        options.journal.initialSegmentBytes = 64 << 10
        options.journal.maximumSegmentBytes = 64 << 10
        try await EmbeddedStorage.create(
            directory: directory.path, storeID: StoreKind.storeID, options: options, environment: environment)
        let storage = try await EmbeddedStorage.open(
            directory: directory.path, storeID: StoreKind.storeID, options: options, environment: environment)
        try await verifyBesideWriters(storage, seed: 63)
        try await storage.close()
    }

    private func verifyBesideWriters(_ storage: EmbeddedStorage, seed: UInt64) async throws {
        let model = StoreModel()
        let isOver = Flag()
        let rounds = Rounds()
        let firstSegment = try await storage.statistics().segments.last?.id ?? 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 as Range<UInt64> {
                group.addTask {
                    var workload = RandomWorkload(storage: storage, model: model, seed: seed * 10 + writer)
                    var written = 0
                    while !isOver.isSet {
                        guard written < (rounds.count + 1) * 300 else {
                            try await Task.sleep(for: .milliseconds(1))
                            continue
                        }
                        if let error = await workload.run(20) { throw error }
                        written += 20
                    }
                }
            }
            group.addTask {
                defer { isOver.set() }
                for round in 0..<Repetitions.some(of: 40) {
                    let report = try await storage.verify(readingBlobs: round % 2 == 0)
                    #expect(report.findings.map(\.error.description) == [])
                    rounds.add()
                    if round % 4 == 0 { try await storage.checkpoint() }
                }
            }
            try await group.waitForAll()
        }
        let segments = try await storage.statistics().segments
        let begun = (segments.last?.id ?? 0) - firstSegment
        #expect(Int(begun) >= max(rounds.count / 4, 1), "the writers were to begin many segments")
        try await storage.compare(with: model)
    }

    /// The story: all blobs were looked at inside one read transaction, in which the index reuses none of its
    /// pages: a verification that takes hours made the catalog grow for as long.
    @Test func filesAreLookedAtOutsideTheReadTransactionAndRowsMayChange() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let index = GatedIndex(machine.index)
        let files = GatedFileSystem(machine.fileSystem, opening: ".blob")
        let storage = try await machine.open(index: index, fileSystem: files)
        try await fill(storage, rows: 2_100)
        try await storage.checkpoint()

        files.gate.arm()
        let verification = Task { try await storage.verify(readingBlobs: true) }
        await files.gate.waitUntilHeld()
        #expect(index.readsUnderWay == 0)
        // What the first page names goes, and what the next ones would have named: rows, segments, blobs.
        for keys in try await storage.metadata.keys().chunked(100) {
            try await storage.metadata.commit(keys.map { RowMutation(key: $0, change: .delete) }, reads: keys)
        }
        try await storage.settle()
        try await storage.metadata.put(key("~ new"), [], .attachment(0), attachments: [payload(60_000)])
        files.gate.letGo()

        let report = try await verification.value
        #expect(report.findings.map(\.error.description) == [])
        #expect(report.rowCount == 1_001, "a page of old rows, and the new one")
        #expect(report.blobCount == 1)
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        try await storage.close()
    }

    @Test func pagesLeaveNoRowOut() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        // To a page's very end, and a row beyond.
        for (count, added) in [(1_000, 1_000), (2_000, 1_000), (2_001, 1)] {
            try await fill(storage, rows: added, from: count - added)
            let report = try await storage.verify(readingBlobs: false)
            #expect(report.findings.map(\.error.description) == [])
            #expect(report.rowCount == count + 2)
            #expect(report.blobCount == 2)
        }
        try await storage.close()
    }

    /// The story: a process that had used its descriptors up called every file that it could not open damaged.
    @Test(arguments: [".blob", ".wal"])
    func aLackOfDescriptorsEndsItAndIsNoDamage(suffix: String) async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await fill(storage, rows: 10)
        machine.fileSystem.inject(SimulatedFault([.open], pathSuffix: suffix, code: .descriptorLimit))
        let error = await #expect(throws: StorageError.self) { _ = try await storage.verify(readingBlobs: false) }
        #expect(error?.code == .descriptorLimit)
        #expect(try await storage.verify(readingBlobs: false).findingCount == 0)
        try await storage.close()
    }

    /// Numbered rows with payloads in segments, and a row with a blob before and behind them.
    private func fill(_ storage: EmbeddedStorage, rows: Int, from first: Int = 0) async throws {
        if first == 0 {
            for text in ["! first", "~ last"] {
                let (writer, blob) = try await storage.blobs.finished(payload(9000))
                try await storage.metadata.put(key(text), [], .blob(blob.reference))
                writer.leave()
            }
        }
        for numbers in Array(first..<first + rows).chunked(100) {
            let mutations = numbers.enumerated().map { index, number in
                RowMutation(key: key(number), change: .put(value: bytes("row"), payload: .attachment(index)))
            }
            try await storage.metadata.commit(
                mutations, attachments: numbers.map { payload(600, seed: UInt8($0 % 99)) })
        }
    }
}

/// Set once, by one task for others.
extension Array {
    fileprivate func chunked(_ count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
