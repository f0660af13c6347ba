import Foundation
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import Testing

@testable import Strongroom

@Suite("Lock clock")
struct LockClockTests {
    static let day: Int64 = 24 * 60 * 60 * 1_000
    static let gap = 30 * day
    static let start: Int64 = 1_700_000_000_000

    static func reading(_ wall: Int64, boot: UInt64 = 1_000_000_000) -> LockClock.Reading {
        LockClock.Reading(wallMilliseconds: wall, bootNanoseconds: boot)
    }

    @Test("At the opening the wall clock is believed within the gap, and never before what was saved")
    func opening() {
        func open(_ wall: Int64) -> LockTime {
            LockClock(
                opening: .at(milliseconds: Self.start), at: Self.reading(wall), gapMilliseconds: Self.gap
            ).time(bootNanoseconds: 1_000_000_000)
        }
        #expect(open(Self.start + 5) == LockTime(milliseconds: Self.start + 5, isConfirmed: true))
        #expect(open(Self.start + Self.gap) == LockTime(milliseconds: Self.start + Self.gap, isConfirmed: true))
        #expect(open(Self.start + Self.gap + 1) == LockTime(milliseconds: Self.start, isConfirmed: false))
        #expect(open(Self.start - Self.day) == LockTime(milliseconds: Self.start, isConfirmed: true))
        #expect(open(.max) == LockTime(milliseconds: Self.start, isConfirmed: false))
        #expect(open(.min).milliseconds == Self.start)
    }

    @Test("It advances by the boot clock while it is confirmed, and stands still while it is not")
    func advancing() {
        let running = LockClock(opening: .never, at: Self.reading(Self.start), gapMilliseconds: Self.gap)
        #expect(running.time(bootNanoseconds: 3_000_000_000).milliseconds == Self.start + 2_000)
        #expect(running.time(bootNanoseconds: 0).milliseconds == Self.start)
        #expect(running.time(bootNanoseconds: .max).milliseconds > Self.start)

        let standing = LockClock(
            opening: .at(milliseconds: Self.start), at: Self.reading(Self.start + 2 * Self.gap),
            gapMilliseconds: Self.gap)
        #expect(standing.time(bootNanoseconds: 3_000_000_000).milliseconds == Self.start)
        let confirmed = standing.confirmed(at: Self.reading(Self.start + 2 * Self.gap, boot: 3_000_000_000))
        #expect(confirmed.isConfirmed)
        #expect(confirmed.time(bootNanoseconds: 4_000_000_000).milliseconds == Self.start + 2 * Self.gap + 1_000)
        // A wall clock that was set back since takes nothing away.
        let again = confirmed.confirmed(at: Self.reading(Self.start, boot: 4_000_000_000))
        #expect(again.time(bootNanoseconds: 4_000_000_000).milliseconds == Self.start + 2 * Self.gap + 1_000)
    }

    @Test("A clock that was lost is before every lock's end until it is confirmed")
    func lost() {
        let clock = LockClock(opening: .lost, at: Self.reading(Self.start), gapMilliseconds: Self.gap)
        let ended = StoredRetention(mode: .governance, untilMilliseconds: 1)
        #expect(clock.time(bootNanoseconds: .max).isBefore(ended))
        #expect(!clock.confirmed(at: Self.reading(Self.start)).time(bootNanoseconds: .max).isBefore(ended))
    }

    /// A store with one version that is locked for ten days.
    struct Bench {
        let clock = ManualClock(wallMilliseconds: LockClockTests.start)
        var memory: MemoryEngine
        let version: VersionID

        init() async throws {
            memory = try await MemoryEngine(clock: clock)
            let bucket = try await memory.store.createBucket("bucket", objectLock: true)
            let until = Date(storeMilliseconds: LockClockTests.start + 10 * LockClockTests.day)
            let options = PutOptions(retention: Retention(mode: .compliance, until: until))
            version = try await bucket.put("key", [1], options: options).versionID
        }

        func days(_ count: Int64) -> Int64 { LockClockTests.start + count * LockClockTests.day }

        /// What comes of deleting the version: nil when it is gone.
        func removal() async throws -> StoreError.Code? {
            try await errorCode {
                let receipt = try await memory.store.bucket("bucket").delete("key", version: version)
                #expect(receipt.existed)
            }
        }
    }

