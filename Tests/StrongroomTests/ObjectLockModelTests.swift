import Foundation
import StrongroomSimulation
import StrongroomSystem
import Testing

@testable import Strongroom

/// Random work on a bucket with object lock, its clock tampered with, against a plain model.
@Suite("Object lock model")
struct ObjectLockModelTests {
    static let keys: [ObjectKey] = ["a", "a\0", "b/c", "z"]

    struct Version: Equatable {
        var key: ObjectKey
        var id: VersionID
        /// Nil for a delete marker.
        var body: [UInt8]?
        var retention: Retention?
        var legalHold = false

        func isRetained(at now: Int64) -> Bool {
            retention.map { $0.until > Date(storeMilliseconds: now) } ?? false
        }

        func mayGo(at now: Int64, bypass: Bool) -> Bool {
            !legalHold && (!isRetained(at: now) || (bypass && retention?.mode == .governance))
        }
    }

    struct Driver {
        var store: Store
        /// Nil on disk, where time passes by itself: too little to end a lock.
        let clock: ManualClock?
        let reopen: (Store) async throws -> Store
        var generator: SeededGenerator
        /// Oldest first, of all keys together.
        var versions: [Version] = []
        var defaultRetention: DefaultRetention?
        /// What the lock clock must say: moved by time that passes alone.
        var now: Int64
        /// The latest moment that any commit had; never goes back.
        var storeNow: Int64

        init(
            _ store: Store, _ clock: ManualClock?, seed: Int, reopen: @escaping (Store) async throws -> Store
        ) {
            (self.store, self.clock, self.reopen) = (store, clock, reopen)
            generator = SeededGenerator(seed: UInt64(seed) + 9_000)
            now = clock?.wallMilliseconds() ?? PosixClock().wallMilliseconds()
            storeNow = now
        }

        var bucket: Bucket { store.bucket("bucket") }

        mutating func step() async throws {
            let key = ObjectLockModelTests.keys.randomElement(using: &generator)!
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<22: try await put(key)
            case 22..<30: try await delete(key)
            case 30..<55: try await remove()
            case 55..<70: try await changeRetention()
            case 70..<76: try await changeHold()
            case 76..<79: try await changeDefault()
            case 79..<83: try await copy(to: key)
            case 83..<87: try await batch()
            case 87..<95: passTime()
            case 95..<98: setWall()
            default: store = try await reopen(store)
            }
        }

        private mutating func flip(_ odds: Int = 2) -> Bool { Int.random(in: 0..<odds, using: &generator) == 0 }

        private mutating func body() -> [UInt8] {
            [UInt8](repeating: .random(in: 0...255, using: &generator), count: flip(15) ? 150_000 : 10)
        }

        /// Sometimes in the past.
        private mutating func retention() -> Retention {
            let later = Int64.random(in: -1...6, using: &generator) * LockClockTests.day / 2
            let until = Date(storeMilliseconds: max(now, storeTime) + later)
            return Retention(mode: flip() ? .governance : .compliance, until: until)
        }

        private var storeTime: Int64 { max(storeNow, clock?.wallMilliseconds() ?? now) }

        private func isFuture(_ retention: Retention) -> Bool {
            retention.until > Date(storeMilliseconds: max(now, storeTime))
        }

        /// What a put gets that asks for `asked`.
        private func given(_ asked: Retention?, _ key: ObjectKey, _ receipt: PutReceipt) async throws -> Retention? {
            guard asked == nil, let defaultRetention else { return asked }
            let from = max(receipt.lastModified.storeMillisecondsRoundedUp ?? 0, now)
            let until = Date(storeMilliseconds: from + defaultRetention.milliseconds)
            guard clock == nil else { return Retention(mode: defaultRetention.mode, until: until) }
            // Two clocks of one machine, read one after the other, agree to some milliseconds.
            let found = try #require(try await bucket.head(key, version: receipt.versionID).retention)
            #expect(found.mode == defaultRetention.mode && abs(found.until.timeIntervalSince(until)) < 10)
            return found
        }

        private mutating func put(_ key: ObjectKey) async throws {
            let asked = flip() ? retention() : nil
            let (body, isHeld) = (body(), flip(6))
            do {
                let receipt = try await bucket.put(
                    key, body, options: PutOptions(retention: asked, legalHold: isHeld))
                #expect(asked.map { isFuture($0) } ?? true)
                storeNow = storeTime
                versions.append(
                    Version(
                        key: key, id: receipt.versionID, body: body, retention: try await given(asked, key, receipt),
                        legalHold: isHeld))
            } catch let error as StoreError {
                #expect(error.code == .invalidArgument && !(asked.map { isFuture($0) } ?? true), "\(error)")
            }
        }

