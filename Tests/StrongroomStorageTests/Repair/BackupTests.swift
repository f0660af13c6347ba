import StrongroomCatalog
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomStorage

/// A backup has the store as it was at a commit, whatever goes on meanwhile; and a store made of it is that store.
@Suite struct BackupTests {
    private static let folder = FilePath("/backups")
    private static let restored = FilePath("/restored")

    private static func machine(seed: UInt64) async throws -> SimulatedMachine {
        let machine = try await SimulatedMachine(
            seed: seed, options: CatalogRebuildTests.options, sums: TestSums.definition)
        try machine.fileSystem.createDirectory(folder)
        return machine
    }

    private static func backUp(
        _ storage: EmbeddedStorage, earlier: [BackupContents] = []
    ) async throws -> (contents: BackupContents, progress: BackupProgress) {
        try await storage.backUp(to: folder, earlier: earlier) { _ in true }
    }

    /// Restores to a machine of its own, on the same disk.
    private static func restore(
        _ contents: BackupContents, from machine: SimulatedMachine, upTo lsn: UInt64? = nil
    ) async throws -> RestoredStore {
        let target = FilePath("\(restored)-\(lsn ?? contents.lsn)-\(contents.segments.count)")
        try machine.fileSystem.createDirectory(target)
        let store = RestoredStore(machine: machine, directory: target)
        let restore = StorageRestore(
            contents, in: folder, to: target, storeID: StoreKind.storeID, options: machine.options,
            environment: store.environment
        ) { _ in true }
        _ = try restore.run(upTo: lsn ?? contents.lsn)
        return store
    }

    private static func verify(_ contents: BackupContents, _ machine: SimulatedMachine) throws -> BackupProgress {
        var verification = BackupVerification(
            contents, in: folder, machine.fileSystem, storeID: StoreKind.storeID
        ) { _ in true }
        return try verification.run()
    }

    /// Random work, backups in between; each restores to the state of its moment, and so do commits between them.
    @Test(arguments: Repetitions.some(of: UInt64(1)...6))
    func restoredStoresEqualTheModel(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machine = try await Self.machine(seed: seed)
        let model = StoreModel()
        var backups: [(contents: BackupContents, model: StoreModel)] = []
        for life in 0..<3 {
            let storage = try await machine.open(seed: seed &* 100 &+ UInt64(life), sums: TestSums.definition)
            var workload = RandomWorkload(storage: storage, model: model, seed: generator.next())
            for _ in 0..<3 {
                #expect(await workload.run(Int.random(in: 0...120, using: &generator)) == nil)
                if generator.chance(1, in: 2) { try await storage.checkpoint() }
                if generator.chance(1, in: 2) { try await storage.takeImage() }
                let made = try await Self.backUp(storage, earlier: backups.map(\.contents))
                #expect(made.progress.findings.map(\.description) == [])
                backups.append((made.contents, model.copy()))
            }
            try await storage.close()
            machine.reopenIndex()
        }
        // Nothing that any of them needs goes.
        var sweep = BackupSweep(
            keeping: backups.map(\.contents), in: Self.folder, machine.fileSystem, storeID: StoreKind.storeID
        ) { _ in true }
        _ = try sweep.run {}
        for (contents, model) in backups {
            #expect(try Self.verify(contents, machine).findings.map(\.description) == [])
            let restored = try await Self.restore(contents, from: machine)
            let storage = try await restored.open()
            try await storage.compare(with: model)
            let verified = try await storage.verify(readingBlobs: true)
            #expect(verified.findings.map(\.error.description) == [])
            // It goes on: what is written now survives.
            try await storage.metadata.put(key("after the restore"), bytes("row"), .none)
            try await storage.close()
            let again = try await restored.open()
            #expect(try await again.metadata.value(key("after the restore")) == bytes("row"))
            try await again.close()
        }
    }

