import Foundation
import StrongroomSimulation
import StrongroomStorage

@testable import Strongroom

/// A store in memory whose time is moved by hand.
struct LifecycleFixture {
    static let start: Int64 = 1_700_000_000_000
    let clock = ManualClock(wallMilliseconds: LifecycleFixture.start)
    let memory: MemoryEngine

    init(metrics: StoreMetrics = StoreMetrics(StoreOptions())) async throws {
        memory = try await MemoryEngine(clock: clock, metrics: metrics)
    }

    var store: Store { memory.store }
    var bucket: Bucket { store.bucket("bucket") }

    func pass(days: Int) { clock.advance(milliseconds: UInt64(days) * UInt64(LifecycleTime.dayMilliseconds)) }

    func setRules(_ rules: LifecycleRule...) async throws {
        try await bucket.setLifecycle(try LifecycleConfiguration(rules))
    }

    /// With small pages, so that keys go over their ends.
    @discardableResult
    func run(pageRows: Int = 2) async throws -> LifecycleReport {
        try await LifecycleJob(engine: memory.engine, options: LifecycleOptions(), pageRows: pageRows).run(nil)
    }

    /// Every version: the key, and a mark where it is a delete marker.
    func versions() async throws -> [String] {
        try await bucket.listVersions().entries.map { $0.key.rawValue + ($0.isDeleteMarker ? " -" : "") }
    }

    /// What a run would delete that looked now.
    func delete(_ key: ObjectKey) async throws -> LifecycleDelete {
        let known = try memory.engine.bucket("bucket")
        let rules = try await memory.engine.lifecycleRules(known, "bucket")!
        return LifecycleDelete(
            bucket: "bucket", key: key, subject: .object, rowKey: try memory.rowKey("bucket", key),
            value: try await memory.stored("bucket", key).value, rulesRowKey: rules.rowKey, rulesValue: rules.value)
    }
}
