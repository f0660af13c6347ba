import Foundation
import MetricsTestKit
import StrongroomStorage
import Testing

@testable import Strongroom

@Suite("Figures of lifecycle runs")
struct LifecycleMetricsTests {
    private let metrics = TestMetrics()

    private func fixture() async throws -> LifecycleFixture {
        try await LifecycleFixture(metrics: StoreMetrics(metrics, dimensions: [("store", "one")]))
    }

    private func total(_ name: String, kind: String? = nil) throws -> Int64 {
        try metrics.expectCounter(
            "strongroom_lifecycle_\(name)_total", [("store", "one")] + (kind.map { [("kind", $0)] } ?? [])
        ).totalValue
    }

    private static let past = Date(timeIntervalSince1970: 86_400)

    @Test("What a run deletes is counted by its kind, and the run itself, also one that finds nothing")
    func deletions() async throws {
        let fixture = try await fixture()
        for (name, count) in [("runs", 0), ("failures", 0)] as [(String, Int64)] { #expect(try total(name) == count) }
        let bucket = try await fixture.store.createBucket("bucket")
        try await fixture.setRules(
            LifecycleRule(id: "a", expiration: .date(Self.past), abortsUploadsAfterDays: 1))
        for key in ["a", "b", "c"] as [ObjectKey] { try await bucket.put(key, [1]) }
        _ = try await bucket.createUpload("upload")
        let kept = try await fixture.store.createBucket("kept", versioning: .enabled)
        try await kept.setLifecycle(
            try LifecycleConfiguration([
                LifecycleRule(
                    id: "b", expiration: .date(Self.past), noncurrentExpiration: .init(days: 1))
            ]))
        for _ in 0..<3 { try await kept.put("key", [1]) }
        fixture.pass(days: 4)
        try await fixture.run()
        let expected: [(String, Int64)] = [("object", 3), ("hidden", 1), ("version", 2), ("marker", 0), ("upload", 1)]
        for (kind, count) in expected { #expect(try total("deleted", kind: kind) == count, "\(kind)") }
        #expect(try total("runs") == 1)
        fixture.pass(days: 4)
        try await fixture.run()
        try await fixture.run()
        // The version that the marker hid, and then the marker.
        #expect(try total("deleted", kind: "version") == 3)
        #expect(try total("deleted", kind: "object") == 3)
        #expect(try total("runs") == 3)
        #expect(try total("failures") == 0)
    }

    @Test("What cannot be read is a failure of a run that came to its end")
    func damage() async throws {
        let fixture = try await fixture()
        let bucket = try await fixture.store.createBucket("bucket")
        try await fixture.setRules(LifecycleRule(id: "a", expiration: .date(Self.past)))
        try await bucket.put("bad", [1])
        try await bucket.put("good", [1])
        var value = try await fixture.memory.stored("bucket", "bad").value
        value[20] ^= 1
        let payload = try await fixture.memory.payload("bucket", "bad")
        try await fixture.memory.overwrite("bucket", "bad", value: value, payload: payload)
        try await fixture.run()
        #expect(try total("runs") == 1)
        #expect(try total("failures") == 1)
        #expect(try total("deleted", kind: "object") == 1)
    }

    @Test("A run that is given up is a failure and no run; one that somebody cancelled is neither")
    func endings() async throws {
        let fixture = try await fixture()
        _ = try await fixture.store.createBucket("bucket")
        try await fixture.setRules(LifecycleRule(id: "a", expiration: .date(Self.past)))
        try await fixture.bucket.put("key", [1])
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            try await fixture.run()
        }
        cancelled.cancel()
        await #expect(throws: StoreError.self) { try await cancelled.value }
        #expect(try total("failures") == 0)
        try await fixture.store.close()
        await #expect(throws: StoreError.self) { try await fixture.run() }
        #expect(try total("failures") == 1)
        #expect(try total("runs") == 0)
        #expect(try total("deleted", kind: "object") == 0)
    }
}