    /// The story: after an opening a segment's last LSN was taken for that before the next one that was left, so that a
    /// backup said it had commits whose segments had been recycled.
    @Test func aBackupKnowsWhichOfItsSegmentsFollowEachOther() async throws {
        let machine = try await Self.machine(seed: 1)
        let storage = try await machine.open(seed: 1, sums: TestSums.definition)
        try await storage.metadata.put(key("kept"), [], .attachment(0), attachments: [payload(9_000)])
        for number in 0..<60 {
            try await storage.metadata.put(key(number % 3), [], .attachment(0), attachments: [payload(9_000)])
        }
        try await storage.settle()
        try await storage.takeImage()
        try await storage.settle()
        try await storage.close()
        machine.reopenIndex()
        let again = try await machine.open(seed: 2, sums: TestSums.definition)
        let contents = try await Self.backUp(again).contents
        let ids = contents.segments.map(\.id)
        #expect(try #require(ids.last) - ids[0] >= UInt64(ids.count), "no segment was recycled: this proves nothing")
        #expect(contents.journalStartLSN ?? 0 > 1)
        var sweep = BackupSweep(
            keeping: [contents], in: Self.folder, machine.fileSystem, storeID: StoreKind.storeID
        ) { _ in true }
        _ = try sweep.run {}
        try await again.close()
    }

    /// Begins segments, and has the index learn of them, until a backup is over that waits for each round.
    private final class Roller: Sendable {
        private let state = Monitor((rounds: 0, isOver: false))

        func run(_ storage: EmbeddedStorage, _ model: StoreModel) async throws {
            while !state.withLock({ $0.isOver }) {
                for number in 0..<4 {
                    let payload = StoreModel.Payload(home: .attachment, length: 60_000, seed: UInt8(number))
                    let entry = WorkloadStep.Entry(
                        key: WorkloadKey(number: number), row: StoreModel.Row(value: [1], payload: payload))
                    try await storage.perform(.put([entry]), noting: model)
                }
                try await storage.checkpoint()
                state.withLock { $0.rounds += 1 }
                state.broadcast()
            }
        }

        /// Blocks until a round has begun and ended.
        func waitForRound() {
            let rounds = state.withLock { $0.rounds }
            state.wait(until: { $0.rounds >= rounds + 2 || $0.isOver }) { _ in }
        }

        func end() {
            state.withLock { $0.isOver = true }
            state.broadcast()
        }
    }

    /// Writers go on while the backup is made: it is the state of one commit, no mixture.
    ///
    /// The story: segments that were begun after that commit were told as missing ones.
    @Test(arguments: UInt64(1)...4)
    func aBackupUnderLoadIsOneState(seed: UInt64) async throws {
        let machine = try await Self.machine(seed: seed)
        let model = StoreModel()
        let storage = try await machine.open(seed: seed, sums: TestSums.definition)
        var first = RandomWorkload(storage: storage, model: model, seed: seed)
        _ = await first.run(150)
        let roller = Roller()
        let backups = try await withThrowingTaskGroup(of: BackupContents?.self) { group in
            group.addTask {
                defer { roller.end() }
                try await roller.run(storage, model)
                return nil
            }
            for writer in UInt64(0)..<3 {
                group.addTask {
                    var workload = RandomWorkload(storage: storage, model: model, seed: seed &* 10 &+ writer)
                    _ = await workload.run(200)
                    try await storage.checkpoint()
                    return nil
                }
            }
            group.addTask {
                defer { roller.end() }
                let (contents, progress) = try await storage.backUp(to: Self.folder, earlier: []) { _ in
                    roller.waitForRound()
                    return true
                }
                #expect(progress.findings.map(\.description) == [])
                let newest = try await storage.statistics().segments.map(\.id).max() ?? 0
                #expect(newest > contents.segments.last?.id ?? 0, "no segment was begun meanwhile: this proves nothing")
                return contents
            }
            return try await group.reduce(into: [BackupContents]()) { if let contents = $1 { $0.append(contents) } }
        }
        let contents = try #require(backups.first)
        try await storage.close()
        let restored = try await Self.restore(contents, from: machine)
        let found = try await restored.open()
        #expect(try await found.metadata.read { (snapshot) throws(StorageError) in snapshot.lsn } == contents.lsn)
        try await found.compare(with: model.copy(upTo: contents.lsn))
        try await found.close()
    }