        private mutating func delete(_ key: ObjectKey) async throws {
            let receipt = try await bucket.delete(key, bypassingGovernance: flip())
            storeNow = storeTime
            versions.append(Version(key: key, id: try #require(receipt.versionID)))
        }

        private mutating func remove() async throws {
            guard let victim = versions.randomElement(using: &generator) else { return }
            let bypass = flip(3)
            do throws(StoreError) {
                let receipt = try await bucket.delete(
                    victim.key, version: victim.id, bypassingGovernance: bypass)
                #expect(receipt.existed && victim.mayGo(at: now, bypass: bypass), "\(victim) at \(now)")
                storeNow = storeTime
                versions.removeAll { $0.id == victim.id }
            } catch {
                #expect(error.code == .accessDenied && !victim.mayGo(at: now, bypass: bypass), "\(error)")
            }
        }

        private mutating func changeRetention() async throws {
            guard let index = versions.indices.randomElement(using: &generator) else { return }
            let version = versions[index]
            let new = flip(4) ? nil : retention()
            let bypass = flip(3)
            let isExtended =
                new.map { $0.mode == version.retention?.mode && $0.until >= (version.retention?.until ?? .distantPast) }
                ?? false
            let isAllowed =
                !version.isRetained(at: now) || isExtended || (bypass && version.retention?.mode == .governance)
            let expected: StoreError.Code? =
                version.body == nil
                ? .methodNotAllowed
                : !(new.map { isFuture($0) } ?? true) ? .invalidArgument : isAllowed ? nil : .accessDenied
            let code = try await errorCode {
                try await bucket.setRetention(
                    new, of: version.key, version: version.id, bypassingGovernance: bypass)
            }
            #expect(code == expected, "\(version) to \(String(describing: new)) at \(now)")
            if code == nil {
                versions[index].retention = new
                storeNow = storeTime
            }
        }

        private mutating func changeHold() async throws {
            guard let index = versions.indices.randomElement(using: &generator) else { return }
            let version = versions[index]
            let isOn = flip(3)
            let code = try await errorCode {
                try await bucket.setLegalHold(isOn, of: version.key, version: version.id)
            }
            #expect(code == (version.body == nil ? .methodNotAllowed : nil))
            if code == nil {
                versions[index].legalHold = isOn
                storeNow = storeTime
            }
        }

        private mutating func changeDefault() async throws {
            defaultRetention =
                flip(3)
                ? nil
                : DefaultRetention(
                    mode: flip() ? .governance : .compliance, period: .days(.random(in: 1...3, using: &generator)))
            try await bucket.setDefaultRetention(defaultRetention)
            storeNow = storeTime
        }

        private mutating func copy(to key: ObjectKey) async throws {
            guard let source = versions.filter({ $0.body != nil }).randomElement(using: &generator) else { return }
            let receipt = try await bucket.copy(source.key, to: key, options: CopyOptions(sourceVersion: source.id))
            storeNow = storeTime
            versions.append(
                Version(
                    key: key, id: receipt.versionID, body: source.body, retention: try await given(nil, key, receipt)))
        }

        private mutating func batch() async throws {
            let (first, second, body) = (ObjectLockModelTests.keys[0], ObjectLockModelTests.keys[1], body())
            let receipt = try await store.batch { batch in
                batch.put(first, body, in: "bucket", options: PutOptions(legalHold: true))
                batch.delete(second, in: "bucket")
            }
            storeNow = storeTime
            guard case .put(let put) = receipt.results[0], case .delete(let delete) = receipt.results[1] else { return }
            versions.append(
                Version(
                    key: first, id: put.versionID, body: body, retention: try await given(nil, first, put),
                    legalHold: true))
            versions.append(Version(key: second, id: try #require(delete.versionID)))
        }

        private mutating func passTime() {
            guard let clock else { return }
            let passed = UInt64.random(in: 1...UInt64(LockClockTests.day), using: &generator)
            clock.advance(milliseconds: passed)
            now += Int64(passed)
        }

        /// Back by any time, or forward by so little that an opening believes it; then it counts.
        private mutating func setWall() {
            clock?.setWall(milliseconds: now - Int64.random(in: 0...400, using: &generator) * LockClockTests.day)
        }

        func compare() async throws {
            var options = VersionListOptions()
            var found: [Version] = []
            repeat {
                let page = try await bucket.listVersions(options)
                #expect(page.damaged.isEmpty)
                for entry in page.entries {
                    var version = Version(key: entry.key, id: entry.versionID)
                    if case .object(let info, _) = entry {
                        (version.retention, version.legalHold) = (info.retention, info.legalHold)
                        version.body = try await bucket.get(info.key, version: info.versionID).collect(upTo: 1 << 20)
                    }
                    found.append(version)
                }
                options.continuation = page.continuation
            } while options.continuation != nil
            let expected = ObjectLockModelTests.keys.flatMap { key in versions.reversed().filter { $0.key == key } }
            #expect(found == expected)
            try await KeyUsageScan(store).check()
        }
    }

    @Test("No locked version ever disappears, and what is not locked goes when it is told to", arguments: 0..<6)
    func agrees(seed: Int) async throws {
        let clock = ManualClock(wallMilliseconds: LockClockTests.start)
        let memory = try await MemoryEngine(clock: clock)
        var driver = Driver(memory.store, clock, seed: seed) { _ in try await memory.reopened().store }
        try await run(&driver, steps: 400)
    }

    @Test("The same on disk, checkpointed and opened again", arguments: 0..<2)
    func agreesOnDisk(seed: Int) async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        var driver = Driver(store, nil, seed: seed + 100) { store in
            try await store.close()
            return try await Store.open(at: directory.store, options: .forTests)
        }
        try await run(&driver, steps: 250)
        #expect(try await driver.store.verify(readingData: true).findings == [])
        try await driver.store.close()
    }

    private func run(_ driver: inout Driver, steps: Int) async throws {
        try await driver.store.createBucket("bucket", objectLock: true)
        for step in 0..<steps {
            try await driver.step()
            if step % 50 == 49 { try await driver.compare() }
        }
        #expect(driver.versions.count > 5)
        let store = driver.store
        #expect(try await errorCode { try await store.deleteBucket("bucket") } == .bucketNotEmpty)
        try await driver.compare()
    }
}
