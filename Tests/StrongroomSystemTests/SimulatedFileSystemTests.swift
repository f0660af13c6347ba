import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@Suite struct SimulatedFileSystemTests {
    private let path: FilePath = "/file"

    private func pattern(_ byte: UInt8, _ count: Int = 16_384) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    /// A disk with one durable file of ones.
    private func disk(seed: UInt64 = 1) throws -> (SimulatedFileSystem, any StorageFile) {
        let disk = SimulatedFileSystem(seed: seed)
        let file = try disk.open(path, .create)
        try file.write(pattern(1), at: 0)
        try file.synchronizeData()
        try disk.synchronizeDirectory("/")
        return (disk, file)
    }

    @Test func whatIsSyncedSurvivesEveryCrash() throws {
        let (disk, _) = try disk()
        for seed in 0..<200 as Range<UInt64> {
            #expect(disk.surviving(seed: seed).contents(of: path) == pattern(1))
        }
    }

    @Test func unsyncedWritesAreKeptDroppedAndTorn() throws {
        let (disk, file) = try disk()
        try file.write(pattern(2), at: 0)
        var outcomes: Set<String> = []
        for seed in 0..<200 as Range<UInt64> {
            let found = disk.surviving(seed: seed).contents(of: path)
            #expect(found.count == 16_384)
            for start in stride(from: 0, to: found.count, by: 512) {
                #expect(Set(found[start..<start + 512]).count == 1, "a sector is never torn")
            }
            let kept = found.count { $0 == 2 }
            outcomes.insert(kept == 0 ? "dropped" : kept == found.count ? "kept" : "torn")
            if kept % 4096 != 0 { outcomes.insert("torn at 512") }
        }
        #expect(outcomes == ["kept", "dropped", "torn", "torn at 512"])
    }

    /// A write that shrinks nothing must never cost bytes that were durable before.
    @Test func sizesOnlyGrowByWrites() throws {
        let (disk, file) = try disk()
        try file.write([7], at: 0)
        try file.write(pattern(3, 100), at: 20_000)
        var sizes: Set<Int> = []
        for seed in 0..<100 as Range<UInt64> { sizes.insert(disk.surviving(seed: seed).contents(of: path).count) }
        #expect(sizes == [16_384, 20_100])
    }

    @Test func laterWritesMayReachTheDiskFirst() throws {
        let (disk, file) = try disk()
        try file.write(pattern(2, 4096), at: 0)
        try file.write(pattern(3, 4096), at: 8192)
        let reordered = (0..<200 as Range<UInt64>).contains { seed in
            let found = disk.surviving(seed: seed).contents(of: path)
            return found[0] == 1 && found[8192] == 3
        }
        #expect(reordered)
    }

    @Test func namesLastOnlyFromTheSyncOfTheirDirectory() throws {
        let (disk, _) = try disk()
        try disk.open("/new", .create).synchronizeData()
        try disk.rename(path, to: "/moved")
        var found: Set<[String]> = []
        for seed in 0..<200 as Range<UInt64> { found.insert(try disk.surviving(seed: seed).list("/").sorted()) }
        #expect(found == [["file"], ["file", "new"], ["moved"], ["moved", "new"]])
        try disk.synchronizeDirectory("/")
        for seed in 0..<50 as Range<UInt64> {
            #expect(try disk.surviving(seed: seed).list("/").sorted() == ["moved", "new"])
        }
    }

    /// Linux marks pages clean after a failed write-back and reports it once: the next sync succeeds
    /// and the bytes are still not there.
    @Test func syncThatFailsLosesAndTheNextSucceeds() throws {
        var losses = 0
        for seed in 0..<10 as Range<UInt64> {
            let (disk, file) = try disk(seed: seed)
            disk.inject(SimulatedFault([.synchronizeData]))
            try file.write(pattern(2), at: 0)
            #expect(throws: StorageError.self) { try file.synchronizeData() }
            try file.synchronizeData()
            #expect(disk.contents(of: path) == pattern(2), "reads go on showing it")
            try file.evictCachedPages()
            let found = disk.contents(of: path)
            let after = Set((0..<20 as Range<UInt64>).map { disk.surviving(seed: $0).contents(of: path) })
            #expect(after == [found], "what reached the disk was decided at the failure")
            if !after.contains(pattern(2)) { losses += 1 }
        }
        #expect(losses > 0)
    }

    @Test func reservedButUnwrittenRangesHoldZerosOrGarbage() throws {
        let (disk, file) = try disk()
        try file.allocate(sizeBytes: 64 * 1024)
        try file.synchronizeData()
        #expect(disk.contents(of: path, at: 16_384).allSatisfy { $0 == 0 })
        let tails = (0..<50 as Range<UInt64>).map { disk.surviving(seed: $0).contents(of: path, at: 16_384) }
        #expect(tails.contains { $0.allSatisfy { $0 == 0 } })
        #expect(tails.contains { $0.contains { $0 != 0 } })
    }

    @Test func evictionKeepsWhatIsDirty() throws {
        let (disk, file) = try disk()
        try file.write(pattern(5, 100), at: 50)
        try file.truncate(toBytes: 120)
        let before = disk.contents(of: path)
        try file.evictCachedPages()
        #expect(disk.contents(of: path) == before)
    }

    @Test func aFullDiskRefuses() throws {
        let disk = SimulatedFileSystem(seed: 1, capacityBytes: 64 * 1024)
        let file = try disk.open(path, .create)
        try file.allocate(sizeBytes: 48 * 1024)
        let other = try disk.open("/other", .create)
        #expect(throws: StorageError.self) { try other.allocate(sizeBytes: 32 * 1024) }
        #expect(try other.sizeBytes() == 0)
        try file.write(pattern(1, 48 * 1024), at: 0)
        let error = #expect(throws: StorageError.self) { try other.write(pattern(1, 32 * 1024), at: 0) }
        #expect(error?.code == .diskFull)
        try disk.remove(path)
        try other.write(pattern(1, 32 * 1024), at: 0)
    }

    @Test func crashEndsTheMachineAndItsLocks() throws {
        let (disk, file) = try disk()
        let lock = try disk.lockExclusively("/LOCK")
        #expect(throws: StorageError.self) { _ = try disk.lockExclusively("/LOCK") }
        try disk.synchronizeDirectory("/")
        let after = disk.crash(seed: 3)
        #expect(throws: StorageError.self) { try file.synchronizeData() }
        try after.lockExclusively("/LOCK").release()
        lock.release()
    }

    @Test func powerFailsBetweenTwoMutations() throws {
        let (disk, file) = try disk()
        disk.failPower(afterMutations: 1)
        try file.write(pattern(2), at: 0)
        #expect(throws: StorageError.self) { try file.synchronizeData() }
        #expect(throws: StorageError.self) { _ = try file.readBytes(at: 0, count: 1) }
    }

    @Test func runsAreFunctionsOfTheirSeed() throws {
        func run() throws -> [UInt8] {
            let (disk, file) = try disk()
            for index in 0..<20 { try file.write(pattern(UInt8(index), 3000), at: UInt64(index * 1777)) }
            return disk.crash(seed: 77).contents(of: path)
        }
        #expect(try run() == run())
    }

    @Test func callsAreCounted() throws {
        let (disk, file) = try disk()
        _ = try file.readBytes(at: 16_000, count: 1000)
        let statistics = disk.statistics(of: path)
        #expect(statistics[.read] == 1 && statistics[.write] == 1 && statistics[.synchronizeData] == 1)
        #expect(statistics.bytesRead == 384 && statistics.bytesWritten == 16_384)
        #expect(disk.statistics.mutations == 4)
    }

    @Test func seededKeysAreRefusedOnRealDisks() async {
        await #expect(processExitsWith: .failure) { _ = SeededRandom(seed: 1, for: PosixFileSystem()) }
        let random = SeededRandom(seed: 1, for: SimulatedFileSystem(seed: 1))
        #expect(random.bytes(100) != random.bytes(100))
    }

    @Test func manualClockMovesOnlyWhenTold() {
        let clock = ManualClock(wallMilliseconds: 10, bootNanoseconds: 0)
        clock.advance(milliseconds: 5)
        clock.setWall(milliseconds: 3)
        #expect(clock.wallMilliseconds() == 3)
        #expect(clock.bootNanoseconds() == 5_000_000)
    }
}