    /// What earlier backups have is not copied again.
    @Test func theSecondBackupCopiesWhatIsNew() async throws {
        let machine = try await Self.machine(seed: 9)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<10 {
            let (writer, blob) = try await storage.blobs.finished(payload(20_000, seed: UInt8(number)))
            try await storage.metadata.put(key(number), [], .blob(blob.reference))
            writer.leave()
        }
        let first = try await Self.backUp(storage)
        #expect(first.progress.fileCount == 11)
        let second = try await Self.backUp(storage, earlier: [first.contents])
        #expect(second.progress.fileCount == 0)
        #expect(second.progress.reusedFileCount == 11)
        #expect(second.contents == first.contents)
        let (writer, blob) = try await storage.blobs.finished(payload(20_000, seed: 99))
        try await storage.metadata.put(key("new"), [], .blob(blob.reference))
        writer.leave()
        let third = try await Self.backUp(storage, earlier: [first.contents, second.contents])
        #expect(third.progress.fileCount == 2, "the new blob, and the segment that is written to")
        try await storage.close()
    }

    /// Every commit that the journal of a backup covers can be restored.
    @Test func commitsBetweenImageAndEndCanBeRestored() async throws {
        let machine = try await Self.machine(seed: 11)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<20 { try await storage.metadata.put(key("row"), [UInt8(number)], .none) }
        try await storage.checkpoint()
        try await storage.takeImage()
        for number in 20..<40 { try await storage.metadata.put(key("row"), [UInt8(number)], .none) }
        let contents = try await Self.backUp(storage).contents
        try await storage.close()
        #expect(contents.firstLSN == 20)
        for lsn in UInt64(20)...40 {
            let restored = try await Self.restore(contents, from: machine, upTo: lsn)
            let storage = try await restored.open()
            #expect(try await storage.metadata.value(key("row")) == [UInt8(lsn - 1)])
            try await storage.close()
        }
    }

    /// A store that was restored to an earlier commit has segments in which later ones stand that were given up. Once
    /// they came back: into its backups, and by a repair.
    @Test func commitsThatWereGivenUpStayGone() async throws {
        let machine = try await Self.machine(seed: 15)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<30 {
            try await storage.metadata.put(
                key(number), [], .attachment(0), attachments: [payload(2000, seed: UInt8(number))])
        }
        let contents = try await Self.backUp(storage).contents
        try await storage.close()
        let restored = try await Self.restore(contents, from: machine, upTo: 10)
        let life = try await restored.open()
        for number in 0..<4 { try await life.metadata.put(key("new \(number)"), [1]) }
        let folder = FilePath("/other")
        try machine.fileSystem.createDirectory(folder)
        let second = try await life.backUp(to: folder, earlier: []) { _ in true }.contents
        let expected = Set(try await life.metadata.keys())
        #expect(expected.count == 14)
        try await life.close()
        var verification = BackupVerification(
            second, in: folder, machine.fileSystem, storeID: StoreKind.storeID
        ) { _ in true }
        #expect(try verification.run().findings.map(\.description) == [])
        let target = FilePath("/again")
        try machine.fileSystem.createDirectory(target)
        let store = RestoredStore(machine: machine, directory: target)
        _ = try StorageRestore(
            second, in: folder, to: target, storeID: StoreKind.storeID, options: machine.options,
            environment: store.environment
        ) { _ in true }.run(upTo: second.lsn)
        let again = try await store.open()
        #expect(Set(try await again.metadata.keys()) == expected)
        try await again.close()
    }

