import Foundation
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import Testing

@testable import Strongroom

@Suite("Object lock")
struct ObjectLockTests {
    static let day = LockClockTests.day
    static let start = LockClockTests.start

    static func days(_ count: Int64) -> Date { Date(storeMilliseconds: start + count * day) }

    // MARK: Buckets

    @Test("Object lock needs versioning, stays on, and keeps versioning on")
    func bucketStates() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            #expect(try await errorCode { try await bucket.enableObjectLock() } == .invalidBucketState)
            try await bucket.setVersioning(.suspended)
            #expect(try await errorCode { try await bucket.enableObjectLock() } == .invalidBucketState)
            #expect(try await bucket.info().objectLock == false)
            try await bucket.setVersioning(.enabled)
            try await bucket.enableObjectLock()
            try await bucket.enableObjectLock()
            #expect(try await bucket.info().objectLock)
            #expect(try await errorCode { try await bucket.setVersioning(.suspended) } == .invalidBucketState)
            try await bucket.setVersioning(.enabled)

            let born = try await store.createBucket("born", objectLock: true)
            #expect(try await born.info().versioning == .enabled)
            #expect(try await born.info().objectLock)
            let code = try await errorCode {
                try await store.createBucket("never", versioning: .suspended, objectLock: true)
            }
            #expect(code == .invalidArgument)
        }
    }

    @Test("A default retention has bounds, needs object lock, and survives")
    func defaultRetentionBounds() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = try await store.createBucket("bucket", objectLock: true)
        for period in [DefaultRetention.Period.days(0), .days(36_501), .years(0), .years(101), .days(-1)] {
            let retention = DefaultRetention(mode: .compliance, period: period)
            #expect(try await errorCode { try await bucket.setDefaultRetention(retention) } == .invalidArgument)
        }
        #expect(try await bucket.info().defaultRetention == nil)
        let retention = DefaultRetention(mode: .governance, period: .years(100))
        try await bucket.setDefaultRetention(retention)
        let plain = try await store.createBucket("plain", versioning: .enabled)
        #expect(try await errorCode { try await plain.setDefaultRetention(retention) } == .invalidRequest)
        // Enabling it again forgets nothing.
        try await bucket.enableObjectLock()
        try await store.close()
        let again = try await Store.open(at: directory.store, options: .forTests)
        #expect(try await again.bucket("bucket").info().defaultRetention == retention)
        try await again.bucket("bucket").setDefaultRetention(nil)
        #expect(try await again.bucket("bucket").info().defaultRetention == nil)
        try await again.close()
    }

    // MARK: Puts and copies

    @Test("A put may lock its object where the bucket has object lock, and nowhere else")
    func putWithLock() async throws {
        let memory = try await MemoryEngine(clock: ManualClock(wallMilliseconds: Self.start))
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let plain = try await memory.store.createBucket("plain", versioning: .enabled)
        let retention = Retention(mode: .compliance, until: Self.days(3))
        let locked = PutOptions(retention: retention)
        let held = PutOptions(legalHold: true)
        for size in [1, 5_000, 200_000] {
            let body = [UInt8](repeating: 7, count: size)
            try await bucket.put("key", body, options: PutOptions(retention: retention, legalHold: true))
            let info = try await bucket.head("key")
            #expect(info.retention == retention && info.legalHold)
            #expect(try await bucket.get("key").collect(upTo: 1 << 20) == body)
            #expect(try await errorCode { try await plain.put("key", body, options: locked) } == .invalidRequest)
            #expect(try await errorCode { try await plain.put("key", body, options: held) } == .invalidRequest)
            for past in [Self.days(0), Self.days(-1), .distantPast, Date(timeIntervalSince1970: .infinity)] {
                let options = PutOptions(retention: Retention(mode: .governance, until: past))
                #expect(try await errorCode { try await bucket.put("key", body, options: options) } == .invalidArgument)
            }
        }
        #expect(try await bucket.listVersions().entries.count == 3)
        try await bucket.put("free", [1])
        let info = try await bucket.head("free")
        #expect(info.retention == nil && !info.legalHold)
    }

    @Test("The default counts from the commit, and what the put says goes before it", arguments: [1, 5_000, 200_000])
    func defaultApplied(size: Int) async throws {
        let clock = ManualClock(wallMilliseconds: Self.start)
        let memory = try await MemoryEngine(clock: clock)
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let body = [UInt8](repeating: 7, count: size)
        for (period, days) in [(DefaultRetention.Period.days(36_500), 36_500), (.years(2), 730)] {
            try await bucket.setDefaultRetention(DefaultRetention(mode: .compliance, period: period))
            clock.advance(milliseconds: 12_345)
            for isHeld in [false, true] {
                let put = try await bucket.put("key", body, options: PutOptions(legalHold: isHeld))
                let info = try await bucket.head("key")
                let until = put.lastModified.addingTimeInterval(Double(days) * 86_400)
                #expect(info.retention == Retention(mode: .compliance, until: until))
                #expect(info.legalHold == isHeld)
            }
        }
        let own = Retention(mode: .governance, until: Self.days(1))
        try await bucket.put("key", body, options: PutOptions(retention: own))
        #expect(try await bucket.head("key").retention == own)
        try await bucket.setDefaultRetention(nil)
        try await bucket.put("key", body)
        #expect(try await bucket.head("key").retention == nil)
    }

    @Test("A copy takes no lock along: it gets what it asks for, or the bucket's default")
    func copies() async throws {
        let memory = try await MemoryEngine(clock: ManualClock(wallMilliseconds: Self.start))
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let plain = try await memory.store.createBucket("plain")
        let retention = Retention(mode: .compliance, until: Self.days(3))
        let source = try await bucket.put(
            "key", [1], options: PutOptions(retention: retention, legalHold: true))
        try await plain.copy("key", from: bucket, to: "copy")
        try await bucket.copy("key", to: "copy")
        let info = try await bucket.head("copy")
        #expect(info.retention == nil && !info.legalHold)
        let asked = CopyOptions(retention: Retention(mode: .governance, until: Self.days(1)), legalHold: true)
        try await bucket.copy("copy", to: "key", options: asked)
        #expect(try await bucket.head("key").retention == asked.retention)
        #expect(try await bucket.head("key", version: source.versionID).retention == retention)
        let code = try await errorCode { try await plain.copy("key", from: bucket, to: "x", options: asked) }
        #expect(code == .invalidRequest)
    }

    // MARK: Changes

    static let changes: [(old: Retention.Mode?, new: (Retention.Mode, Int64)?, bypass: Bool, code: StoreError.Code?)] =
        [
            (nil, (.governance, 1), false, nil), (nil, (.compliance, 1), false, nil), (nil, nil, false, nil),
            (.governance, (.governance, 10), false, nil), (.governance, (.governance, 11), false, nil),
            (.governance, (.governance, 9), false, .accessDenied), (.governance, (.governance, 9), true, nil),
            (.governance, (.compliance, 11), false, .accessDenied), (.governance, (.compliance, 11), true, nil),
            (.governance, nil, false, .accessDenied), (.governance, nil, true, nil),
            (.compliance, (.compliance, 10), false, nil), (.compliance, (.compliance, 11), false, nil),
            (.compliance, (.compliance, 9), true, .accessDenied),
            (.compliance, (.governance, 11), true, .accessDenied), (.compliance, nil, true, .accessDenied),
            (.compliance, (.compliance, 0), true, .invalidArgument),
        ]

    @Test("Retention changes as its mode allows, and nothing else of the version does", arguments: 0..<changes.count)
    func retentionRules(index: Int) async throws {
        let (old, new, bypass, expected) = Self.changes[index]
        let clock = ManualClock(wallMilliseconds: Self.start)
        let memory = try await MemoryEngine(clock: clock)
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let retention = old.map { Retention(mode: $0, until: Self.days(10)) }
        try await bucket.put("key", [1, 2], options: PutOptions(retention: retention))
        let before = try await bucket.head("key")
        let next = new.map { Retention(mode: $0.0, until: Self.days($0.1)) }
        let code = try await errorCode {
            try await bucket.setRetention(next, of: "key", bypassingGovernance: bypass)
        }
        #expect(code == expected)
        var after = try await bucket.head("key")
        #expect(after.retention == (expected == nil ? next : retention))
        after.retention = before.retention
        #expect(after == before)
        #expect(try await bucket.get("key").collect(upTo: 10) == [1, 2])
        // After its end a retention binds nobody.
        clock.advance(milliseconds: UInt64(12 * Self.day))
        try await bucket.setRetention(nil, of: "key")
        #expect(try await bucket.head("key").retention == nil)
    }

    @Test("Locks are changed where there are objects and object lock, old versions included")
    func changesRefused() async throws {
        try await withStore { store, _ in
            let retention = Retention(mode: .governance, until: Date.now.addingTimeInterval(3_600))
            let plain = try await store.createBucket("plain", versioning: .enabled)
            try await plain.put("key", [1])
            #expect(try await errorCode { try await plain.setRetention(retention, of: "key") } == .invalidRequest)
            #expect(try await errorCode { try await plain.setLegalHold(true, of: "key") } == .invalidRequest)
            let bypass = try await errorCode { try await plain.delete("key", bypassingGovernance: true) }
            #expect(bypass == .invalidArgument)

            let bucket = try await store.createBucket("bucket", objectLock: true)
            #expect(try await errorCode { try await bucket.setLegalHold(true, of: "key") } == .noSuchKey)
            let old = try await bucket.put("key", [UInt8](repeating: 1, count: 300_000))
            let marker = try await bucket.delete("key")
            for version in [nil, marker.versionID] {
                let first = try await errorCode {
                    try await bucket.setRetention(retention, of: "key", version: version)
                }
                let second = try await errorCode { try await bucket.setLegalHold(true, of: "key", version: version) }
                #expect(first == .methodNotAllowed && second == .methodNotAllowed)
            }
            try await bucket.setRetention(retention, of: "key", version: old.versionID)
            try await bucket.setLegalHold(true, of: "key", version: old.versionID)
            // Tags can be changed under a lock, and take nothing of it.
            try await bucket.setTags(ObjectTags(checked: ["a": "b"]), of: "key", version: old.versionID)
            let info = try await bucket.head("key", version: old.versionID)
            #expect(info.legalHold && info.retention?.mode == .governance && info.tagCount == 1)
            let gone = try await errorCode { try await bucket.setLegalHold(true, of: "key", version: .null) }
            #expect(gone == .noSuchVersion)
        }
    }

    // MARK: What locks forbid

    @Test("A locked version is not deleted for good, and the refusal says what would help")
    func removalRefused() async throws {
        let clock = ManualClock(wallMilliseconds: Self.start)
        let memory = try await MemoryEngine(clock: clock)
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        func put(_ mode: Retention.Mode?, hold: Bool = false) async throws -> VersionID {
            let retention = mode.map { Retention(mode: $0, until: Self.days(2)) }
            return try await bucket.put("key", [1], options: PutOptions(retention: retention, legalHold: hold))
                .versionID
        }
        func refusal(_ version: VersionID, bypass: Bool = false) async throws -> String? {
            do throws(StoreError) {
                try await bucket.delete("key", version: version, bypassingGovernance: bypass)
                return nil
            } catch {
                #expect(error.code == .accessDenied && error.key == "key")
                return error.message
            }
        }
        let compliance = try await put(.compliance)
        for bypass in [false, true] {
            let message = try #require(try await refusal(compliance, bypass: bypass))
            #expect(message.contains("protected by object lock") && message.contains("compliance mode"))
            #expect(message.contains("2023-11-16T22:13:20Z"))
        }
        let governance = try await put(.governance)
        #expect(try await refusal(governance)?.contains("bypassing governance") == true)
        #expect(try await refusal(governance, bypass: true) == nil)
        let held = try await put(nil, hold: true)
        let both = try await put(.governance, hold: true)
        #expect(try await refusal(held, bypass: true)?.contains("legal hold") == true)
        #expect(try await refusal(both, bypass: true)?.contains("governance mode") == true)
        try await bucket.setLegalHold(false, of: "key", version: held)
        #expect(try await refusal(held) == nil)
        clock.advance(milliseconds: UInt64(2 * Self.day) - 1)
        #expect(try await refusal(compliance) != nil)
        clock.advance(milliseconds: 1)
        #expect(try await refusal(compliance) == nil)
        #expect(try await refusal(both) != nil)
        try await bucket.setLegalHold(false, of: "key", version: both)
        #expect(try await refusal(both) == nil)
    }

    @Test("Nothing that hides, replaces or moves a locked version loses it or its lock")
    func noWayRound() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", objectLock: true)
            let body = [UInt8](repeating: 3, count: 200_000)
            let retention = Retention(mode: .compliance, until: Date(timeIntervalSince1970: 4_000_000_000))
            let locked = try await bucket.put("key", body, options: PutOptions(retention: retention)).versionID
            func check(isLatest: Bool) async throws {
                let info = try await bucket.head("key", version: locked)
                #expect(info.retention == retention)
                #expect(try await bucket.get("key", version: locked).collect(upTo: 1 << 20) == body)
                let entry = try await bucket.listVersions().entries.first { $0.versionID == locked }
                #expect(entry?.isLatest == isLatest)
                let code = try await errorCode { try await bucket.delete("key", version: locked) }
                #expect(code == .accessDenied)
            }
            let marker = try await bucket.delete("key")
            try await check(isLatest: false)
            // It becomes the newest again when the marker goes, which has no lock.
            try await bucket.delete("key", version: marker.versionID)
            try await check(isLatest: true)
            let over = try await bucket.put("key", [1])
            try await check(isLatest: false)
            try await bucket.delete("key", version: over.versionID)
            try await check(isLatest: true)
            try await bucket.put("other", [2])
            try await bucket.copy("other", to: "key")
            try await check(isLatest: false)
            try await store.batch { batch in batch.put("key", [9], in: "bucket") }
            try await store.batch { batch in batch.delete("key", in: "bucket") }
            try await store.checkpoint()
            try await check(isLatest: false)
            for entry in try await bucket.listVersions().entries where entry.versionID != locked {
                try await bucket.delete(entry.key, version: entry.versionID)
            }
            try await check(isLatest: true)
            #expect(try await errorCode { try await store.deleteBucket("bucket") } == .bucketNotEmpty)
            try await check(isLatest: true)
        }
    }

    @Test("A lock that a batch asks for is given, and refused where the bucket has none")
    func batches() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", objectLock: true)
            try await store.createBucket("plain")
            try await store.batch { batch in
                batch.put("a", [1], in: "bucket", options: PutOptions(legalHold: true))
                batch.copy("a", from: "bucket", to: "b", in: "bucket")
            } expecting: {
                $0 == .noSuchKey
            }
            try await store.batch { batch in
                batch.put("a", [1], in: "bucket", options: PutOptions(legalHold: true))
            }
            #expect(try await bucket.head("a").legalHold)
            try await store.batch { batch in
                batch.put("a", [1], in: "plain", options: PutOptions(legalHold: true))
            } expecting: {
                $0 == .invalidRequest
            }
        }
    }

    @Test("An upload in parts locks its object when it is completed, as it asked when it began or as the bucket says")
    func uploads() async throws {
        let clock = ManualClock(wallMilliseconds: Self.start)
        let memory = try await MemoryEngine(clock: clock)
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let plain = try await memory.store.createBucket("plain", versioning: .enabled)
        func upload(_ options: PutOptions) async throws -> VersionID {
            let upload = try await bucket.createUpload("key", options: options).id
            clock.advance(milliseconds: UInt64(Self.day))
            var parts: [CompletedPart] = []
            for number in [1, 3] {
                let part = try await bucket.uploadPart(number, of: "key", upload, [UInt8](repeating: 1, count: 50))
                parts.append(CompletedPart(part))
            }
            return try await bucket.completeUpload("key", upload, parts: parts).versionID
        }
        try await bucket.setDefaultRetention(DefaultRetention(mode: .compliance, period: .days(1)))
        for isHeld in [false, true] {
            let version = try await upload(PutOptions(legalHold: isHeld))
            let info = try await bucket.head("key", version: version)
            let until = info.lastModified.addingTimeInterval(86_400)
            #expect(info.retention == Retention(mode: .compliance, until: until) && info.legalHold == isHeld)
            #expect(try await errorCode { try await bucket.delete("key", version: version) } == .accessDenied)
            #expect(try await bucket.get("key", version: version).collect(upTo: 200).count == 100)
        }
        let own = Retention(mode: .governance, until: Self.days(9))
        let version = try await upload(PutOptions(retention: own))
        #expect(try await bucket.head("key", version: version).retention == own)
        try await bucket.setTags(ObjectTags(checked: ["a": "b"]), of: "key")
        #expect(try await errorCode { try await bucket.delete("key", version: version) } == .accessDenied)
        #expect(try await bucket.delete("key", version: version, bypassingGovernance: true).existed)
        // One whose retention ended before it was complete is no loss.
        let late = try await upload(PutOptions(retention: Retention(mode: .compliance, until: Self.days(4) - 1)))
        #expect(try await bucket.delete("key", version: late).existed)

        let held = PutOptions(legalHold: true)
        #expect(try await errorCode { try await plain.createUpload("key", options: held) } == .invalidRequest)
        let past = PutOptions(retention: Retention(mode: .compliance, until: Self.days(0)))
        #expect(try await errorCode { try await bucket.createUpload("key", options: past) } == .invalidArgument)
    }

    @Test("An older row of the bucket, put back below the store, opens no lock", arguments: [true, false])
    func bucketRowRolledBack(suspended: Bool) async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        if suspended { try await bucket.setVersioning(.suspended) }
        try await bucket.put("head", [1])
        try await bucket.put("old", [1])
        let older = try memory.engine.bucket("bucket").storedValue
        try await bucket.setVersioning(.enabled)
        try await bucket.enableObjectLock()
        for key: ObjectKey in ["head", "old"] { try await bucket.setLegalHold(true, of: key) }
        try await bucket.put("old", [2])

        try await memory.write(RowKey.bucket("bucket"), older)
        let rolledBack = try await memory.afterCrash().store.bucket("bucket")
        #expect(try await rolledBack.info().objectLock == false)
        #expect(try await errorCode { try await rolledBack.put("head", [3]) } == .accessDenied)
        #expect(try await errorCode { try await rolledBack.delete("head") } == .accessDenied)
        for key: ObjectKey in ["head", "old"] {
            #expect(try await errorCode { try await rolledBack.delete(key, version: .null) } == .accessDenied)
        }
        if suspended {
            #expect(try await errorCode { try await rolledBack.put("old", [3]) } == .accessDenied)
            #expect(try await errorCode { try await rolledBack.delete("old") } == .accessDenied)
        }
        for key: ObjectKey in ["head", "old"] { #expect(try await rolledBack.head(key, version: .null).legalHold) }
    }

    @Test("A lock that is cut out of a row below the store is damage, and the version stays")
    func alteredRow() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", objectLock: true)
        let put = try await bucket.put("key", [1], options: PutOptions(legalHold: true))
        var row = try ObjectRow(decoding: try await memory.stored("bucket", "key").value)
        row.lock = .none
        try await memory.replace(
            try memory.rowKey("bucket", "key"), row.encodedWithoutMAC() + [UInt8](repeating: 0, count: 32))
        #expect(try await errorCode { try await bucket.delete("key", version: put.versionID) } == .damaged)
        #expect(try await errorCode { try await bucket.setLegalHold(false, of: "key") } == .damaged)
    }

    @Test("A removal that was planned before the bucket had object lock is planned anew")
    func stalePlan() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
        let put = try await bucket.put("key", [1])
        // It knows the bucket as it is now, and nothing of what comes.
        let stale = try await memory.afterCrash().store.bucket("bucket")
        try await bucket.enableObjectLock()
        try await bucket.setLegalHold(true, of: "key")
        // The lock is cut out of the row below the store. Where nothing can be locked a damaged row may go.
        var row = try ObjectRow(decoding: try await memory.stored("bucket", "key").value)
        row.lock = .none
        try await memory.replace(
            try memory.rowKey("bucket", "key"), row.encodedWithoutMAC() + [UInt8](repeating: 0, count: 32))
        #expect(try await errorCode { try await stale.delete("key", version: put.versionID) } == .damaged)
    }

    @Test("Concurrent changes of one lock are all done, one after the other, and none is lost")
    func concurrentChanges() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", objectLock: true)
            try await bucket.put("key", [1])
            let base = Date.now.addingTimeInterval(10_000)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let until = base.addingTimeInterval(Double(number))
                        // Refused where a later moment was there first.
                        _ = try? await bucket.setRetention(Retention(mode: .compliance, until: until), of: "key")
                    }
                    group.addTask {
                        _ = try? await bucket.setTags(ObjectTags(checked: ["n": "\(number)"]), of: "key")
                    }
                }
            }
            let info = try await bucket.head("key")
            let until = try #require(info.retention?.until)
            #expect(abs(until.timeIntervalSince(base) - 39) < 0.01)
            #expect(info.tagCount == 1)
        }
    }
}

extension Store {
    fileprivate func batch(
        _ body: (inout Batch) -> Void, expecting isExpected: (StoreError.Code?) -> Bool
    ) async throws {
        do throws(StoreError) {
            try await batch(body)
            Issue.record("the batch was done")
        } catch {
            #expect(isExpected(error.code), "\(error)")
        }
    }
}
