import Glibc
import StrongroomSimulation
import StrongroomSystem
import Synchronization
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

    /// As a short write that an error follows: what is there of it is its beginning.
    @Test(arguments: [StorageError.Code.inputOutput, .diskFull])
    func aWriteThatFailsLeavesItsBeginning(code: StorageError.Code) throws {
        var counts: Set<Int> = []
        for seed in 0..<100 as Range<UInt64> {
            let (disk, file) = try disk(seed: seed)
            disk.inject(SimulatedFault([.write], code: code))
            let error = #expect(throws: StorageError.self) {
                try file.write(gathering: [pattern(2, 1_000), pattern(3, 4_000)], at: 100)
            }
            #expect(error?.code == code)
            let found = disk.contents(of: path)
            let count = found.count { $0 != 1 }
            let beginning = Array((pattern(2, 1_000) + pattern(3, 4_000)).prefix(count))
            let wanted = pattern(1, 100) + beginning + pattern(1, 16_284 - count)
            #expect(found == wanted)
            counts.insert(count)
            // Nobody synced it.
            #expect((0..<20 as Range<UInt64>).contains { disk.surviving(seed: $0).contents(of: path) == pattern(1) })
            try file.write(pattern(4), at: 0)
            #expect(disk.contents(of: path) == pattern(4))
        }
        #expect(counts.count > 20 && counts.contains { $0 > 1_000 })
        let sectorEnds = counts.count { $0 > 0 && ($0 + 100) % 512 == 0 }
        #expect(sectorEnds > 0 && sectorEnds < counts.count - 10)
    }

    /// There is no room for it.
    @Test func aWriteThatFailsOnAFullDiskLeavesNothing() throws {
        let disk = SimulatedFileSystem(seed: 1, capacityBytes: 0)
        let file = try disk.open(path, .create)
        for _ in 0..<20 {
            disk.inject(SimulatedFault([.write], code: .diskFull))
            #expect(throws: StorageError.self) { try file.write(pattern(1), at: 0) }
        }
        #expect(disk.contents(of: path) == [])
    }

    @Test func aMisdirectedWriteIsElsewhereInItsFile() throws {
        var landings: Set<UInt64> = []
        for seed in 0..<100 as Range<UInt64> {
            let (disk, file) = try disk(seed: seed)
            disk.inject(SimulatedFault([.write], skips: 1, effect: .misdirection))
            try file.write([7], at: 16_383)
            #expect(disk.misdirections.isEmpty)
            try file.write(pattern(2, 1_000), at: 4_100)
            let misdirection = try #require(disk.misdirections.first)
            #expect(misdirection.path == path && misdirection.offset == 4_100 && misdirection.sizeBytes == 1_000)
            let landing = try #require(misdirection.landing)
            #expect(landing != 4_100 && landing % 512 == 4 && landing < 16_384)
            landings.insert(landing)
            var wanted = pattern(1, 16_383) + [7]
            for place in Int(landing)..<min(Int(landing) + 1_000, 16_384) { wanted[place] = 2 }
            #expect(disk.contents(of: path) == wanted)
            // It is as durable as any other, and was the only one.
            try file.synchronizeData()
            #expect(disk.surviving(seed: seed).contents(of: path) == wanted)
            try file.write(pattern(3), at: 0)
            #expect(disk.contents(of: path) == pattern(3))
        }
        #expect(landings.count > 15)
    }

    /// The file system knows of nothing.
    @Test func aMisdirectedWriteLetsItsFileGrow() throws {
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open(path, .create)
            disk.inject(SimulatedFault([.write], failures: 2, effect: .misdirection))
            try file.write(pattern(2, 2_000), at: 0)
            #expect(try file.sizeBytes() == 2_000)
            #expect(disk.contents(of: path, count: 512) == pattern(0, 512))
            try file.write(pattern(3, 3_000), at: 2_000)
            #expect(try file.sizeBytes() == 5_000)
            #expect(disk.contents(of: path, at: 2_000) != pattern(3, 3_000))
        }
        let disk = SimulatedFileSystem(seed: 1)
        let file = try disk.open(path, .create)
        disk.inject(SimulatedFault([.write], effect: .misdirection))
        try file.write(pattern(2, 100), at: 0)
        #expect(disk.contents(of: path) == pattern(0, 100))
        #expect(disk.misdirections.map(\.landing) == [nil], "there is no other place in the file")
    }

    /// Where nobody lets the test run for so long, it proves nothing, and is done again.
    @Test func aSlowDiskServesOthersMeanwhile() throws {
        let (disk, file) = try disk()
        var isServed = false
        for _ in 0..<10 where !isServed {
            disk.inject(SimulatedFault([.synchronizeData], effect: .delay(milliseconds: 200)))
            let begins = Flag()
            let syncs = disk.statistics[.synchronizeData]
            let start = ContinuousClock.now
            let thread = DedicatedThread(name: "slow") {
                begins.set()
                try? file.synchronizeData()
            }
            while !begins.isSet { usleep(1_000) }
            usleep(30_000)
            #expect(try file.readBytes(at: 0, count: 10) == pattern(1, 10))
            // It counts once its time is over.
            isServed = disk.statistics[.synchronizeData] == syncs
            thread.join()
            #expect(start.duration(to: .now) >= .milliseconds(200))
            #expect(disk.statistics[.synchronizeData] == syncs + 1)
        }
        #expect(isServed)
    }

    @Test func bitsRotWhereSomethingIs() throws {
        let (disk, file) = try disk()
        try file.allocate(sizeBytes: 32_768)
        try file.synchronizeData()
        try disk.open("/other", .create).write(pattern(1), at: 0)
        for seed in 0..<20 as Range<UInt64> {
            let before = disk.contents(of: path)
            let place = disk.rot(bitCount: 1, pathSuffix: "file", seed: seed)[0]
            let after = disk.contents(of: path)
            let changed = before.indices.filter { before[$0] != after[$0] }
            #expect(place.path == path && changed == [Int(place.offset)] && place.offset < 16_384)
            #expect(changed.allSatisfy { (before[$0] ^ after[$0]).nonzeroBitCount == 1 })
            #expect(disk.surviving(seed: seed).contents(of: path, count: 16_384) == Array(after.prefix(16_384)))
        }
        #expect(disk.contents(of: "/other") == pattern(1))
        #expect(disk.rot(bitCount: 5, seed: 1).count == 5)
        #expect(disk.rot(bitCount: 5, pathSuffix: "nowhere", seed: 1).isEmpty)
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

/// What one thread tells another.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