    /// A payload that was deleted before the backup was made is not there: such a commit is refused, not made up.
    @Test func aCommitWhosePayloadIsGoneIsRefused() async throws {
        let machine = try await Self.machine(seed: 12)
        let storage = try await machine.open(sums: TestSums.definition)
        let (writer, blob) = try await storage.blobs.finished(payload(20_000))
        try await storage.metadata.put(key(1), [], .blob(blob.reference))
        writer.leave()
        try await storage.metadata.delete(key(1))
        try await storage.settle()
        #expect(try machine.blobFileCount() == 0)
        let contents = try await Self.backUp(storage).contents
        try await storage.close()
        let error = await #expect(throws: StorageError.self) {
            _ = try await Self.restore(contents, from: machine, upTo: 1)
        }
        #expect(error?.code == .positionExpired)
        _ = try await Self.restore(contents, from: machine)
    }

    /// Each damaged byte of a backup is found by its verification.
    @Test func damageOfABackupIsFound() async throws {
        let machine = try await Self.machine(seed: 13)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<20 {
            try await storage.metadata.put(
                key(number), [], .attachment(0), attachments: [payload(3000, seed: UInt8(number))])
        }
        let (writer, blob) = try await storage.blobs.finished(payload(50_000))
        try await storage.metadata.put(key("blob"), [], .blob(blob.reference))
        writer.leave()
        try await storage.checkpoint()
        try await storage.takeImage()
        try await storage.metadata.put(key("late"), [])
        let contents = try await Self.backUp(storage).contents
        try await storage.close()
        var generator = SeededGenerator(seed: 1)
        var paths: [(path: FilePath, sizeBytes: UInt64)] = contents.segments.map {
            (Self.folder.appending("journal").appending($0.file), $0.copiedBytes)
        }
        let image = try #require(contents.image)
        paths.append((Self.folder.appending("images").appending(image.file), image.sizeBytes))
        let blobPath = try #require(try blobFiles(machine.fileSystem, Self.folder).first)
        // The zeros behind the trailer are nobody's.
        paths.append((blobPath, 4096 + 50_000 + 52))
        for (path, sizeBytes) in paths {
            for _ in 0..<40 {
                let offset = UInt64.random(in: 0..<sizeBytes, using: &generator)
                machine.fileSystem.damage(path, at: offset)
                #expect(try !Self.verify(contents, machine).findings.isEmpty, "byte \(offset) of \(path)")
                machine.fileSystem.damage(path, at: offset)
            }
        }
        #expect(try Self.verify(contents, machine).findings.isEmpty)
    }

    /// A blob that is damaged in the store is told, and the others are backed up.
    @Test func aDamagedBlobIsTold() async throws {
        let machine = try await Self.machine(seed: 14)
        let storage = try await machine.open(sums: TestSums.definition)
        for number in 0..<3 {
            let (writer, blob) = try await storage.blobs.finished(payload(9_000, seed: UInt8(number)))
            try await storage.metadata.put(key(number), [], .blob(blob.reference))
            writer.leave()
        }
        let path = try #require(try blobFiles(machine.fileSystem, SimulatedMachine.directory).first)
        machine.fileSystem.damage(path, at: 5000)
        let made = try await Self.backUp(storage)
        #expect(made.progress.findings.map(\.path) == [path])
        #expect(try blobFiles(machine.fileSystem, Self.folder).count == 2)
        #expect(try Self.verify(made.contents, machine).findings.count == 1)
        try await storage.close()
        // The others come back, and what does not is told.
        let target = FilePath("/restored")
        try machine.fileSystem.createDirectory(target)
        let store = RestoredStore(machine: machine, directory: target)
        let restore = StorageRestore(
            made.contents, in: Self.folder, to: target, storeID: StoreKind.storeID, options: machine.options,
            environment: store.environment
        ) { _ in true }
        #expect(try restore.run(upTo: made.contents.lsn).findings.count == 1)
        let restored = try await store.open()
        #expect(try await restored.metadata.keys().count == 3)
        #expect(try await restored.verify(readingBlobs: true).findingCount == 1)
        try await restored.close()
    }
}

/// A store that was made of a backup, with an index of its own.
private final class RestoredStore: Sendable {
    private let machine: SimulatedMachine
    private let directory: FilePath
    private let index: IndexHolder

    init(machine: SimulatedMachine, directory: FilePath) {
        self.machine = machine
        self.directory = directory
        index = IndexHolder()
    }

    var environment: StorageEnvironment {
        let index = index
        return StorageEnvironment(
            fileSystem: machine.fileSystem, random: SeededRandom(seed: 77, for: machine.fileSystem),
            clock: machine.clock, makeIndex: { (_, _) throws(StorageError) in index.reopened() },
            sums: TestSums.definition)
    }

    func open() async throws -> EmbeddedStorage {
        try await EmbeddedStorage.open(
            directory: directory, storeID: StoreKind.storeID, options: machine.options, environment: environment)
    }
}

/// An index that each opening finds as the one before left it.
private final class IndexHolder: Sendable {
    private let index = Mutex(MemoryIndex())

    func reopened() -> MemoryIndex {
        index.withLock { index in
            index = index.crash(keepingInFlight: false)
            return index
        }
    }
}