    @Test("A lock ends when its time has passed, and not when the wall clock is set past it")
    func setForwardWhileOpen() async throws {
        let bench = try await Bench()
        bench.clock.setWall(milliseconds: bench.days(4_000))
        #expect(try await bench.removal() == .accessDenied)
        bench.clock.advance(milliseconds: UInt64(9 * Self.day))
        #expect(try await bench.removal() == .accessDenied)
        bench.clock.advance(milliseconds: UInt64(Self.day))
        #expect(try await bench.removal() == nil)
    }

    @Test("A wall clock that is set back lengthens no lock while the store is open, and shortens none")
    func setBackWhileOpen() async throws {
        var bench = try await Bench()
        bench.clock.setWall(milliseconds: bench.days(-400))
        bench.clock.advance(milliseconds: UInt64(9 * Self.day))
        #expect(try await bench.removal() == .accessDenied)
        // What was waited is not lost by an opening under the wrong clock.
        bench.memory = try await bench.memory.reopened()
        #expect(bench.memory.store.isClockConfirmed)
        bench.clock.advance(milliseconds: UInt64(Self.day))
        #expect(try await bench.removal() == nil)
    }

    @Test("A default retention counts from the lock clock where the wall clock was set back")
    func defaultUnderSetBackClock() async throws {
        let bench = try await Bench()
        let bucket = bench.memory.store.bucket("bucket")
        try await bucket.setDefaultRetention(DefaultRetention(mode: .governance, period: .days(1)))
        bench.clock.setWall(milliseconds: bench.days(-400))
        bench.clock.advance(milliseconds: UInt64(5 * Self.day))
        try await bucket.put("other", [1])
        let until = try await bucket.head("other").retention?.until
        #expect(until == Date(storeMilliseconds: bench.days(6)))
    }

    @Test("Time for which the store was closed counts within the gap")
    func closedWithinGap() async throws {
        var bench = try await Bench()
        await bench.memory.engine.trySavingLockClock()
        bench.clock.setWall(milliseconds: bench.days(30))
        bench.memory = try await bench.memory.afterCrash()
        #expect(bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == nil)
    }

    @Test("Beyond the gap locks do not end until the clock is confirmed, which is durable")
    func closedBeyondGap() async throws {
        var bench = try await Bench()
        await bench.memory.engine.trySavingLockClock()
        bench.clock.setWall(milliseconds: bench.days(31) + 1)
        bench.memory = try await bench.memory.afterCrash()
        #expect(!bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == .accessDenied)
        bench.clock.advance(milliseconds: UInt64(20 * Self.day))
        #expect(try await bench.removal() == .accessDenied)
        // Neither opening again nor changing locks makes it run.
        try await bench.memory.store.bucket("bucket").setLegalHold(true, of: "key")
        try await bench.memory.store.bucket("bucket").setLegalHold(false, of: "key")
        bench.memory = try await bench.memory.reopened()
        #expect(!bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == .accessDenied)
        try await bench.memory.store.confirmClock()
        #expect(bench.memory.store.isClockConfirmed)
        bench.memory = try await bench.memory.afterCrash()
        #expect(bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == nil)
    }

    @Test("The gap is an option")
    func gapOption() async throws {
        let bench = try await Bench()
        bench.clock.setWall(milliseconds: bench.days(2))
        #expect(try await bench.memory.reopened(gapDays: 2).store.isClockConfirmed)
        bench.clock.setWall(milliseconds: bench.days(8))
        #expect(!(try await bench.memory.afterCrash(gapDays: 2).store.isClockConfirmed))
        var options = StoreOptions()
        options.lockClockGapDays = 0
        #expect(throws: StoreError.self) { try options.check() }
    }

    @Test("A store at work saves its clock, so that a crash after a long life needs no confirmation")
    func savedWhileAtWork() async throws {
        var bench = try await Bench()
        for _ in 0..<8 {
            bench.clock.advance(milliseconds: UInt64(8 * Self.day))
            try await bench.memory.store.bucket("bucket").put("other", [1])
        }
        bench.memory = try await bench.memory.afterCrash()
        #expect(bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == nil)
    }

