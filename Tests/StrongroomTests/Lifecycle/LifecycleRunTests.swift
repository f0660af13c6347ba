import Foundation
import StrongroomSimulation
import StrongroomStorage
import Testing

@testable import Strongroom

@Suite("Lifecycle runs")
struct LifecycleRunTests {
    @Test("Objects go at the midnight after their age, those that the rule concerns, and no others")
    func expiry() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket")
        try await fixture.setRules(LifecycleRule(id: "old", filter: .init(prefix: "log/"), expiration: .days(2)))
        for key in ["log/a", "log/b", "logs", "a"] as [ObjectKey] { try await bucket.put(key, [1]) }
        let expiry = try await bucket.lifecycleExpiry(of: try await bucket.head("log/a"))
        let due = LifecycleTime.due(LifecycleFixture.start, afterDays: 2)
        #expect(expiry == LifecycleExpiry(date: Date(storeMilliseconds: due), ruleID: "old"))
        #expect(try await bucket.lifecycleExpiry(of: try await bucket.head("a")) == nil)
        fixture.clock.advance(milliseconds: UInt64(due - LifecycleFixture.start) - 1)
        #expect(try await fixture.run().deletedCount == 0)
        fixture.clock.advance(milliseconds: 1)
        let report = try await fixture.run()
        #expect(report.expiredCount == 2 && report.deletedCount == 2 && report.bucketCount == 1)
        #expect(try await fixture.versions() == ["a", "logs"])
        #expect(try await fixture.run().deletedCount == 0)
    }

    @Test("Tags and sizes choose, a rule that is disabled does nothing, and a date is for all that comes after it")
    func filters() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket")
        let past = Date(timeIntervalSince1970: 86_400)
        try await bucket.put("tagged", [1], options: PutOptions(tags: ["class": "scratch", "b": "c"]))
        try await bucket.put("tagged otherwise", [1], options: PutOptions(tags: ["class": "keep"]))
        try await bucket.put("large", [UInt8](repeating: 1, count: 200))
        try await bucket.put("small", [1, 2])
        try await bucket.put("empty", [])
        try await fixture.setRules(
            LifecycleRule(id: "1", filter: .init(tags: ["class": "scratch"]), expiration: .date(past)),
            LifecycleRule(id: "2", filter: .init(isLargerThanBytes: 199), expiration: .date(past)),
            LifecycleRule(id: "3", filter: .init(isSmallerThanBytes: 1), expiration: .date(past)),
            LifecycleRule(id: "4", isEnabled: false, expiration: .date(past)))
        #expect(try await bucket.lifecycleExpiry(of: try await bucket.head("tagged"))?.ruleID == "1")
        #expect(try await bucket.lifecycleExpiry(of: try await bucket.head("large"))?.ruleID == "2")
        #expect(try await bucket.lifecycleExpiry(of: try await bucket.head("small")) == nil)
        #expect(try await fixture.run().expiredCount == 3)
        #expect(try await fixture.versions() == ["small", "tagged otherwise"])
    }

    @Test("Where versions are kept, an object is hidden, older versions go later, and the marker last")
    func versions() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket", versioning: .enabled)
        try await fixture.setRules(
            LifecycleRule(id: "a", expiration: .days(1), noncurrentExpiration: .init(days: 3, keptCount: 1)),
            LifecycleRule(id: "b", isEnabled: false, expiration: .deleteMarkersAlone))
        for number in 0..<4 { try await bucket.put("key", [UInt8(number)]) }
        fixture.pass(days: 2)
        var report = try await fixture.run()
        #expect(report.hiddenCount == 1 && report.deletedCount == 1)
        #expect(try await fixture.versions() == ["key -", "key", "key", "key", "key"])
        fixture.pass(days: 2)
        // One of those that are not the newest is kept: the one that was hidden last.
        report = try await fixture.run()
        #expect(report.removedVersionCount == 3 && report.deletedCount == 3)
        #expect(try await fixture.versions() == ["key -", "key"])
        #expect(try await fixture.run().deletedCount == 0)
        try await fixture.setRules(LifecycleRule(id: "a", noncurrentExpiration: .init(days: 1)))
        #expect(try await fixture.run().removedVersionCount == 1)
        #expect(try await fixture.versions() == ["key -"])
        #expect(try await fixture.run().deletedCount == 0)
        try await fixture.setRules(LifecycleRule(id: "b", expiration: .deleteMarkersAlone))
        #expect(try await fixture.run().removedMarkerCount == 1)
        #expect(try await fixture.versions().isEmpty)
    }

    @Test("Uploads that nobody completes are aborted, and their parts go")
    func uploads() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket")
        try await fixture.setRules(LifecycleRule(id: "a", filter: .init(prefix: "in/"), abortsUploadsAfterDays: 1))
        for key in ["in/a", "in/b", "in/c", "out"] as [ObjectKey] {
            let upload = try await bucket.createUpload(key)
            try await bucket.uploadPart(1, of: key, upload.id, [1, 2, 3])
            let expiry = try await bucket.lifecycleExpiry(ofUpload: upload)
            #expect(expiry?.ruleID == (key == "out" ? nil : "a"))
        }
        fixture.pass(days: 2)
        let late = try await bucket.createUpload("in/d")
        #expect(try await fixture.run().abortedUploadCount == 3)
        #expect(try await bucket.listUploads().uploads.map(\.key) == [late.key, "out"])
    }

    @Test("What is locked stays until it is not any more, and an object of a bucket with locks is hidden all the same")
    func locks() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket", objectLock: true)
        let until = Date(storeMilliseconds: LifecycleFixture.start + 10 * LifecycleTime.dayMilliseconds)
        for mode in [Retention.Mode.compliance, .governance] {
            try await bucket.put("key", [1], options: PutOptions(retention: Retention(mode: mode, until: until)))
        }
        try await bucket.put("key", [1], options: PutOptions(legalHold: true))
        try await bucket.put("key", [2])
        try await fixture.setRules(
            LifecycleRule(id: "a", expiration: .days(1), noncurrentExpiration: .init(days: 1)))
        fixture.pass(days: 3)
        var report = try await fixture.run()
        #expect(report.hiddenCount == 1 && report.lockedCount == 3 && report.deletedCount == 1)
        fixture.pass(days: 3)
        report = try await fixture.run()
        #expect(report.removedVersionCount == 1 && report.lockedCount == 3 && report.deletedCount == 1)
        // A wall clock that is set forward ends nothing.
        fixture.clock.setWall(milliseconds: LifecycleFixture.start + 4_000 * LifecycleTime.dayMilliseconds)
        #expect(try await fixture.run().deletedCount == 0)
        fixture.pass(days: 10)
        report = try await fixture.run()
        #expect(report.removedVersionCount == 2 && report.lockedCount == 1)
        #expect(try await fixture.versions() == ["key -", "key"])
    }

    @Test("Nothing expires by a clock that may be wrong")
    func unconfirmedClock() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket", objectLock: true)
        try await bucket.put("key", [1])
        try await fixture.setRules(LifecycleRule(id: "a", expiration: .days(1)))
        fixture.clock.setWall(milliseconds: LifecycleFixture.start + 4_000 * LifecycleTime.dayMilliseconds)
        let memory = try await fixture.memory.reopened()
        #expect(try await errorCode { _ = try await memory.store.runLifecycle() } == .clockUnconfirmed)
        try await memory.store.confirmClock()
        #expect(try await memory.store.runLifecycle().hiddenCount == 1)
    }

    @Test("What is changed between the look and the delete is left alone, and so is all once the rules are others")
    func betweenLookAndDelete() async throws {
        for versioning in [Versioning.unversioned, .enabled] {
            let fixture = try await LifecycleFixture()
            let bucket = try await fixture.store.createBucket("bucket", versioning: versioning)
            try await fixture.setRules(LifecycleRule(id: "a", expiration: .days(1)))
            try await bucket.put("key", [1])
            let overwritten = try await fixture.delete("key")
            try await bucket.put("key", [2])
            guard case .changed = try await overwritten.run(in: fixture.memory.engine) else {
                Issue.record("an object was deleted that was put over the one that was due")
                continue
            }
            let retagged = try await fixture.delete("key")
            try await bucket.setTags(["a": "b"], of: "key")
            guard case .changed = try await retagged.run(in: fixture.memory.engine) else {
                Issue.record("an object was deleted whose tags were changed")
                continue
            }
            let unruled = try await fixture.delete("key")
            try await bucket.setLifecycle(nil)
            guard case .changed = try await unruled.run(in: fixture.memory.engine) else {
                Issue.record("an object was deleted after the rules were")
                continue
            }
            #expect(try await bucket.get("key").collect(upTo: 9) == [2])
            // And where nothing changes it goes.
            try await fixture.setRules(LifecycleRule(id: "a", expiration: .days(1)))
            _ = try await fixture.delete("key").run(in: fixture.memory.engine)
            #expect(try await errorCode { _ = try await bucket.head("key") } == .noSuchKey)
        }
    }

    @Test("No put is lost that comes while a run is under way", arguments: [Versioning.unversioned, .enabled])
    func concurrentPuts(_ versioning: Versioning) async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket", versioning: versioning)
        try await fixture.setRules(LifecycleRule(id: "a", expiration: .days(1)))
        let keys = (0..<200).map { ObjectKey(stringLiteral: "key \($0)") }
        let overwritten = stride(from: 0, to: keys.count, by: 2).map { keys[$0] }
        for key in keys { try await bucket.put(key, [1]) }
        fixture.pass(days: 5)
        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await fixture.run(pageRows: 20) }
            for key in overwritten.reversed() { group.addTask { _ = try await bucket.put(key, [2]) } }
            try await group.waitForAll()
        }
        for key in overwritten { #expect(try await bucket.get(key).collect(upTo: 9) == [2]) }
        try await fixture.run()
        #expect(try await bucket.list().objects.count == overwritten.count)
    }

    @Test("A row that is damaged is told of, and what it hid stays")
    func damage() async throws {
        let fixture = try await LifecycleFixture()
        let bucket = try await fixture.store.createBucket("bucket", versioning: .enabled)
        try await bucket.put("a", [0])
        for number in 0..<3 { try await bucket.put("key", [UInt8(number)]) }
        var value = try await fixture.memory.stored("bucket", "key").value
        value[20] ^= 1
        let payload = try await fixture.memory.payload("bucket", "key")
        try await fixture.memory.overwrite("bucket", "key", value: value, payload: payload)
        try await fixture.setRules(
            LifecycleRule(id: "a", expiration: .days(1), noncurrentExpiration: .init(days: 1)))
        fixture.pass(days: 3)
        let report = try await fixture.run()
        #expect(report.failures.map(\.place) == ["\"bucket/key\""])
        // Of the two older ones the newer's age is not known.
        #expect(report.hiddenCount == 1 && report.removedVersionCount == 1)
    }

    @Test("Rules that are no rules stop no other bucket's, and a run can be told to stop")
    func trouble() async throws {
        let fixture = try await LifecycleFixture()
        try await fixture.store.createBucket("bucket")
        let other = try await fixture.store.createBucket("broken")
        try await other.setDocument([1, 2, 3], .lifecycle)
        try await fixture.setRules(LifecycleRule(id: "a", expiration: .date(Date(timeIntervalSince1970: 0))))
        try await fixture.bucket.put("key", [1])
        #expect(try await errorCode { _ = try await other.lifecycle() } == .damaged)
        let cancelled = Task { try await fixture.run() }
        cancelled.cancel()
        _ = try? await cancelled.value
        let report = try await fixture.run()
        #expect(report.failures.map(\.place) == ["bucket broken"])
        #expect(try await fixture.versions().isEmpty)
        let missing = LifecycleOptions(bucket: "missing")
        #expect(try await errorCode { _ = try await fixture.store.runLifecycle(missing) } == .noSuchBucket)
        let rate = LifecycleOptions(ratePerSecond: 0)
        #expect(try await errorCode { _ = try await fixture.store.runLifecycle(rate) } == .invalidArgument)
    }
}