    @Test("The clock is saved before the first lock can be, and with each change of one")
    func savedWithLocks() async throws {
        let clock = ManualClock(wallMilliseconds: Self.start)
        let memory = try await MemoryEngine(clock: clock)
        func saved() async throws -> Int64? {
            guard let row = try await memory.metadata.pinnedRow(RowKey.lockClock) else { return nil }
            return try LockClockRow(decoding: row.row.value).milliseconds
        }
        let bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
        try await bucket.put("key", [1])
        #expect(try await saved() == nil)
        try await bucket.enableObjectLock()
        #expect(try await saved() == Self.start)
        clock.advance(milliseconds: 1_000)
        try await bucket.setLegalHold(true, of: "key")
        #expect(try await saved() == Self.start + 1_000)
        clock.advance(milliseconds: 1_000)
        try await bucket.setRetention(
            Retention(mode: .governance, until: Date(storeMilliseconds: Self.start + Self.day)), of: "key")
        #expect(try await saved() == Self.start + 2_000)
        clock.advance(milliseconds: 1_000)
        try await memory.store.createBucket("born", objectLock: true)
        #expect(try await saved() == Self.start + 3_000)
        // Of what is older than the row, nothing is written.
        let older = LockTime(milliseconds: Self.start, isConfirmed: true)
        _ = try await memory.engine.commit([try memory.engine.lockClockWrite(older)])
        #expect(try await saved() == Self.start + 3_000)
    }

    @Test("A clock row that is gone, altered or moved means that no lock ends", arguments: 0..<4)
    func damagedRow(kind: Int) async throws {
        var bench = try await Bench()
        bench.clock.advance(milliseconds: UInt64(20 * Self.day))
        await bench.memory.engine.trySavingLockClock()
        let honest = try #require(try await bench.memory.metadata.pinnedRow(RowKey.lockClock)).row.value
        switch kind {
        case 0: try await bench.memory.write(RowKey.lockClock, nil)
        case 1:
            var forged = honest
            forged[10] ^= 0x40
            try await bench.memory.write(RowKey.lockClock, forged)
        case 2: try await bench.memory.write(RowKey.lockClock, [])
        default:
            let other = try #require(try await bench.memory.metadata.pinnedRow(RowKey.bucket("bucket"))).row.value
            try await bench.memory.write(RowKey.lockClock, other)
        }
        bench.memory = try await bench.memory.afterCrash()
        #expect(!bench.memory.store.isClockConfirmed)
        #expect(try await bench.removal() == .accessDenied)
        // A change of a lock, and a close, save nothing then that would be taken for a time.
        try await bench.memory.store.bucket("bucket").setLegalHold(true, of: "key")
        try await bench.memory.store.bucket("bucket").setLegalHold(false, of: "key")
        bench.memory = try await bench.memory.reopened()
        #expect(try await bench.removal() == .accessDenied)
        try await bench.memory.store.confirmClock()
        #expect(try await bench.removal() == nil)
        bench.memory = try await bench.memory.reopened()
        #expect(bench.memory.store.isClockConfirmed)
    }

    @Test("A store without object lock has no clock row, and is confirmed whatever the clock says")
    func withoutLocks() async throws {
        let clock = ManualClock()
        let memory = try await MemoryEngine(clock: clock)
        try await memory.store.createBucket("bucket").put("key", [1])
        clock.advance(milliseconds: UInt64(400 * Self.day))
        let later = try await memory.reopened()
        #expect(later.store.isClockConfirmed)
        #expect(try await later.metadata.pinnedRow(RowKey.lockClock) == nil)
        // A locked bucket whose row is damaged still counts as one that may hold locks.
        try await later.store.createBucket("locked", objectLock: true)
        try await later.write(RowKey.lockClock, nil)
        try await later.write(RowKey.bucket("locked"), [1])
        #expect(!(try await later.afterCrash().store.isClockConfirmed))
    }

    @Test("The clock survives on disk, and a store closed by its own hand needs no confirmation")
    func onDisk() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = try await store.createBucket("bucket", objectLock: true)
        let until = Date.now.addingTimeInterval(3_600)
        let options = PutOptions(retention: Retention(mode: .governance, until: until))
        let version = try await bucket.put("key", [1], options: options).versionID
        try await store.close()
        let again = try await Store.open(at: directory.store, options: .forTests)
        #expect(again.isClockConfirmed)
        let same = again.bucket("bucket")
        #expect(try await errorCode { try await same.delete("key", version: version) } == .accessDenied)
        #expect(try await same.delete("key", version: version, bypassingGovernance: true).existed)
        try await again.confirmClock()
        try await again.close()
        #expect(try await errorCode { try await again.confirmClock() } == .closed)
    }
}

extension MemoryEngine {
    /// Puts or removes a row without payload below the engine.
    func write(_ rowKey: [UInt8], _ value: [UInt8]?) async throws {
        _ = try await metadata.commit(reads: [rowKey], attachments: []) { _ -> Decision<Never> in
            .commit([
                RowMutation(key: rowKey, change: value.map { .put(value: $0, payload: .none) } ?? .delete)
            ])
        }
    }
}
